/// A card in QEMU's own reader, apart from the card and the socket: messages in, what is to be done out.
/// The reader speaks T=0 with it, and never says when it takes the power or resets.
package struct VSCARDLink {
  /// What is to be done, in this order.
  package enum Effect: Equatable {
    /// A message to the machine.
    case send(VSCARDMessage)
    /// The card gets power.
    case powerOn
    /// The card loses its power.
    case powerOff
    /// The card runs this APDU; ``cardAnswered(_:to:)`` gets what it says, with the number.
    case run([UInt8], number: Int)
  }

  private enum Stage {
    case greeting
    case addingReader
    case ready
  }

  private let answerToReset: [UInt8]
  private var stage = Stage.greeting
  private var isWanted = false
  private var isInside = false
  private var halves = CommandHalves()
  private var number = 0

  /// - Parameter answerToReset: the card's.
  package init(answerToReset: [UInt8]) {
    self.answerToReset = Self.withT0Only(answerToReset)
  }

  /// The reader has the card's name, and a card can come.
  package var isReady: Bool { stage == .ready }

  /// The machine said that the reader can't be there.
  package private(set) var isRefused = false

  /// What is said first.
  package func greeting() -> VSCARDMessage {
    // Version 0.0.2, no capabilities.
    VSCARDMessage(.hello, Array("VSCD".utf8) + [0, 0, 0, 2, 0, 0, 0, 0])
  }

  /// Puts the card in, at once or as soon as it can be.
  package mutating func insert() -> [Effect] {
    isWanted = true
    guard stage == .ready, !isInside else { return [] }
    isInside = true
    halves = CommandHalves()
    number += 1
    return [.powerOn, .send(VSCARDMessage(.answerToReset, answerToReset))]
  }

  /// Takes it out.
  package mutating func remove() -> [Effect] {
    isWanted = false
    guard isInside else { return [] }
    isInside = false
    number += 1
    return [.powerOff, .send(VSCARDMessage(.removeCard))]
  }

  /// Takes a message of the machine.
  package mutating func receive(_ message: VSCARDMessage) -> [Effect] {
    switch (message.kind, stage) {
    case (.hello, .greeting):
      stage = .addingReader
      return [.send(VSCARDMessage(.addReader, Array("virtual-card".utf8)))]
    case (.error, .addingReader):
      guard message.payload.big(at: 0) == 0 else {
        isRefused = true
        return []
      }
      stage = .ready
      return isWanted ? insert() : []
    case (.apdu, .ready):
      guard isInside else { return [] }
      switch halves.receive(message.payload) {
      case .answer(let answer): return [.send(VSCARDMessage(.apdu, answer))]
      case .run(let apdu):
        number += 1
        return [.run(apdu, number: number)]
      }
    case (.flush, _): return [.send(VSCARDMessage(.flushed))]
    default: return []
    }
  }

  /// The card has run the command of that number.
  package mutating func cardAnswered(_ answer: [UInt8], to number: Int) -> [Effect] {
    guard isInside, number == self.number else { return [] }
    return [.send(VSCARDMessage(.apdu, halves.answer(answer)))]
  }

  /// An answer to reset that offers nothing but T=0, with the card's own historical bytes.
  static func withT0Only(_ answerToReset: [UInt8]) -> [UInt8] {
    guard answerToReset.count > 1 else { return [0x3B, 0x00] }
    let count = Int(answerToReset[1] & 0x0F)
    // Behind them stands a check byte where something else than T=0 was offered.
    var indicator = answerToReset[1]
    var start = 2
    while indicator & 0xF0 != 0 {
      start += (indicator >> 4).nonzeroBitCount
      guard indicator & 0x80 != 0, start - 1 < answerToReset.count else { break }
      indicator = answerToReset[start - 1]
    }
    let historical = answerToReset.dropFirst(start).prefix(count)
    return [0x3B, UInt8(historical.count)] + historical
  }
}

/// How T=0 carries an APDU (ISO 7816-3 §12.2): a command brings data or fetches some, never both; what it
/// would bring back waits for GET RESPONSE.
struct CommandHalves {
  /// What a command leads to.
  enum Step: Equatable {
    /// This goes back.
    case answer([UInt8])
    /// The card runs this APDU, whose answer ``answer(_:)`` gets.
    case run([UInt8])
  }

  private var held: [UInt8] = []
  private var status: [UInt8] = []
  /// How much the command under way may bring back at once.
  private var room = 0

  /// Takes a command.
  mutating func receive(_ command: [UInt8]) -> Step {
    let isFetch = command.count >= 5 && command[1] == 0xC0
    if isFetch {
      room = command[4] == 0 ? 256 : Int(command[4])
      if !held.isEmpty { return .answer(part()) }
      // What is left is the card's own to give.
      return .run(command)
    }
    held = []
    // Four bytes and a length: nothing is brought, so that the answer may come at once.
    room = command.count == 5 ? (command[4] == 0 ? 256 : Int(command[4])) : 0
    // T=0 has no command of four bytes: the fifth says that there are no data.
    return .run(command.count == 4 ? command + [0] : command)
  }

  /// What goes back of the card's answer.
  mutating func answer(_ answer: [UInt8]) -> [UInt8] {
    held = Array(answer.dropLast(2))
    status = Array(answer.suffix(2))
    return part()
  }

  private mutating func part() -> [UInt8] {
    let part = Array(held.prefix(room))
    held.removeFirst(part.count)
    if held.isEmpty { return part + status }
    return part + [0x61, held.count > 255 ? 0 : UInt8(held.count)]
  }
}
