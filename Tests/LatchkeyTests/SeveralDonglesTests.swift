import Foundation
import TestSupport
import Testing

/// Several readers in one pcscd, each with a dongle of its own.
@Suite("several dongles at once")
struct SeveralDonglesTests {
  /// Two dongles of different PINs, both ready, in readers 0 and 1; readers 2 and 3 have what was asked
  /// for.
  private func workplace(odd: [String] = []) throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    try work.folder.write("spare-pin", "161803\n")
    try work.createCard("spare.card")
    try work.latchkey(
      [
        "provision", "--name", "Ada", "--pin-file", "spare-pin", "--admin-pin-file", "admin",
        "--export", "spare.asc", "--yes",
      ], card: ["--virtual-card", "spare.card"], expecting: 0)
    for name in odd { try work.createCard(name) }
    try work.insert(["dongle.card", "spare.card"] + odd)
    return work
  }

  /// The serials, in the order of the readers.
  private func serials(_ work: Workplace) throws -> [String] {
    // pcscd's own order is that of its folder of readers.
    try work.latchkey(["card", "list"], expecting: 0).text.split(separator: "\n")
      .sorted { $0.split(separator: " in ").last ?? "" < $1.split(separator: " in ").last ?? "" }
      .map { String($0.prefix(13)) }
  }

  private let sign = ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]

  @Test("all readers are listed; two that fit are never guessed among; --card says which one")
  func selection() throws {
    let work = try workplace()
    let list = try work.latchkey(["card", "list"], expecting: 0)
    #expect(list.text.split(separator: "\n").count == 2)
    for index in 0..<2 { #expect(list.text.contains("in Virtual Reader \(index) 00 00")) }
    let serials = try serials(work)
    work.daemon?.forgetTrace(of: 0)
    work.daemon?.forgetTrace(of: 1)
    for command in [["card", "show"], sign + ["--pin-file", "pin"]] {
      let refused = try work.latchkey(command)
      expect(refused, 3, ["there are 2 dongles"] + serials.map { "--card \($0)" })
    }
    for index in 0..<2 {
      let shown = try work.latchkey(["card", "show", "--card", serials[index]], expecting: 0)
      #expect(shown.text.contains(serials[index]) && !shown.text.contains(serials[1 - index]))
    }
    #expect(
      !(work.daemon?.trace(of: 0) ?? []).contains { $0.hasPrefix("00 20") }, "no PIN was sent")
    try work.latchkey(
      sign + ["--pin-file", "spare-pin", "--card", serials[1]], expecting: 0)
    #expect(try work.verify().status == 1, "it is the spare's signature")
    expect(
      try work.latchkey(["card", "show", "--card", "0006:00000001"]), 3,
      ["dongle 0006:00000001 is not there", serials[0], serials[1]])
  }

  @Test("a volume enrolled to two opens with either; pulled, the other one is found by itself")
  func eitherOpens() throws {
    let work = try workplace()
    try work.makeImage()
    let serials = try serials(work)
    // Named in the other order than that of the readers: the PINs go by that of --card.
    try work.latchkey(
      [
        "enroll", "disk.img", "--card", serials[1], "--card", serials[0], "--pin-file", "spare-pin",
        "--pin-file", "pin", "--passphrase-file", "old", "--boot", "BOOT", "--yes",
      ], expecting: 0)
    let unlock = ["unlock", "disk.img", "--boot", "BOOT", "--test", "--pin-file"]
    expect(
      try work.latchkey(unlock + ["pin"]), 3,
      ["there are 2 dongles for disk.img"] + serials.map { "--card \($0)" })
    for (serial, pin) in zip(serials, ["pin", "spare-pin"]) {
      let opened = try work.latchkey(unlock + [pin, "--card", serial], expecting: 0)
      #expect(opened.text.contains(serial))
    }
    work.daemon?.remove(from: 0)
    let isGone = Program.wait { (try? self.serials(work).count) == 1 }
    #expect(isGone)
    let opened = try work.latchkey(unlock + ["spare-pin"], expecting: 0)
    #expect(opened.text.contains(serials[1]))
  }

  @Test("one that scdaemon holds is named beside the others, which go on working")
  func oneIsHeld() throws {
    let work = try workplace(odd: ["third.card"])
    let gnupg = try GnuPG(work.daemon)
    let held = try gnupg.cardStatus()
    let serial = try #require(held["serial"]?.first)
    let list = try work.latchkey(["card", "list"], expecting: 0)
    #expect(!list.text.contains(serial), "\(list.text)")
    #expect(list.text.split(separator: "\n").count == 2, "\(list.text)\(list.errorText)")
    #expect(list.errorText.contains("another program holds Virtual Reader"))
    #expect(list.errorText.contains("scdaemon (process "))
    let json = try work.latchkey(["card", "list", "--json"], expecting: 0)
    let document =
      try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any] ?? [:]
    #expect((document["result"] as? [Any])?.count == 2, "\(json.text)")
    let unreadable = try #require(document["unreadable"] as? [[String: Any]])
    #expect(unreadable.count == 1, "\(json.text)")
    #expect((unreadable.first?["place"] as? String)?.hasPrefix("Virtual Reader ") == true)
    #expect(unreadable.first?["advice"] as? String == "Free it with: gpgconf --kill gpg-agent")
    let holder = (unreadable.first?["holders"] as? [[String: Any]])?.first
    #expect(holder?["name"] as? String == "scdaemon", "\(json.text)")
    #expect(list.errorText.contains("(process \(holder?["process"] as? Int ?? 0))"))
    gnupg.releaseCard()
    #expect(try serials(work).count == 3)
  }
}
