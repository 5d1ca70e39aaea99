public import Secrets
public import SmartCard

/// A card that is a recording. It answers a command with what was recorded for these very bytes, once
/// each, the earliest first; GET RESPONSE continues the answer before. Anything else is a fault that is
/// noted, and answered with 6F00.
public final class TranscriptTransport: CardTransport {
  /// There is none.
  public let answerToReset: [UInt8] = []
  /// Commands that were sent but not recorded.
  public private(set) var unknown: [[UInt8]] = []
  /// All commands that were sent.
  public private(set) var sent: [[UInt8]] = []
  /// Recorded exchanges that were not used.
  public private(set) var rest: [(command: [UInt8], answer: [UInt8])]
  private var position = 0

  /// Replays a recording.
  public convenience init(_ transcript: Transcript) {
    self.init(transcript.exchanges.map { ($0.command, $0.answer) })
  }

  /// Answers these commands with these answers.
  public init(_ exchanges: [(command: [UInt8], answer: [UInt8])]) { rest = exchanges }

  /// Leaves out a recorded exchange: one that the recorded client made and we don't.
  public func skip(command: String, answer: String) {
    rest.removeAll { hex($0.command) == command && hex($0.answer) == answer }
  }

  /// Looks the command up.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let command = copy(of: command)
    sent.append(command)
    // GET RESPONSE belongs to the exchange before; our Le says 61xx's number, the recorded one 00.
    let found = rest.indices.first { index in
      let recorded = rest[index].command
      return command[1] == 0xC0 ? index >= position && recorded[1] == 0xC0 : recorded == command
    }
    guard let found else {
      unknown.append(command)
      response.append([0x6F, 0x00].span)
      return
    }
    let answer = rest.remove(at: found).answer
    response.append(answer.span)
    position = found
  }

  /// Nothing else is at the card.
  public func beginTransaction() {}
  /// Nothing happens.
  public func endTransaction(_ ending: TransactionEnding) {}
}
