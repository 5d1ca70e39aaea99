import TestSupport
import Testing

@testable import VirtualCard

/// What models do in ways of their own.
@Suite struct HabitTests {
  static let generate = "00478000 02 B600 00"
  /// The attributes of a NIST P-256 signature key, without and with the public key in an import.
  static let scripts: [Script] = [
    Script(
      "a Gnuk changes no user PIN before there is a key, and forgets it with the last one",
      on: "gnuk",
      [
        ("00240081 0C 313233343536363534333231", "6985"), (Script.admin, "9000"),
        ("00DA00C1 0A 162B06010401DA470F01", "9000"), (Script.admin, "9000"),
      ]),
    Script(
      "a Gnuk's KDF-DO changes only while there is no key, and goes with an empty one",
      on: "gnuk",
      [
        (Script.admin, "9000"), ("00CA00F900", "9000"), ("00DA00F9 03 810100", "6f00"),
        ("00DA00F9", "9000"),
      ]),
    Script(
      "a Gnuk counts the tries of a reset code that isn't set, a Yubikey doesn't", on: "gnuk",
      [(Script.status, "007f7f7f0303039000")]),
    Script(
      "a Nitrokey Start has no certificates and takes no new PIN under 14 bytes",
      on: "nitrokey-start",
      [
        (Script.admin, "9000"), ("00CA7F2100", "6a88"), ("00DA7F21 02 3000", "6a88"),
        ("00A50004 06 60045C027F21", "6d00"),
        ("00240083 10 31323334353637383837363534333231", "6985"),
      ]),
    Script(
      "a Yubikey 4 says FF for many signatures, and has no DE, FA or challenge", on: "yubikey-4",
      [
        (Script.status, "ff7f7f7f0300039000"), ("00CA00DE00", "6b00"), ("00CA00FA00", "6b00"),
        ("0084000008", "6d00"), ("00CA00D600", "00209000"), ("00F1000000", "0402069000"),
        ("00CA7F6600", "6b00"), (Script.admin, "9000"), ("00DA7F21 02 3000", "9000"),
        ("00CA7F2100", "30009000"), ("00A50004 06 60045C027F21", "6d00"),
      ]),
    Script(
      "a card of version 2 has extended lengths without 7F66, and takes no chain",
      on: "zeitcontrol-2.1",
      [
        ("00CA7F6600", "6a88"), ("10DA005E 01 41", "6884"),
        ("00CA005E000000", "9000"),
      ]),
    Script(
      "an old card's attributes stay, and extended lengths are refused", on: "openpgp-2.0",
      [
        (Script.admin, "9000"), ("00DA00C1 06 010C00001103", "6982"),
        ("00CA005E000000", "6700"), ("00CA00DE00", "6a88"), ("00CA010100", "6a88"),
      ]),
    Script(
      "a SmartPGP writes some primitive objects with their tags, and some constructed without",
      on: "smartpgp",
      [
        ("00CA00C100", "c106010800001103 9000"), ("00CA00DE00", "de06010002000300 9000"),
        ("00CA007A00", "9303000000 9000"), ("00CA7F6600", "7f66080202010002020100 9000"),
        (Script.wrongUser, "6982"), (Script.wrongUser, "6982"), (Script.wrongUser, "6982"),
        (Script.user, "6982"),
      ]),
    Script(
      "a terminated Canokey is selected with 9000 and then says 6285", on: "canokey",
      [
        (Script.admin, "9000"), ("00E60000", "9000"), (Script.select, "9000"),
        ("00CA004F00", "6285"), ("00440000", "9000"), (Script.admin, "9000"),
      ]),
    Script(
      "a Ledger is not terminated by a blocked admin PIN", on: "ledger",
      [
        (Script.wrongAdmin, "6982"), (Script.wrongAdmin, "6982"), (Script.wrongAdmin, "6982"),
        (Script.admin, "6983"), ("00E60000", "6985"), ("00CA7F7400", "209000"),
      ]),
    Script(
      "a strict card wants just the numbers its attributes name", on: "strict-3.4.1",
      [
        (Script.admin, "9000"), ("00DA00C1 0A 162B06010401DA470F01", "9000"),
        (
          "00DB3FFF 2C 4D2AB6007F480292205F4820" + String(repeating: "11", count: 32), "9000"
        ),
        (
          "00DB3FFF 4E 4D4CB6007F4804922099205F4840" + String(repeating: "11", count: 64), "6a80"
        ),
      ]),
  ]

  @Test("a model's ways", arguments: scripts)
  func ways(_ script: Script) throws { try script.run() }

  @Test("a card that takes its model's time answers no sooner, and others at once")
  func modelsTime() throws {
    let card = try Script.card("yubikey-5")
    #expect(card.responseTime(of: [0x00, 0xA4, 0x04, 0x00]) == 2)
    #expect(card.responseTime(of: [0x00, 0xCA, 0x00, 0x6E, 0x00]) == 11)
    #expect(card.responseTime(of: [0x00, 0xCA, 0x00, 0xC4, 0x00]) == 1)
    #expect(card.responseTime(of: [0x00, 0x47, 0x80, 0x00, 0x02, 0xB6, 0x00, 0x00]) == 6257)
    // A part of a chain, and what nobody recorded.
    #expect(card.responseTime(of: [0x10, 0x2A, 0x9E, 0x9A]) == nil)
    #expect(card.responseTime(of: [0x00, 0x47, 0x81, 0x00, 0x02, 0xB6, 0x00, 0x00]) == nil)
    #expect(try Script.card("nitrokey-3").responseTime(of: [0x00, 0xA4, 0x04, 0x00]) == nil)

    card.takesModelsTime = true
    let start = ContinuousClock.now
    for _ in 0..<5 { _ = try card.send("00CA006E00") }
    #expect(start.duration(to: .now) >= .milliseconds(55))
  }
}
