import SmartCard

/// What a host wants typed on a reader's pad, and what becomes of it (CCID 1.1 §6.1.11,
/// PC_to_RDR_Secure): a PIN, or the old one and a new one. PINs go as OpenPGP cards have them, as bytes of
/// ASCII without padding; other forms are refused.
package struct PINEntry: Equatable, Sendable {
  /// What was done on the pad.
  package enum Answer: Equatable, Sendable {
    /// Digits, as often as ``count`` says.
    case typed([[UInt8]])
    case cancelled
    case timedOut
  }

  /// What the reader does with it.
  enum Outcome: Equatable {
    /// This goes to the card.
    case apdu([UInt8])
    /// Nothing goes to the card; the reader's own status word.
    case refused([UInt8])
  }

  /// How long the pad waits, in seconds; 0 for its own time.
  package let timeOut: Int
  /// The fewest digits the pad takes.
  package let minimum: Int
  /// The most.
  package let maximum: Int
  /// A new PIN is chosen.
  package let isChange: Bool
  /// The old PIN is typed first.
  let asksOld: Bool
  /// The new one is typed twice.
  let confirms: Bool
  /// CLA INS P1 P2.
  let header: [UInt8]
  /// What is before the PIN in the command.
  let prefix: [UInt8]

  /// How many times something is typed.
  package var count: Int { isChange ? 1 + (asksOld ? 1 : 0) + (confirms ? 1 : 0) : 1 }

  /// bPINSupport's bit for it.
  var support: UInt8 { isChange ? 2 : 1 }

  /// What a program asks of a reader.
  init(_ request: PINPadRequest) {
    timeOut = 0
    minimum = Int(request.minimum)
    maximum = Int(request.maximum)
    isChange = request.isChange
    asksOld = request.isChange
    confirms = request.isChange
    header = [
      request.command.cla, request.command.ins, request.command.p1, request.command.p2,
    ]
    prefix = []
  }

  /// - Parameter data: the command's; nil if it isn't one this pad can do.
  package init?(_ data: [UInt8]) {
    guard let operation = data.first, operation <= 1, data.count >= 19 else { return nil }
    isChange = operation == 1
    timeOut = Int(data[1])
    // Bytes, left, ASCII, at the beginning; no length of the PIN inside, no block of a fixed size.
    guard data[2] & 0xFB == 0x82, data[3] == 0, data[4] & 0x0F == 0 else { return nil }
    let lengths = isChange ? 7 : 5
    maximum = Int(data[lengths])
    minimum = Int(data[lengths + 1])
    guard maximum > 0, minimum <= maximum else { return nil }
    var start = 15
    if isChange {
      confirms = data[9] & 1 != 0
      asksOld = data[9] & 2 != 0
      // The second and third message's numbers are there only where there are such messages.
      start = data[11] == 0 ? 18 : data[11] < 3 ? 19 : 20
    } else {
      confirms = false
      asksOld = false
    }
    guard data.count >= start + 4 else { return nil }
    header = Array(data[start..<start + 4])
    prefix = Array(data[(start + 4)...].dropFirst())
  }

  /// The command that the reader makes of what was typed.
  func command(with digits: [[UInt8]]) -> Outcome {
    guard digits.count == count else { return .refused([0x64, 0x01]) }
    guard digits.allSatisfy({ (max(1, minimum)...maximum).contains($0.count) }) else {
      return .refused([0x64, 0x03])
    }
    if confirms, digits.suffix(2).first != digits.last { return .refused([0x64, 0x02]) }
    let data = prefix + digits.prefix(confirms ? count - 1 : count).joined()
    guard data.count <= 255 else { return .refused([0x64, 0x03]) }
    return .apdu(header + [UInt8(data.count)] + data)
  }
}
