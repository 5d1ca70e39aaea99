import Foundation
import TestSupport
import Testing

@Suite("what goes to the card")
struct ExchangeTests {
  /// The design's exchange on a card that announces a KDF-DO in C0, as both profiles do.
  private static let six = ["00 A4", "00 CA 00 6E", "00 47 81", "00 CA 00 F9", "00 20", "00 2A"]

  @Test(
    "signing is two visits: who is it, then the exchange of the design",
    arguments: [("nistp256", 6), ("curve25519", 6), ("rsa2048", 6)])
  func sign(kind: String, count: Int) throws {
    let work = try Workplace(.reader)
    try work.provision(["--algorithm", kind])
    work.daemon?.forgetTrace()
    try work.sign()
    let trace = commands(try #require(work.daemon).trace())
    #expect(trace.count == 2 + count, "\(trace)")
    #expect(trace.prefix(2).elementsEqual(["00 A4", "00 CA 00 6E"], by: { $0.hasPrefix($1) }))
    #expect(trace.dropFirst(2).elementsEqual(Self.six, by: { $0.hasPrefix($1) }), "\(trace)")
  }

  @Test("unlocking with a PIN that is typed is two visits; nobody holds the card meanwhile")
  func unlockTyped() throws {
    let work = try Workplace.enrolled()
    let daemon = try #require(work.daemon)
    try work.sign()
    daemon.forgetTrace()
    let script = try work.folder.write(
      "typed",
      """
      set timeout 60
      spawn {\(Repository.product("latchkey"))} unlock disk.img --boot BOOT --trusted ada.asc \
      --test --sysroot system
      expect "3 tries left): "
      puts [exec {\(Repository.product("latchkey"))} card list --sysroot system 2>@1]
      send "\(Workplace.pin)\\r"
      expect "opens with" ; expect eof
      """)
    let shown = try work.run("expect", [script]).text
    #expect(shown.contains("in Virtual") && shown.contains("opens with"), "\(shown)")
    // Who is it; another program's look; the exchange.
    let trace = commands(daemon.trace())
    let look = ["00 A4", "00 CA 00 6E"]
    #expect(trace.elementsEqual(look + look + Self.six, by: { $0.hasPrefix($1) }), "\(trace)")
  }

  @Test("unlocking with a PIN that is at hand is one visit, with the exchange of the design")
  func unlock() throws {
    let work = try Workplace.enrolled()
    let daemon = try #require(work.daemon)
    try work.sign()
    daemon.forgetTrace()
    #expect(try work.unlock().status == 0)
    let trace = commands(daemon.trace())
    #expect(trace.elementsEqual(Self.six, by: { $0.hasPrefix($1) }), "\(trace)")
    // From a descriptor that can't be read twice, too; and the other way where --card names it.
    let list = try work.latchkey(["card", "list"], expecting: 0).text
    let serial = String(list.prefix { $0 != " " })
    for (more, count) in [([], 6), (["--card", serial], 8)] as [([String], Int)] {
      daemon.forgetTrace()
      let unlock = try work.latchkey(
        ["unlock", "disk.img", "--pin-fd", "0", "--boot", "BOOT", "--trusted", "ada.asc", "--test"]
          + more, input: Workplace.pin + "\n")
      #expect(unlock.status == 0, "\(unlock.errorText)")
      #expect(commands(daemon.trace()).count == count)
    }
    // The last try wants a question: nothing but the looks goes to the card.
    for pin in ["654321", "765432"] {
      _ = try work.latchkey(
        [
          "unlock", "disk.img", "--pin-fd", "0", "--boot", "BOOT", "--trusted", "ada.asc", "--test",
        ],
        input: pin + "\n")
    }
    daemon.forgetTrace()
    #expect(try work.unlock().status != 0)
    #expect(!daemon.trace().contains { $0.hasPrefix("00 20") }, "\(daemon.trace())")
  }

  @Test("a card that announces no KDF-DO is asked for none: one command less for both")
  func withoutKeyDerivation() throws {
    let profile = try String(
      contentsOfFile: Repository.path("cards/nitrokey-3.json"), encoding: .utf8)
    let work = try Workplace(.reader, profile: "nitrokey-3") { folder in
      // The lowest bit of C0 is the KDF-DO's.
      #expect(profile.contains(#""3F001000100010000001""#))
      return try folder.write(
        "profile.json",
        profile.replacingOccurrences(
          of: #""3F001000100010000001""#, with: #""3E001000100010000001""#))
    }
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let five = Self.six.filter { $0 != "00 CA 00 F9" }
    work.daemon?.forgetTrace()
    try work.sign()
    let signing = commands(try #require(work.daemon).trace())
    #expect(signing.dropFirst(2).elementsEqual(five, by: { $0.hasPrefix($1) }), "\(signing)")
    work.daemon?.forgetTrace()
    #expect(try work.unlock().status == 0)
    let unlocking = commands(try #require(work.daemon).trace())
    #expect(unlocking.elementsEqual(five, by: { $0.hasPrefix($1) }), "\(unlocking)")
  }

  @Test("a card whose answer to reset announces extended lengths gives each answer in one")
  func extendedLengths() throws {
    let work = try Workplace(.reader, profile: "yubikey-5")
    let daemon = try #require(work.daemon)
    try work.provision()
    #expect(daemon.trace().count == 32, "\(daemon.trace())")
    daemon.forgetTrace()
    try work.sign()
    #expect(daemon.trace().count == 8, "\(daemon.trace())")
    daemon.forgetTrace()
    try work.latchkey(["card", "show"], expecting: 0)
    let show = [
      "00 A4", "00 CA 00 6E", "00 CA 7F 21", "00 CC 7F 21", "00 CC 7F 21", "00 CA 00 65",
      "00 CA 00 5E", "00 CA 5F 50", "00 CA 00 7A", "00 CA 00 F9",
    ]
    #expect(daemon.trace().elementsEqual(show, by: { $0.hasPrefix($1) }), "\(daemon.trace())")
  }

  @Test("the card is reset afterwards: a later command finds no PIN verified")
  func reset() throws {
    let work = try Workplace(.reader)
    try work.provision()
    try work.sign()
    let answer = try work.run(
      "opensc-tool",
      [
        "--send-apdu", "00:A4:04:00:06:D2:76:00:01:24:01", "--send-apdu",
        "00:2A:9E:9A:03:01:02:03:00",
      ]
    ).text
    #expect(answer.contains("SW1=0x69, SW2=0x82"), "\(answer)")
  }

  /// Without chaining and GET RESPONSE, which the design counts apart.
  private func commands(_ trace: [String]) -> [String] {
    trace.filter { !$0.hasPrefix("00 C0") && !$0.hasPrefix("10 ") }
  }
}
