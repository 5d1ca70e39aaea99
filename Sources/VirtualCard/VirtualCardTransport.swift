public import Secrets
public import SmartCard

/// A virtual card in this process.
public final class VirtualCardTransport: CardTransport {
  /// The card.
  public let card: VirtualCard

  /// Carries commands to `card`, which is powered on for it.
  public init(_ card: VirtualCard) {
    self.card = card
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

  /// Nothing else is at the card.
  public func beginTransaction() {}

  /// Resets the card where that is asked for.
  public func endTransaction(_ ending: TransactionEnding) {
    if ending == .reset { card.reset() }
  }
}
