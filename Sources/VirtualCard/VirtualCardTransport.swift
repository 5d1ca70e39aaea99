public import Secrets
public import SmartCard

/// A virtual card in this process.
public final class VirtualCardTransport: CardTransport {
  /// The card.
  public let card: VirtualCard

  private var typed: PINPadScript?

  /// Carries commands to `card`, which is powered on for it.
  /// - Parameter pad: what is typed on the reader's pad; nil for a reader without one.
  public init(_ card: VirtualCard, pad: PINPadScript? = nil) {
    self.card = card
    typed = pad
    card.reset()
  }

  deinit {
    card.powerOff()
  }

  /// The card's answer to reset.
  public var answerToReset: [UInt8] { card.answerToReset }

  /// Has the card process one command.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let bytes = command.withBytes { command in [UInt8](copying: command) }
    let answer = card.process(bytes)
    guard answer.count <= response.capacity else { throw .responseTooLong }
    response.append(answer.span)
  }

  /// As long as somebody may type on it.
  public var pinPad: PINPad? { typed.map { _ in PINPad(verifies: true, changes: true) } }

  /// Makes a command of the next digits of the script, as a reader does.
  public func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord {
    guard typed != nil else { return .noSuchInstruction }
    let entry = PINEntry(request)
    switch typed?.next(entry.count).answer {
    case .typed(let digits):
      let answer: [UInt8] =
        switch entry.command(with: digits) {
        case .apdu(let apdu): card.process(apdu)
        case .refused(let status): status
        }
      return StatusWord(rawValue: UInt16(answer[answer.count - 2]) << 8 | UInt16(answer.last ?? 0))
    case .cancelled: return .entryCancelled
    case .timedOut, nil: return .entryTimedOut
    }
  }

  /// Nothing else is at the card.
  public func beginTransaction() {}

  /// Resets the card where that is asked for.
  public func endTransaction(_ ending: TransactionEnding) {
    if ending == .reset { card.reset() }
  }
}
