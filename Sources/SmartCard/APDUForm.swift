import Secrets

/// The two ways to write lengths into a command APDU (ISO 7816-4 §5.1).
enum APDUForm {
  /// Lc and Le of one byte: 255 bytes of data out, 256 back.
  case short
  /// Lc and Le of two bytes behind a zero one: 65535 out, 65536 back.
  case extended

  /// The form to use on a card with extended lengths: short where nothing is lost by it.
  init(for command: Command, _ data: Span<UInt8>, within limits: CardLimits) {
    let back =
      switch command.expected {
      case .none: 0
      case .maximum: limits.responseSize
      case .exactly(let length): length
      }
    self = data.count > 255 || back > 256 ? .extended : .short
  }

  /// The size of the whole APDU in this form.
  func size(of command: Command, _ data: Span<UInt8>) -> Int {
    let lc = data.isEmpty ? 0 : self == .short ? 1 : 3
    let le = command.expected == .none ? 0 : self == .short ? 1 : data.isEmpty ? 3 : 2
    return 4 + lc + data.count + le
  }

  /// Writes the APDU. The data must fit the form.
  func encode(
    _ command: Command, _ data: Span<UInt8>, _ limits: CardLimits, into apdu: inout SecretBytes
  ) {
    apdu.append(command.cla)
    apdu.append(command.ins)
    apdu.append(command.p1)
    apdu.append(command.p2)
    if self == .extended, !data.isEmpty || command.expected != .none { apdu.append(0) }
    if !data.isEmpty {
      if self == .extended { apdu.append(UInt8(data.count >> 8)) }
      apdu.append(UInt8(data.count & 0xFF))
      apdu.append(data)
    }
    let expected: Int
    switch command.expected {
    case .none: return
    case .maximum: expected = self == .short ? 256 : min(limits.responseSize, 65536)
    case .exactly(let length): expected = length
    }
    // 256 and 65536 are written as zero.
    if self == .extended { apdu.append(UInt8(expected >> 8 & 0xFF)) }
    apdu.append(UInt8(expected & 0xFF))
  }
}
