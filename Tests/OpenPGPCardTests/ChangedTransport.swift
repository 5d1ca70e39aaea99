import Secrets
import SmartCard
import TestSupport
import VirtualCard

/// A virtual card whose answers a test may change on their way.
final class ChangedTransport: CardTransport {
  let card: VirtualCard
  private(set) var sent: [[UInt8]] = []
  private(set) var endings: [TransactionEnding] = []
  private let change: ([UInt8], [UInt8]) -> [UInt8]

  init(
    _ card: VirtualCard, answerToReset: [UInt8] = [],
    _ change: @escaping (_ command: [UInt8], _ answer: [UInt8]) -> [UInt8]
  ) {
    self.card = card
    self.answerToReset = answerToReset
    self.change = change
    card.reset()
  }

  let answerToReset: [UInt8]

  func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let command = copy(of: command)
    sent.append(command)
    let answer = change(command, card.process(command))
    guard answer.count <= response.capacity else { throw .responseTooLong }
    response.append(answer.span)
  }

  func beginTransaction() {}
  func endTransaction(_ ending: TransactionEnding) { endings.append(ending) }
}
