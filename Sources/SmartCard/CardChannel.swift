public import Secrets

/// Carries commands to one card and puts its answers together: short, extended or chained as the card
/// allows, GET RESPONSE after 61xx, the right Le after 6Cxx (ISO 7816-4 §5.1, §5.3; OpenPGP card
/// 3.4.1 §7.2.4).
///
/// Command and answer lie in ``SecretBytes``, as either may hold a secret; the answer is wiped when
/// the next command goes out.
public final class CardChannel<Transport: CardTransport> {
  /// Where the APDUs go.
  public let transport: Transport
  /// How long they may be. Starts as ``CardLimits/short``.
  public var limits = CardLimits.short
  /// The data of the last answer, without its status word.
  public private(set) var response: SecretBytes

  private var apdu: SecretBytes
  private var part: SecretBytes

  /// The most data an answer may have in all. No OpenPGP object comes near.
  public static var maximumResponse: Int { 65536 }

  /// A channel to the card behind `transport`.
  public init(_ transport: Transport) {
    self.transport = transport
    response = SecretBytes(capacity: Self.maximumResponse)
    apdu = SecretBytes(capacity: 7 + 65535 + 2)
    part = SecretBytes(capacity: Self.maximumResponse + 2)
  }

  /// Sends a command with no data.
  /// - Returns: the status word that ends the whole answer, never 61xx.
  /// - Throws: ``TransportError``; then ``response`` is empty.
  public func exchange(_ command: Command) throws(TransportError) -> StatusWord {
    let none = InlineArray<1, UInt8>(repeating: 0)
    return try exchange(command, data: none.span.extracting(first: 0))
  }

  /// Sends a command with `data`, in as many APDUs as the card's limits ask for.
  /// - Returns: the status word that ends the whole answer, never 61xx.
  /// - Throws: ``TransportError``; then ``response`` is empty.
  public func exchange(
    _ command: Command, data: Span<UInt8>
  ) throws(TransportError) -> StatusWord {
    response.wipe()
    defer {
      apdu.wipe()
      part.wipe()
    }
    do throws(TransportError) {
      var status = try send(command, data)
      // Only where an Le was sent, so that no PIN goes out twice; and once, as a card that asks again is
      // broken.
      if status.high == 0x6C, command.expected != .none, response.isEmpty {
        var repeated = command
        repeated.expected = .exactly(status.low == 0 ? 256 : Int(status.low))
        response.wipe()
        status = try send(repeated, data)
        guard status.high != 0x6C else { throw .malformedResponse }
      }
      return status
    } catch {
      response.wipe()
      throw error
    }
  }

  /// Wipes ``response``: its caller has taken what it needs.
  public func forgetResponse() {
    response.wipe()
  }

  private func send(
    _ command: Command, _ data: Span<UInt8>
  ) throws(TransportError) -> StatusWord {
    var rest = data
    if !limits.extendedLengths || APDUForm.extended.size(of: command, data) > limits.commandSize {
      guard rest.count <= 255 || limits.chaining else { throw .commandTooLong }
      while rest.count > 255 {
        var link = command
        link.cla |= 0x10
        link.expected = .none
        let status = try transmit(link, rest.extracting(first: 255), as: .short)
        guard status == .success else {
          // There are no data to fetch before the command is whole.
          guard status.high != 0x61 else { throw .malformedResponse }
          return status
        }
        response.wipe()
        rest = rest.extracting(droppingFirst: 255)
      }
      return try finish(try transmit(command, rest, as: .short))
    }
    return try finish(try transmit(command, rest, as: APDUForm(for: command, rest, within: limits)))
  }

  /// Fetches what a 61xx announces, until there is no more.
  private func finish(_ first: StatusWord) throws(TransportError) -> StatusWord {
    var status = first
    while status.high == 0x61 {
      let before = response.count
      let more = Command(
        ins: 0xC0, p1: 0, p2: 0, expecting: .exactly(status.low == 0 ? 256 : Int(status.low)))
      let none = InlineArray<1, UInt8>(repeating: 0)
      status = try transmit(more, none.span.extracting(first: 0), as: .short)
      guard status.high != 0x61 || response.count > before, status.high != 0x6C else {
        throw .malformedResponse
      }
    }
    return status
  }

  /// One APDU out, its answer's data added to ``response``.
  private func transmit(
    _ command: Command, _ data: Span<UInt8>, as form: APDUForm
  ) throws(TransportError) -> StatusWord {
    apdu.wipe()
    form.encode(command, data, limits, into: &apdu)
    try transport.transmit(apdu, into: &part)
    let length = part.count - 2
    guard length >= 0 else { throw .malformedResponse }
    guard length <= response.capacity - response.count else { throw .responseTooLong }
    response.append(firstBytes: length, of: part)
    let high = part.bytes[length]
    let low = part.bytes[length + 1]
    part.wipe()
    return StatusWord(rawValue: UInt16(high) << 8 | UInt16(low))
  }
}
