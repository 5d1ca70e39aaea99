import Foundation
import TestSupport
import Testing

@testable import VirtualCard

/// States, counters, access rules and chaining, as scripts.
@Suite struct CommandTests {
  static let pins: [Script] = [
    Script(
      "a wrong PIN uses one try and says how many are left",
      [
        (Script.wrongUser, "63c2"), (Script.status, "007f7f7f0200039000"),
        (Script.wrongUser, "63c1"), (Script.wrongUser, "63c0"),
        (Script.status, "007f7f7f0000039000"),
      ]),
    Script(
      "a blocked PIN refuses the right one too",
      [
        (Script.wrongUser, "63c2"), (Script.wrongUser, "63c1"), (Script.wrongUser, "63c0"),
        (Script.user, "63c0"), (Script.status, "007f7f7f0000039000"),
      ]),
    Script(
      "a Yubikey says 6982 to a wrong PIN and 6983 once it is blocked", on: "yubikey-5",
      [
        (Script.wrongUser, "6982"), (Script.wrongUser, "6982"), (Script.wrongUser, "6982"),
        (Script.user, "6983"), ("00200081", "6983"),
      ]),
    Script(
      "a Yubikey takes no try for an impossible PIN", on: "yubikey-5",
      [("00200081 05 3132333435", "6a80"), (Script.status, "017f7f7f0300039000")]),
    Script(
      "the right PIN gives all tries back",
      [
        (Script.wrongUser, "63c2"), (Script.wrongUser, "63c1"), (Script.user, "9000"),
        (Script.status, "007f7f7f0300039000"),
      ]),
    Script(
      "81 and 82 share their tries but not their verification",
      [
        (Script.user, "9000"), ("00200081", "9000"), ("00200082", "63c3"),
        ("00200082 06 393939393939", "63c2"), ("00200081", "63c2"),
      ]),
    Script(
      "VERIFY with P1 FF takes a verification back",
      [(Script.admin, "9000"), ("00200083", "9000"), ("0020FF83", "9000"), ("00200083", "63c3")]),
    Script(
      "a reset, a power cut and SELECT each end every verification",
      [
        (Script.admin, "9000"), ("reset", ""), (Script.select, "9000"), ("00200083", "63c3"),
        (Script.admin, "9000"), ("power off", ""), (Script.select, "9000"), ("00200083", "63c3"),
        (Script.admin, "9000"), (Script.select, "9000"), ("00200083", "63c3"),
      ]),
    Script(
      "CHANGE REFERENCE DATA wants the old PIN, and a wrong one uses a try",
      [
        ("00240081 0C 393939393939363534333231", "6300"), (Script.status, "007f7f7f0200039000"),
        ("00240081 0C 313233343536363534333231", "9000"), (Script.status, "007f7f7f0300039000"),
        (Script.user, "63c2"), ("00200081 06 363534333231", "9000"),
      ]),
    Script(
      "a new PIN that is too short is refused and the old one stays",
      [("00240081 0B 3132333435363132333435", "6700"), (Script.user, "9000")]),
    Script(
      "PW3 unblocks PW1, and only PW3",
      [
        (Script.wrongUser, "63c2"), (Script.wrongUser, "63c1"), (Script.wrongUser, "63c0"),
        ("002C0281 06 363534333231", "6982"), (Script.admin, "9000"),
        ("002C0281 06 363534333231", "9000"), ("00200081 06 363534333231", "9000"),
      ]),
    Script(
      "the reset code unblocks PW1, has its own tries, and goes when it is set empty",
      [
        ("002C0081 0E 3132333435363738363534333231", "6982"), (Script.admin, "9000"),
        ("00DA00D3 08 3132333435363738", "9000"), (Script.status, "007f7f7f0303039000"),
        ("002C0081 0E 3939393939393939363534333231", "63c2"),
        (Script.status, "007f7f7f0302039000"),
        ("002C0081 0E 3132333435363738363534333231", "9000"),
        (Script.status, "007f7f7f0303039000"), ("00200081 06 363534333231", "9000"),
        ("00DA00D3", "9000"), (Script.status, "007f7f7f0300039000"),
      ]),
    Script(
      "a Yubikey's F1 tells its version and F2 sets the tries", on: "yubikey-5",
      [
        ("00F10000", "0504039000"), ("00F20000 03 050505", "6982"), (Script.admin, "9000"),
        ("00F20000 03 050607", "9000"), (Script.status, "017f7f7f0500079000"),
        ("00F20000 03 050007", "6a80"),
      ]),
    Script("another card has no F1", [("00F10000", "6d00")]),
    Script(
      "a card that sets PINs by the KDF-DO takes its initial hashes, and the factory's without",
      on: "yubikey-5",
      [
        (Script.admin, "9000"),
        (
          "00DA00F9 1E 810103 820108 830400000064 8706616263646566 88084142434445464748",
          "9000"
        ),
        ("00200081 06 616263646566", "9000"), ("00200083 08 4142434445464748", "9000"),
        ("00DA00F9 03 810100", "9000"), (Script.user, "9000"), (Script.admin, "9000"),
      ]),
  ]

  static let states: [Script] = [
    Script(
      "nothing runs before SELECT, and only the OpenPGP application can be selected",
      [
        ("reset", ""), ("00CA004F00", "6985"), ("00A40400 05 D276000124", "6a82"),
        ("00A40400 06 A00000030800", "6a82"), (Script.select, "9000"),
        ("00CA004F00", "d276000124010304000f0102030400009000"),
      ]),
    Script(
      "what isn't a command of this card is refused by class, instruction, parameters and lengths",
      [
        ("80CA004F00", "6e00"), ("0CCA004F00", "6882"), ("00FE000000", "6d00"),
        ("00A40000 06 D27600012401", "6a86"), ("00200084", "6a86"), ("00200181", "6a86"),
        ("00CA", "6700"), ("00CA004F 03 00", "6700"), ("00CA004F 000000 00", "6700"),
        ("00DB3FFF 02 4D00", "6a80"), ("00470000 02 B600", "6a86"), ("00478000 02 C600", "6a80"),
      ]),
    Script(
      "TERMINATE needs PW3 or its being blocked",
      [
        ("00E60000", "6985"), (Script.admin, "9000"), ("00E60000", "9000"),
      ]),
    Script(
      "a terminated card is told by SELECT, and ACTIVATE brings it back as from the factory",
      [
        (Script.admin, "9000"), ("00DA005B 03 416461", "9000"),
        ("00DA00C1 09 132A8648CE3D030107", "9000"), ("00E60000", "9000"),
        (Script.select, "6285"), ("00CA005B00", "6985"), (Script.user, "6985"),
        ("00440000", "9000"), ("00CA005B00", "9000"), ("00CA00C100", "0108000020009000"),
        (Script.user, "9000"),
      ]),
    Script(
      "with PW3 blocked anyone may terminate, and the card is whole again",
      [
        (Script.wrongAdmin, "63c2"), (Script.wrongAdmin, "63c1"), (Script.wrongAdmin, "63c0"),
        (Script.admin, "63c0"), ("00E60000", "9000"), ("00440000", "9000"), (Script.admin, "9000"),
      ]),
    Script(
      "ACTIVATE on a card in use changes nothing",
      [
        (Script.admin, "9000"), ("00DA005B 03 416461", "9000"), ("00440000", "9000"),
        ("00CA005B00", "4164619000"),
      ]),
    Script(
      "a chained command is one command",
      [
        (Script.admin, "9000"), ("10DA005E 02 4164", "9000"), ("10DA005E 01 61", "9000"),
        ("00DA005E 02 2121", "9000"), ("00CA005E00", "41646121219000"),
      ]),
    Script(
      "a chain broken by another command is refused and forgotten",
      [
        (Script.admin, "9000"), ("10DA005E 02 4164", "9000"), ("00CA004F00", "6883"),
        ("00DA005E 02 2121", "9000"), ("00CA005E00", "21219000"),
      ]),
    Script(
      "GET RESPONSE has nothing to give by itself, nor after another command",
      on: "yubikey-5",
      [
        ("00C0000000", "6985"), ("00CA00C4", "017f7f7f0300039000"), ("00C0000000", "6985"),
      ]),
    Script(
      "a short Le takes a part and GET RESPONSE the rest",
      [
        ("00CA004F08", "d2760001240103046108"), ("00C0000004", "000f01026104"),
        ("00C0000004", "030400009000"), ("00C0000004", "6985"),
      ]),
    Script(
      "certificates are three, chosen by SELECT DATA and GET NEXT DATA",
      [
        (Script.admin, "9000"), ("00A50104 06 60045C027F21 00", "9000"),
        ("00DA7F21 01 44", "9000"), ("00A50004 06 60045C027F21 00", "9000"),
        ("00CA7F2100", "9000"), ("00CC7F2100", "449000"), ("00CC7F2100", "9000"),
        ("00CC7F2100", "6985"), ("00A50304 06 60045C027F21 00", "6a86"),
      ]),
    Script(
      "touch set for good can't be taken back",
      [
        (Script.admin, "9000"), ("00CA00D600", "00209000"), ("00DA00D6 02 0120", "9000"),
        ("00CA00D600", "01209000"), ("00DA00D6 02 0220", "9000"), ("00DA00D6 02 0020", "6985"),
      ]),
    Script(
      "C4 takes one byte, or four with the lengths as they are",
      [
        ("00DA00C4 01 01", "6982"), (Script.admin, "9000"), ("00DA00C4 01 01", "9000"),
        (Script.status, "017f7f7f0300039000"), ("00DA00C4 04 007f7f7f", "9000"),
        ("00DA00C4 04 00404040", "6a80"), ("00DA00C4 02 0000", "6700"),
      ]),
    Script(
      "GET CHALLENGE needs an Le and keeps to the card's limit",
      on: "yubikey-5", [("00840000", "6700"), ("00840000 000BFF", "6700")]),
  ]

  @Test("PINs", arguments: pins)
  func holdsForPINs(_ script: Script) throws { try script.run() }

  @Test("states", arguments: states)
  func holdsForStates(_ script: Script) throws { try script.run() }

  /// Who may read and write what (OpenPGP card 3.4.1 §4.4.1): none, 82, 83, or nobody.
  static let access: [(tag: String, read: String, write: String, value: String)] = [
    ("0101", "any", "82", "00"), ("0102", "any", "83", "00"), ("0103", "82", "82", "00"),
    ("0104", "83", "83", "00"), ("004F", "any", "no", "00"), ("005B", "any", "83", "41"),
    ("005E", "any", "83", "41"), ("5F2D", "any", "83", "6465"), ("5F35", "any", "83", "31"),
    ("5F50", "any", "83", "41"), ("5F52", "any", "no", "00"), ("0065", "any", "no", "00"),
    ("006E", "any", "no", "00"), ("007A", "any", "no", "00"), ("7F21", "any", "83", "41"),
    ("7F66", "any", "no", "00"), ("7F74", "any", "no", "00"), ("0093", "any", "no", "00"),
    ("00C0", "any", "no", "00"), ("00C1", "any", "83", "162B06010401DA470F01"),
    ("00C4", "any", "83", "01"), ("00C5", "any", "no", "00"), ("00C6", "any", "no", "00"),
    ("00C7", "no", "83", String(repeating: "11", count: 20)),
    ("00CA", "no", "83", String(repeating: "11", count: 20)), ("00CD", "any", "no", "00"),
    ("00CE", "no", "83", "11111111"), ("00D3", "no", "83", "3132333435363738"),
    ("00D5", "no", "83", String(repeating: "11", count: 32)), ("00D6", "any", "83", "0120"),
    ("00DE", "any", "no", "00"), ("00F9", "any", "83", "810100"), ("00FA", "any", "no", "00"),
  ]

  @Test("each data object is read and written by whom the specification says", arguments: access)
  func keepsAccess(_ row: (tag: String, read: String, write: String, value: String)) throws {
    let verifications = [
      "none": [], "81": [Script.user], "82": [Script.other], "83": [Script.admin],
    ]
    for (name, commands) in verifications {
      let card = try Script.card()
      for command in commands { #expect(try card.send(command) == "9000") }
      let read = try card.send("00CA\(row.tag) 000000")
      let mayRead = row.read == "any" || row.read == name
      #expect(read.hasSuffix("9000") == mayRead, "GET \(row.tag) after \(name): \(read)")
      let length = String(format: "%02X", row.value.count / 2)
      let written = try card.send("00DA\(row.tag) \(length) \(row.value)")
      #expect(
        (written == "9000") == (row.write == name), "PUT \(row.tag) after \(name): \(written)")
      if row.write != "no", row.write != name { #expect(written == "6982") }
    }
  }

  @Test("a command longer than 7F66 allows is refused, and a chained one that grows beyond it")
  func limitsLengths() throws {
    let card = try Script.card("yubikey-5")
    #expect(try card.send(Script.admin) == "9000")
    let most = 0xBFE - 9
    #expect(try card.send("00DA7F21", [UInt8](repeating: 1, count: most)).status == "6700")
    #expect(try card.send("00DA0101", [UInt8](repeating: 1, count: most)).status == "6982")
    #expect(try card.send("00DA0101", [UInt8](repeating: 1, count: most + 1)).status == "6700")
    let part = "10DA7F21 FF " + String(repeating: "00", count: 255)
    for _ in 0..<12 { #expect(try card.send(part) == "9000") }
    #expect(try card.send(part) == "6700")
    #expect(try card.send(Script.status) == "017f7f7f0300039000")
  }

  @Test("a card with the habit answers a short Le by 6Cxx")
  func refusesShortLe() throws {
    var profile = try CardProfile(contentsOf: Repository.path("cards/nitrokey-3.json"))
    profile.habits.refusesShortLe = true
    let card = VirtualCard(profile: profile, serial: 1)
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send("00CA004F08") == "6c10")
    #expect(try card.send("00CA004F10").hasSuffix("9000"))
  }

  @Test("a card without extended lengths refuses them and takes chains")
  func hasShortLengths() throws {
    var profile = try CardProfile(contentsOf: Repository.path("cards/nitrokey-3.json"))
    profile.lengths = nil
    let card = VirtualCard(profile: profile, serial: 1)
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send("00CA006E 000000") == "6700")
    #expect(try card.send("00CA7F6600") == "6a88")
    #expect(try card.send("00CA006E00").hasSuffix("9000"))
  }

  @Test("no bytes whatever bring the card down")
  func survivesAnything() throws {
    let card = try Script.card()
    var numbers = SystemRandomNumberGenerator()
    let instructions: [UInt8] = [
      0xA4, 0xA5, 0xCA, 0xCC, 0xDA, 0xDB, 0x20, 0x24, 0x2C, 0x2A, 0x88, 0x84, 0x22, 0xE6, 0x44,
      0xC0, 0x47,
    ]
    for round in 0..<20_000 {
      if round % 50 == 0 {
        _ = try card.send(Script.select)
        _ = try card.send(Script.admin)
        _ = try card.send(Script.other)
      }
      var command = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in
        UInt8.random(in: 0...255, using: &numbers)
      }
      if command.count > 5, round % 8 != 0 {
        command[0] = round % 16 == 1 ? 0x10 : 0
        command[1] = instructions[round % instructions.count]
        if command[1] == 0x47 { command[2] = 0x81 }
        if round % 3 == 0 { command[4] = UInt8(command.count - 5) }
        if command[1] == 0xDB, command.count > 12 {
          command.replaceSubrange(2..<4, with: [0x3F, 0xFF])
          command[5] = 0x4D
          command[6] = UInt8(command.count - 7)
        }
      }
      #expect(card.process(command).count >= 2)
    }
  }
}
