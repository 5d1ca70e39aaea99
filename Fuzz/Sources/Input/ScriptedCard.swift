public import Secrets
public import SmartCard

/// A card whose whole run of answers is the fuzzer's input; it is pulled when they run out.
///
/// An answer is a length of two bytes, big-endian, and its bytes. With the length's highest bit set, two
/// bytes follow however long it is, a status word, and the rest of the answer is zeros: so a short input
/// can hold answers of 32 KiB.
public final class ScriptedCard: CardTransport {
  /// Every command that came, in order.
  public private(set) var commands: [[UInt8]] = []
  /// Every answer that was given, in order.
  public private(set) var answers: [[UInt8]] = []
  /// How the last transaction ended; nil while it goes on or before there was one.
  public private(set) var ending: TransactionEnding?
  /// Called with each command before it is answered.
  public var onCommand: ([UInt8]) -> Void = { _ in }

  private var script: [UInt8]

  /// What it says of itself before anyone asks; no card says less than nothing.
  public let answerToReset: [UInt8]

  /// A card that will answer so.
  public init(answerToReset: [UInt8] = [], answering script: [UInt8]) {
    self.answerToReset = answerToReset
    self.script = script.reversed()
  }

  /// Answers with the next answer of the script.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    precondition(ending == nil, "a command after the transaction")
    var bytes: [UInt8] = []
    command.withBytes { command in
      for index in command.indices { bytes.append(command[index]) }
    }
    onCommand(bytes)
    commands.append(bytes)
    response.wipe()
    guard let answer = next() else { throw .removed }
    guard answer.count <= response.capacity else { throw .responseTooLong }
    answers.append(answer)
    response.append(answer.span)
  }

  /// Begins.
  public func beginTransaction() { ending = nil }

  /// Notes the ending.
  public func endTransaction(_ ending: TransactionEnding) {
    precondition(self.ending == nil, "a transaction ended twice")
    self.ending = ending
  }

  private func next() -> [UInt8]? {
    guard let high = script.popLast(), let low = script.popLast() else { return nil }
    let length = Int(high & 0x7F) << 8 | Int(low)
    var answer: [UInt8] = []
    if high & 0x80 != 0 {
      let status = [script.popLast() ?? 0x90, script.popLast() ?? 0x00]
      answer = [UInt8](repeating: 0, count: length) + status
    } else {
      while answer.count < length, let byte = script.popLast() { answer.append(byte) }
    }
    return answer
  }

  /// The script that gives these answers, each shorter than 32 KiB.
  public static func script(of answers: [[UInt8]]) -> [UInt8] {
    answers.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
  }
}
