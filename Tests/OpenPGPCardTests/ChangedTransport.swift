import Secrets
import SmartCard
import TestSupport
import VirtualCard

/// A virtual card whose answers a test may change on their way.
final class ChangedTransport: CardTransport {
  let card: VirtualCard
  private(set) var sent: [[UInt8]] = []
  private(set) var endings: [TransactionEnding] = []
  let answerToReset: [UInt8]
  let carriesExtendedLengths: Bool
  private let change: ([UInt8], [UInt8]) throws(TransportError) -> [UInt8]

  init(
    _ card: VirtualCard, answerToReset: [UInt8] = [], carriesExtendedLengths: Bool = true,
    _ change: @escaping (_ command: [UInt8], _ answer: [UInt8]) throws(TransportError) -> [UInt8]
  ) {
    self.card = card
    self.answerToReset = answerToReset
    self.carriesExtendedLengths = carriesExtendedLengths
    self.change = change
    card.reset()
  }

  /// The instructions that were sent, chained or not.
  var instructions: [UInt8] { sent.map { $0[1] } }
  /// What was sent with extended lengths.
  var extended: [[UInt8]] { sent.filter(Self.isExtended) }

  /// Extended lengths have a zero in their first place.
  static func isExtended(_ command: [UInt8]) -> Bool { command.count > 6 && command[4] == 0 }

  func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let command = copy(of: command)
    sent.append(command)
    let answer = try change(command, card.process(command))
    guard answer.count <= response.capacity else { throw .responseTooLong }
    response.append(answer.span)
  }

  func beginTransaction() {}
  func endTransaction(_ ending: TransactionEnding) { endings.append(ending) }
}
