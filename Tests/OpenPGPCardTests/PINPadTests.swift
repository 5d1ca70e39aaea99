import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@testable import PCSC

/// PINs that are typed on the reader's own pad.
@Suite("PIN pad")
struct PINPadTests {
  @Test("the right PIN on the pad signs, no byte of it comes from here, and the card is reset")
  func signs() throws {
    let dongle = try Dongle()
    let transport = try dongle.transport(pad: Dongle.user)
    do {
      var card = try OpenPGPCard(selecting: transport)
      #expect(card.pinPad(for: .plain)?.changes == true)
      var signing = try card.authorizeOnPad(.signing, pinned: dongle.pinned(.signing))
      let digest = [UInt8](repeating: 7, count: 32)
      _ = try signing.sign(digest.span, hash: .sha256)
    }
    #expect(!transport.sent.contains { $0.holds(Array(Dongle.user.utf8)) })
    #expect(!transport.sent.contains { $0[1] == 0x20 })
    let request = try #require(transport.padRequests.first)
    #expect((request.command.ins, request.command.p2) == (0x20, 0x81))
    #expect((request.minimum, request.maximum) == (6, 127))
    #expect(transport.endings == [.reset])
  }

  /// What happens on the pad, what it means, and the tries that are left then.
  static let faults: [(pad: String, error: CardError, tries: Int)] = [
    ("000000", .wrongPIN(.user, triesLeft: 2), 2), ("cancel", .pad(.cancelled), 3),
    ("timeout", .pad(.timedOut), 3), ("", .pad(.timedOut), 3),
    ("12345", .pad(.impossibleLength), 3),
  ]

  @Test(
    "what is no right PIN is an error of its own, and only a wrong PIN uses a try",
    arguments: faults)
  func tellsApart(_ row: (pad: String, error: CardError, tries: Int)) throws {
    let dongle = try Dongle()
    let transport = try dongle.transport(pad: row.pad)
    var card = try OpenPGPCard(selecting: transport)
    #expect(throws: row.error) {
      _ = try card.authorizeOnPad(.decryption, pinned: dongle.pinned(.decryption))
    }
    #expect(card.application.pinStatus.triesLeft(.user) == row.tries)
    #expect(dongle.card.summary.tries[0] == row.tries)
  }

  @Test(
    "nobody is asked on another card, a blocked one, one that derives its PINs, or without a pad")
  func asksNobody() throws {
    let dongle = try Dongle()
    let other = try Dongle(serial: 1)
    let there = try other.transport(pad: Dongle.user)
    var stranger = try OpenPGPCard(selecting: there)
    #expect(throws: CardError.notThePinned(.serial)) {
      _ = try stranger.authorizeOnPad(.signing, pinned: dongle.pinned(.signing))
    }
    _ = dongle.card.process([0, 0xA4, 4, 0, 6, 0xD2, 0x76, 0, 1, 0x24, 1])
    for _ in 0..<3 { _ = dongle.card.process([0, 0x20, 0, 0x81, 6] + Array("000000".utf8)) }
    let blocked = try dongle.transport(pad: Dongle.user)
    var locked = try OpenPGPCard(selecting: blocked)
    #expect(throws: CardError.blocked(.user)) {
      _ = try locked.authorizeOnPad(.signing, derivedBy: .plain)
    }
    let derived = try Dongle(derived: true)
    let deriving = try derived.transport(pad: Dongle.user)
    var hashed = try OpenPGPCard(selecting: deriving)
    #expect(hashed.pinPad(for: derived.derivation) == nil)
    #expect(throws: CardError.unsupported(.pinPad)) {
      _ = try hashed.authorizeOnPad(.signing, pinned: derived.pinned(.signing))
    }
    #expect((there.padRequests + blocked.padRequests + deriving.padRequests).isEmpty)
    var plain = try OpenPGPCard(selecting: other.transport())
    #expect(plain.pinPad(for: .plain) == nil)
    #expect(throws: CardError.unsupported(.pinPad)) {
      _ = try plain.authorizeOnPad(.signing, derivedBy: .plain)
    }
  }

  @Test("a new PIN is typed twice behind the old one; two that differ change nothing")
  func changes() throws {
    let dongle = try Dongle()
    var card = try OpenPGPCard(selecting: dongle.transport(pad: "123456\n271828\n271829"))
    #expect(throws: CardError.pad(.newPINsDiffer)) {
      try card.changePINOnPad(.user, derivedBy: .plain)
    }
    let transport = try dongle.transport(pad: "123456\n271828\n271828")
    var again = try OpenPGPCard(selecting: transport)
    try again.changePINOnPad(.user, derivedBy: .plain)
    #expect(transport.padRequests.map(\.command.p2) == [0x81])
    _ = try again.authorize(.decryption, with: secret("271828"), derivedBy: .plain)
    #expect(throws: CardError.wrongData) {
      try again.changePINOnPad(.resetCode, derivedBy: .plain)
    }
  }

  @Test("readers get the structures of PC/SC part 10, and CCID what is left of them")
  func structures() throws {
    let verify = PINPadRequest(
      Command(ins: 0x20, p1: 0, p2: 0x82), isChange: false, minimum: 6, maximum: 127)
    #expect(
      hex(PCSCConnection.structure(verify, upTo: 15))
        == "1e1e8200000f060201090400000000050000000020008200")
    let change = PINPadRequest(
      Command(ins: 0x24, p1: 0, p2: 0x81), isChange: true, minimum: 6, maximum: 127)
    #expect(
      hex(PCSCConnection.structure(change, upTo: 8))
        == "1e1e82000000000806030203090400010200000005000000" + "0024008100")
  }

  @Test("a reader's features are found, and what makes no sense is none")
  func features() {
    // As libccid answers for a reader with a pad.
    let answer: [UInt8] = [
      0x06, 4, 0x42, 0x33, 0, 6, 0x07, 4, 0x42, 0x33, 0, 7, 0x12, 4, 0x42, 0x33, 0, 0x12,
    ]
    let features = ReaderFeatures(answer)
    #expect(features[0x06] == 0x4233_0006)
    #expect(features[0x12] == 0x4233_0012)
    #expect(features[0x0A] == nil)
    #expect(ReaderFeatures(Array(answer.dropLast()))[0x12] == nil)
    #expect(ReaderFeatures([6, 3, 0, 0, 0, 0])[6] == nil)
    #expect(ReaderFeatures.maximumPIN(in: [6, 1, 4, 7, 1, 12, 9, 1, 0]) == 12)
    #expect(ReaderFeatures.maximumPIN(in: [7, 1, 0]) == nil)
    #expect(ReaderFeatures.maximumPIN(in: [6, 9, 4, 7, 1, 12]) == nil)
    #expect(ReaderFeatures.maximumPIN(in: [7, 1]) == nil)
    // dwMaxAPDUDataSize: zero of a reader at the level of short APDUs, 65536 of others.
    let short: [UInt8] = [7, 1, 12, 10, 4, 0, 0, 0, 0]
    #expect(!ReaderFeatures.takesExtendedLengths(short))
    #expect(ReaderFeatures.takesExtendedLengths([7, 1, 12, 10, 4, 0, 0, 1, 0]))
    #expect(ReaderFeatures.takesExtendedLengths([7, 1, 12]))
    #expect(ReaderFeatures.takesExtendedLengths([10, 4]))
    #expect(ReaderFeatures.takesExtendedLengths([]))
  }
}
