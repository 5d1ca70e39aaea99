/// A reader's one slot with the card in it, apart from the card itself and from time: commands in, what
/// is to be done out (CCID 1.1 §6). One command at a time, as bMaxCCIDBusySlots says.
package struct CCIDSlot {
  /// What is to be done, in this order.
  package enum Effect: Equatable {
    /// An answer to the host.
    case reply(CCIDMessage)
    /// The card gets power, or is reset.
    case powerOn
    /// The card loses its power.
    case powerOff
    /// The card runs this APDU; ``cardAnswered(_:)`` gets what it says.
    case run([UInt8])
    /// A PIN is to be typed on the pad; ``padAnswered(_:)`` gets what was.
    case askPad(PINEntry)
  }

  /// bmICCStatus, bmCommandStatus, bError.
  private enum Status {
    static let failed: UInt8 = 0x40
    static let timeExtension: UInt8 = 0x80
  }

  /// bError of a command that failed (CCID 1.1 §6.2.6).
  private enum Fault {
    static let notSupported: UInt8 = 0x00
    static let badLength: UInt8 = 0x01
    static let badSlot: UInt8 = 0x05
    static let busy: UInt8 = 0xE0
    static let cancelled: UInt8 = 0xEF
    static let timedOut: UInt8 = 0xF0
    static let mute: UInt8 = 0xFE
  }

  private let reader: CCIDReader
  private let level: CCIDReader.Level
  private let answerToReset: [UInt8]
  private let protocols: CardProtocols
  /// A card is in the slot.
  package private(set) var isPresent: Bool
  private var isPowered = false
  /// The command that waits for the card or the pad.
  private var waiting: CCIDMessage?
  private var entry: PINEntry?
  /// The parts of a long command so far.
  private var collected: [UInt8] = []
  /// The parts of a long answer that the host has still to fetch.
  private var remaining: [UInt8] = []
  private var blocks = BlockProtocol()

  /// - Parameters:
  ///   - answerToReset: the card's.
  ///   - isPresent: the card is in the slot from the beginning.
  package init(reader: CCIDReader, answerToReset: [UInt8], isPresent: Bool) {
    self.reader = reader
    level = reader.level ?? .extended
    self.answerToReset = answerToReset
    protocols = CardProtocols(answerToReset: answerToReset)
    self.isPresent = isPresent
  }

  /// A command waits for the card or the pad.
  package var isBusy: Bool { waiting != nil }

  /// Puts the card in.
  package mutating func insert() { isPresent = true }

  /// Takes the card out: it loses its power, and a command that waits fails.
  package mutating func remove() -> [Effect] {
    isPresent = false
    let reply = waiting.map { fail($0, Fault.mute) } ?? []
    return forget() + reply
  }

  /// Forgets everything, as when the device is reset or unplugged.
  package mutating func forget() -> [Effect] {
    waiting = nil
    entry = nil
    collected = []
    remaining = []
    let wasPowered = isPowered
    isPowered = false
    return wasPowered ? [.powerOff] : []
  }

  // MARK: Commands

  /// Takes a command.
  package mutating func receive(_ command: CCIDMessage) -> [Effect] {
    guard command.slot == 0 else { return fail(command, Fault.badSlot) }
    guard waiting == nil else { return fail(command, Fault.busy) }
    switch command.kind {
    case 0: return fail(command, Fault.badLength)
    case CCIDMessage.Kind.powerOn: return powerOn(command)
    case CCIDMessage.Kind.powerOff:
      return forget() + [reply(command)]
    case CCIDMessage.Kind.slotStatus, CCIDMessage.Kind.abort: return [reply(command)]
    case CCIDMessage.Kind.getParameters, CCIDMessage.Kind.setParameters,
      CCIDMessage.Kind.resetParameters:
      return parameters(command)
    case CCIDMessage.Kind.setRate:
      var rates: [UInt8] = []
      rates.append(little: UInt32(4000))
      rates.append(little: UInt32(10752))
      return [reply(command, rates)]
    case CCIDMessage.Kind.transfer, CCIDMessage.Kind.secure:
      guard isPresent, isPowered else { return fail(command, Fault.mute) }
      return command.kind == CCIDMessage.Kind.secure ? secure(command) : transfer(command)
    default: return fail(command, Fault.notSupported)
    }
  }

  private mutating func powerOn(_ command: CCIDMessage) -> [Effect] {
    guard isPresent else { return fail(command, Fault.mute) }
    collected = []
    remaining = []
    blocks = BlockProtocol()
    isPowered = true
    return [.powerOn, reply(command, answerToReset)]
  }

  private func parameters(_ command: CCIDMessage) -> [Effect] {
    guard isPresent else { return fail(command, Fault.mute) }
    // As they are by default; the reader negotiates them itself, so that setting them changes nothing.
    return protocols.offersT1
      ? [reply(command, [0x11, 0x10, 0x00, 0x4D, 0x00, 0xFE, 0x00], last: 1)]
      : [reply(command, [0x11, 0x00, 0x00, 0x0A, 0x00], last: 0)]
  }

  private mutating func transfer(_ command: CCIDMessage) -> [Effect] {
    switch level {
    case .block where protocols.offersT1: return perform(blocks.receive(command.data), command)
    case .block, .short: return start(command, [.run(command.data)])
    case .extended: break
    }
    // wLevelParameter says which part of the APDU it is, or that the next part of the answer is wanted.
    switch command.specific[1] {
    case 1, 3:
      if command.specific[1] == 1 { collected = [] }
      guard collected.count + command.data.count <= 65544 else {
        return fail(command, Fault.badLength)
      }
      collected += command.data
      return [reply(command, last: 0x10)]
    case 2:
      defer { collected = [] }
      return start(command, [.run(collected + command.data)])
    case 0x10:
      return deliver(command, first: false)
    default:
      return start(command, [.run(command.data)])
    }
  }

  private mutating func perform(
    _ step: BlockProtocol.Step, _ command: CCIDMessage
  ) -> [Effect] {
    switch step {
    case .block(let block): return [reply(command, block)]
    case .run(let apdu): return start(command, [.run(apdu)])
    }
  }

  private mutating func start(_ command: CCIDMessage, _ effects: [Effect]) -> [Effect] {
    waiting = command
    remaining = []
    return effects
  }

  // MARK: Answers

  /// The card has run what was given to it.
  package mutating func cardAnswered(_ answer: [UInt8]) -> [Effect] {
    guard let command = waiting else { return [] }
    waiting = nil
    if level == .block, protocols.offersT1 { return [reply(command, blocks.answer(answer))] }
    remaining = answer
    return deliver(command, first: true)
  }

  /// As much of the answer as a message holds.
  private mutating func deliver(_ command: CCIDMessage, first: Bool) -> [Effect] {
    let part = Array(remaining.prefix(max(1, reader.maximumMessage - 10)))
    remaining.removeFirst(part.count)
    let chain: UInt8 =
      switch (first, remaining.isEmpty) {
      case (true, true): 0
      case (true, false): 1
      case (false, true): 2
      case (false, false): 3
      }
    return [reply(command, part, last: chain)]
  }

  /// Asks the host for more time, while a command waits.
  package func timeExtension() -> [Effect] {
    guard let waiting else { return [] }
    return [
      .reply(
        CCIDMessage(
          CCIDMessage.Kind.data, slot: 0, sequence: waiting.sequence,
          [Status.timeExtension | cardStatus, 1, 0]))
    ]
  }

  // MARK: The pad

  private mutating func secure(_ command: CCIDMessage) -> [Effect] {
    guard let entry = PINEntry(command.data), reader.pinSupport & entry.support != 0 else {
      return fail(command, Fault.notSupported)
    }
    self.entry = entry
    return start(command, [.askPad(entry)])
  }

  /// What was done on the pad.
  package mutating func padAnswered(_ answer: PINEntry.Answer) -> [Effect] {
    guard let command = waiting, let entry else { return [] }
    self.entry = nil
    switch answer {
    case .cancelled:
      waiting = nil
      return fail(command, Fault.cancelled)
    case .timedOut:
      waiting = nil
      return fail(command, Fault.timedOut)
    case .typed(let digits):
      switch entry.command(with: digits) {
      case .refused(let status): return padRefused(command, status)
      case .apdu(let apdu):
        guard level == .block, protocols.offersT1 else { return [.run(apdu)] }
        blocks.takeFromPad()
        return [.run(apdu)]
      }
    }
  }

  /// The reader's own status word, where no command went to the card.
  private mutating func padRefused(_ command: CCIDMessage, _ status: [UInt8]) -> [Effect] {
    waiting = nil
    return [reply(command, status)]
  }

  // MARK: Messages

  private var cardStatus: UInt8 { !isPresent ? 2 : isPowered ? 0 : 1 }

  private func reply(_ command: CCIDMessage, _ data: [UInt8] = [], last: UInt8 = 0) -> Effect {
    .reply(
      CCIDMessage(
        answerKind(command.kind), slot: command.slot, sequence: command.sequence,
        [cardStatus, 0, last], data))
  }

  private func fail(_ command: CCIDMessage, _ fault: UInt8) -> [Effect] {
    [
      .reply(
        CCIDMessage(
          answerKind(command.kind), slot: command.slot, sequence: command.sequence,
          [Status.failed | cardStatus, fault, 0]))
    ]
  }

  private func answerKind(_ command: UInt8) -> UInt8 {
    switch command {
    case CCIDMessage.Kind.powerOn, CCIDMessage.Kind.transfer, CCIDMessage.Kind.secure:
      CCIDMessage.Kind.data
    case CCIDMessage.Kind.getParameters, CCIDMessage.Kind.setParameters,
      CCIDMessage.Kind.resetParameters:
      CCIDMessage.Kind.parameters
    case CCIDMessage.Kind.escape: CCIDMessage.Kind.escaped
    case CCIDMessage.Kind.setRate: CCIDMessage.Kind.rate
    default: CCIDMessage.Kind.status
    }
  }
}
