import TestSupport
import Testing

@testable import VirtualCard

/// A reader's slot, message by message.
@Suite struct CCIDSlotTests {
  /// Of a Yubikey 5: T=1.
  private static let answerToReset =
    Hex("3BFD1300008131FE158073C021C057597562694B657940")?.bytes ?? []

  private static func slot(
    _ level: CCIDReader.Level = .extended, maximum: Int? = nil, pad: UInt8 = 0,
    isPresent: Bool = true
  ) -> CCIDSlot {
    var reader = CCIDReader(level: level)
    reader.pinSupport = pad
    if let maximum { reader.maximumMessage = maximum }
    return CCIDSlot(reader: reader, answerToReset: answerToReset, isPresent: isPresent)
  }

  private static func command(
    _ kind: UInt8, _ data: [UInt8] = [], part: UInt8 = 0, sequence: UInt8 = 7, slot: UInt8 = 0
  ) -> CCIDMessage {
    CCIDMessage(kind, slot: slot, sequence: sequence, [0, part, 0], data)
  }

  private static func powered(_ slot: CCIDSlot) -> CCIDSlot {
    var slot = slot
    _ = slot.receive(command(CCIDMessage.Kind.powerOn))
    return slot
  }

  /// The one answer among the effects.
  private static func answer(_ effects: [CCIDSlot.Effect]) -> CCIDMessage? {
    effects.compactMap { if case .reply(let message) = $0 { message } else { nil } }.last
  }

  @Test("power on gives the card power before the ATR goes out, and power off takes it")
  func power() {
    var slot = Self.slot()
    let on = slot.receive(Self.command(CCIDMessage.Kind.powerOn))
    #expect(on.first == .powerOn)
    #expect(Self.answer(on)?.data == Self.answerToReset)
    #expect(Self.answer(on)?.specific == [0, 0, 0])
    let off = slot.receive(Self.command(CCIDMessage.Kind.powerOff))
    #expect(off.first == .powerOff)
    #expect(Self.answer(off)?.specific[0] == 1)
    #expect(slot.receive(Self.command(CCIDMessage.Kind.powerOff)).count == 1)
  }

  /// What can't be done: the answer's kind, bmICCStatus with bmCommandStatus, bError.
  static let refused: [(what: String, isPresent: Bool, isOn: Bool, kind: UInt8, answer: [UInt8])] =
    [
      ("power without a card", false, false, 0x62, [0x80, 0x42, 0xFE]),
      ("parameters without a card", false, false, 0x6C, [0x82, 0x42, 0xFE]),
      ("an APDU without power", true, false, 0x6F, [0x80, 0x41, 0xFE]),
      ("a PIN on a pad there isn't", true, true, 0x69, [0x80, 0x40, 0x00]),
      ("an escape command", true, true, 0x6B, [0x83, 0x40, 0x00]),
      ("a command there isn't", true, true, 0x44, [0x81, 0x40, 0x00]),
      ("a command that is too long", true, true, 0x00, [0x81, 0x40, 0x01]),
    ]

  @Test("what can't be done fails with the error for it", arguments: refused)
  func refuses(
    _ row: (what: String, isPresent: Bool, isOn: Bool, kind: UInt8, answer: [UInt8])
  ) throws {
    var slot = Self.slot(isPresent: row.isPresent)
    if row.isOn { slot = Self.powered(slot) }
    let effects = slot.receive(Self.command(row.kind))
    let answer = try #require(Self.answer(effects))
    #expect(effects.count == 1)
    #expect([answer.kind] + answer.specific.prefix(2) == row.answer)
    #expect(answer.sequence == 7)
  }

  @Test("another slot than the first is refused, and so is a second command before the first's end")
  func oneAtATime() {
    var slot = Self.powered(Self.slot())
    #expect(
      Self.answer(slot.receive(Self.command(0x65, slot: 1)))?.specific == [0x40, 0x05, 0])
    #expect(slot.receive(Self.command(0x6F, [1, 2])) == [.run([1, 2])])
    #expect(
      Self.answer(slot.receive(Self.command(0x6F, [3], sequence: 8)))?.specific == [0x40, 0xE0, 0])
    let answer = Self.answer(slot.cardAnswered([0x90, 0]))
    #expect(answer?.sequence == 7)
    #expect(answer?.data == [0x90, 0])
    #expect(slot.cardAnswered([0x90, 0]).isEmpty)
  }

  @Test("time is asked for only while a command waits")
  func timeExtension() {
    var slot = Self.powered(Self.slot())
    #expect(slot.timeExtension().isEmpty)
    _ = slot.receive(Self.command(0x6F, [1, 2]))
    #expect(Self.answer(slot.timeExtension())?.specific == [0x80, 1, 0])
    _ = slot.cardAnswered([0x90, 0])
    #expect(slot.timeExtension().isEmpty)
  }

  @Test("a long APDU comes in parts, and a long answer goes out in parts")
  func parts() {
    var slot = Self.powered(Self.slot(maximum: 64))
    #expect(Self.answer(slot.receive(Self.command(0x6F, [1], part: 1)))?.specific == [0, 0, 0x10])
    #expect(Self.answer(slot.receive(Self.command(0x6F, [2], part: 3)))?.specific == [0, 0, 0x10])
    #expect(slot.receive(Self.command(0x6F, [3], part: 2)) == [.run([1, 2, 3])])
    let whole = (0..<130).map { UInt8($0) }
    var effects = slot.cardAnswered(whole)
    var parts: [UInt8] = []
    var marks: [UInt8] = []
    while let answer = Self.answer(effects), marks.count < 3 {
      parts += answer.data
      marks.append(answer.specific[2])
      effects = slot.receive(Self.command(0x6F, part: 0x10))
    }
    #expect(parts == whole)
    #expect(marks == [1, 3, 2])
  }

  @Test("a card that is taken out loses its power, and the command that waits fails")
  func taken() {
    var slot = Self.powered(Self.slot())
    _ = slot.receive(Self.command(0x6F, [1, 2]))
    let effects = slot.remove()
    #expect(effects.contains(.powerOff))
    #expect(Self.answer(effects)?.specific == [0x42, 0xFE, 0])
    #expect(slot.cardAnswered([0x90, 0]).isEmpty)
    slot.insert()
    #expect(Self.answer(slot.receive(Self.command(0x65)))?.specific == [1, 0, 0])
  }

  @Test("a PIN typed on the pad goes to the card, and what else happens there has its own answer")
  func pad() {
    // VERIFY 82, 6 to 127 digits.
    let wanted: [UInt8] =
      [0, 30, 0x82, 0, 0, 127, 6, 2, 0xFF, 9, 4, 0, 0, 0, 0] + [0x00, 0x20, 0x00, 0x82]
    var slot = Self.powered(Self.slot(pad: 3))
    func ask(_ answer: PINEntry.Answer) -> [CCIDSlot.Effect] {
      guard case .askPad(let entry) = slot.receive(Self.command(0x69, wanted)).first else {
        return []
      }
      #expect((entry.minimum, entry.maximum, entry.timeOut, entry.count) == (6, 127, 30, 1))
      return slot.padAnswered(answer)
    }
    #expect(
      ask(.typed([Array("123456".utf8)]))
        == [.run([0x00, 0x20, 0x00, 0x82, 6] + Array("123456".utf8))])
    #expect(Self.answer(slot.cardAnswered([0x63, 0xC2]))?.data == [0x63, 0xC2])
    #expect(Self.answer(ask(.typed([Array("12345".utf8)])))?.data == [0x64, 0x03])
    #expect(Self.answer(ask(.cancelled))?.specific == [0x40, 0xEF, 0])
    #expect(Self.answer(ask(.timedOut))?.specific == [0x40, 0xF0, 0])
    #expect(!slot.isBusy)
  }

  @Test("a new PIN is typed twice behind the old one, and two that differ never reach the card")
  func newPIN() throws {
    // CHANGE REFERENCE DATA 81, with the old one, confirmed, three messages.
    let wanted: [UInt8] =
      [1, 30, 0x82, 0, 0, 0, 0, 127, 6, 3, 2, 3, 9, 4, 0, 1, 2, 0, 0, 0] + [
        0x00, 0x24, 0x00, 0x81,
      ]
    let entry = try #require(PINEntry(wanted))
    #expect(entry.count == 3)
    let (old, new) = (Array("123456".utf8), Array("654321".utf8))
    #expect(
      entry.command(with: [old, new, new]) == .apdu([0x00, 0x24, 0x00, 0x81, 12] + old + new))
    #expect(entry.command(with: [old, new, old]) == .refused([0x64, 0x02]))
    // A PIN in another form than OpenPGP cards have it, an impossible length, too short a command.
    for (index, value) in [(2, 0x89), (3, 8), (7, 0), (8, 128)] as [(Int, UInt8)] {
      var odd = wanted
      odd[index] = value
      #expect(PINEntry(odd) == nil, "\(index)")
    }
    #expect(PINEntry(Array(wanted.dropLast())) == nil)
  }

  @Test("the pad's script says what is typed and when, and behind it nobody types")
  func script() throws {
    var script = try #require(
      PINPadScript(Array("# a person\n123456\nwait 1.5\ncancel\n11\n22\n".utf8)))
    let steps = (0..<4).map { _ in script.next(1) }
    #expect(steps.map(\.milliseconds) == [0, 1500, 0, 0])
    #expect(
      steps.map(\.answer) == [
        .typed([Array("123456".utf8)]), .cancelled, .typed([Array("11".utf8)]),
        .typed([Array("22".utf8)]),
      ])
    #expect(script.next(1).answer == .timedOut)
    for text in ["12a", "wait", "wait -1", "press 1", "cancel now"] {
      #expect(PINPadScript(Array(text.utf8)) == nil, "\(text)")
    }
  }
}
