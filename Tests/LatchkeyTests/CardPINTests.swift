import Foundation
import TestSupport
import Testing

@Suite("latchkey card pin, reset and kdf")
struct CardPINTests {
  private func workplace(_ profile: String = "nitrokey-3") throws -> Workplace {
    let work = try Workplace(profile: profile)
    for (name, text) in [
      ("factory", "123456\n"), ("factory-admin", "12345678\n"), ("code", "code-4711\n"),
    ] { try work.folder.write(name, text) }
    return work
  }

  private func tries(_ work: Workplace) throws -> [Int] {
    let shown = try work.latchkey(["card", "show", "--json"], expecting: 0)
    let document = try JSONDecoder().decode(Shown.self, from: Data(shown.output))
    let tries = document.result.triesLeft
    return [tries.user, tries.resetCode, tries.admin]
  }

  private struct Shown: Decodable {
    let result: Result
    struct Result: Decodable { let triesLeft: Tries }
    struct Tries: Decodable {
      let user: Int
      let resetCode: Int
      let admin: Int
    }
  }

  @Test("a PIN and an admin PIN are changed, and only the new ones are taken then")
  func change() throws {
    let work = try workplace()
    let changed = try work.latchkey(
      ["card", "pin", "change", "--pin-file", "factory", "--new-pin-file", "pin"], expecting: 0)
    #expect(changed.errorText.contains("tries left: PIN 3, reset code 0, admin PIN 3"))
    try work.latchkey(
      [
        "card", "pin", "change", "--admin", "--admin-pin-file", "factory-admin", "--new-pin-file",
        "admin",
      ], expecting: 0)
    expect(
      try work.latchkey(
        ["card", "pin", "change", "--pin-file", "factory", "--new-pin-file", "pin"]), 1,
      ["wrong PIN", "2 tries are left"])
    expect(
      try work.latchkey(
        ["card", "signature-pin", "once", "--admin-pin-file", "factory-admin"]), 1,
      ["wrong admin PIN", "2 tries are left"])
    // Neither is sent a second time.
    expect(
      try work.latchkey(
        ["card", "signature-pin", "once", "--admin-pin-file", "factory-admin"]), 1,
      ["already failed", "no try was used"])
    #expect(try tries(work) == [2, 0, 2])
    try work.latchkey(
      ["card", "pin", "change", "--pin-file", "pin", "--new-pin-file", "factory"], expecting: 0)
    #expect(try tries(work) == [3, 0, 2])
  }

  @Test("a new PIN that can't be one is not sent, and nothing changes")
  func short() throws {
    let work = try workplace()
    expect(
      try work.latchkey(
        ["card", "pin", "change", "--pin-file", "factory", "--new-pin-file", "short"]), 2,
      ["PIN"])
    #expect(try tries(work) == [3, 0, 3])
  }

  @Test("a blocked PIN comes back by the admin PIN, and by a reset code that was set before")
  func unblock() throws {
    let work = try workplace()
    try work.latchkey(
      [
        "card", "pin", "set-reset-code", "--admin-pin-file", "factory-admin", "--reset-code-file",
        "code",
      ], expecting: 0)
    #expect(try tries(work) == [3, 3, 3])
    try block(work)
    expect(
      try work.latchkey(["card", "pin", "change", "--pin-file", "pin", "--new-pin-file", "pin"]),
      4, ["blocked", "latchkey card pin unblock"])
    try work.latchkey(
      ["card", "pin", "unblock", "--reset-code-file", "code", "--new-pin-file", "pin"],
      expecting: 0)
    #expect(try tries(work) == [3, 3, 3])
    try block(work)
    try work.latchkey(
      ["card", "pin", "unblock", "--admin-pin-file", "factory-admin", "--new-pin-file", "pin"],
      expecting: 0)
    try work.latchkey(
      ["card", "pin", "change", "--pin-file", "pin", "--new-pin-file", "factory"], expecting: 0)
    let removed = try work.latchkey(
      ["card", "pin", "set-reset-code", "--remove", "--admin-pin-file", "factory-admin", "--json"],
      expecting: 0)
    #expect(removed.text.contains(#""resetCode" : 0"#), "\(removed.text)")
  }

  /// Uses up tries, as by wrong PINs that others gave.
  private func block(_ work: Workplace, _ blocked: [Int] = [0]) throws {
    try edit(work) { card in
      var pins = try #require(card["pins"] as? [[String: Any]])
      for index in blocked { pins[index]["tries"] = 0 }
      card["pins"] = pins
    }
  }

  /// Changes what is in the card's file.
  private func edit(_ work: Workplace, _ body: (inout [String: Any]) throws -> Void) throws {
    let file = URL(fileURLWithPath: work.folder.path("dongle.card"))
    var document = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var card = try #require(document["card"] as? [String: Any])
    try body(&card)
    document["card"] = card
    try JSONSerialization.data(withJSONObject: document).write(to: file)
  }

  @Test("the numbers of tries are set on a Yubikey, and refused elsewhere")
  func retries() throws {
    let arguments = [
      "card", "pin", "retries", "5", "4", "6", "--admin-pin-file", "factory-admin", "--yes",
    ]
    let yubikey = try workplace("yubikey-5")
    try yubikey.latchkey(arguments, expecting: 0)
    #expect(try tries(yubikey) == [5, 0, 6])
    let other = try workplace()
    expect(try other.latchkey(arguments), 4, ["no such instruction"])
    #expect(try tries(other) == [3, 0, 3])
  }

  @Test("whether each signature needs the PIN is shown and set")
  func signaturePIN() throws {
    let work = try workplace()
    #expect(try work.latchkey(["card", "signature-pin"], expecting: 0).text.hasPrefix("always"))
    #expect(
      try work.latchkey(
        ["card", "signature-pin", "once", "--admin-pin-file", "factory-admin"], expecting: 0
      ).text.hasPrefix("once"))
    #expect(try work.latchkey(["card", "signature-pin"], expecting: 0).text.hasPrefix("once"))
  }

  @Test("a reset wants a word typed or --yes, and then keys, PINs and what was recorded are gone")
  func reset() throws {
    let work = try workplace()
    try work.provision()
    let record = work.folder.path("system/etc/latchkey/dongles")
    #expect(try FileManager.default.contentsOfDirectory(atPath: record).count == 1)
    expect(try work.latchkey(["card", "reset"]), 2, ["no terminal", "--yes"])
    #expect(try work.latchkey(["card", "show"], expecting: 0).text.contains("ed25519"))
    try work.latchkey(["card", "reset", "--yes"], expecting: 0)
    #expect(!(try work.latchkey(["card", "show"], expecting: 0).text.contains("ed25519")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: record).isEmpty)
    try work.latchkey(
      ["card", "pin", "change", "--pin-file", "factory", "--new-pin-file", "pin"], expecting: 0)
  }

  @Test("a terminated dongle is said to be one, and a reset brings it back")
  func terminated() throws {
    let work = try workplace()
    try edit(work) { card in
      #expect(card["isTerminated"] != nil)
      card["isTerminated"] = true
    }
    expect(try work.latchkey(["card", "show"]), 4, ["terminated", "latchkey card reset"])
    let reset = try work.latchkey(["card", "reset", "--yes", "--json"], expecting: 0)
    #expect(reset.text.contains(#""dongle" : "000F:"#), "\(reset.text)")
    try work.latchkey(["card", "show"], expecting: 0)
  }

  @Test("a dongle with both PINs blocked is reset")
  func blocked() throws {
    let work = try workplace()
    try block(work, [0, 1, 2])
    try work.latchkey(["card", "reset", "--yes"], expecting: 0)
    #expect(try tries(work) == [3, 0, 3])
  }

  @Test(
    "derived PINs are set up and taken back; the record follows, and the same PINs go on",
    arguments: ["nitrokey-3", "yubikey-5"])
  func kdf(profile: String) throws {
    let work = try workplace(profile)
    try work.provision()
    #expect(
      try work.latchkey(["card", "kdf", "show"], expecting: 0).text.contains("as they are typed"))
    let pins = ["--pin-file", "pin", "--admin-pin-file", "admin"]
    expect(
      try work.latchkey(["card", "kdf", "off"] + pins + ["--yes"]), 2, ["as they are typed"])
    expect(
      try work.latchkey(
        ["card", "kdf", "setup", "--pin-file", "wrong", "--admin-pin-file", "admin", "--yes"]),
      1, ["wrong PIN", "2 tries are left"])
    let setup = try work.latchkey(
      ["card", "kdf", "setup", "--yes", "--json"] + pins, expecting: 0)
    #expect(setup.text.contains(#""active" : true"#), "\(setup.text)")
    #expect(setup.text.contains(#""asRecorded" : true"#), "\(setup.text)")
    // The record's KDF-DO is held against the dongle's: signing shows that they agree.
    try work.sign()
    expect(try work.latchkey(["card", "kdf", "setup", "--yes"] + pins), 2, ["already"])
    try work.latchkey(
      ["card", "signature-pin", "once", "--admin-pin-file", "admin"], expecting: 0)
    let off = try work.latchkey(["card", "kdf", "off", "--yes", "--json"] + pins, expecting: 0)
    #expect(off.text.contains(#""active" : false"#), "\(off.text)")
    #expect(off.text.contains(#""asRecorded" : true"#), "\(off.text)")
    try work.latchkey(
      ["card", "signature-pin", "always", "--admin-pin-file", "admin"], expecting: 0)
  }

  @Test("a dongle whose KDF-DO is another than was recorded gets no PIN")
  func otherDerivation() throws {
    let work = try workplace()
    try work.provision()
    let path = work.folder.path("dongle.card")
    let card = try String(contentsOfFile: path, encoding: .utf8)
    let folder = work.folder.path("system/etc/latchkey/dongles")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    let record = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    let other = record.replacing(
      "kdf 810100",
      with: "kdf 81010382010883040000100084083132333435363738")
    #expect(other != record)
    try other.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    expect(
      try work.latchkey(["card", "signature-pin", "once", "--admin-pin-file", "admin"]), 3,
      ["KDF-DO", "No PIN was sent"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == card)
  }
}
