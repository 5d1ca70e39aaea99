import Foundation
import Secrets
import SmartCard
import TestSupport
import Testing

@testable import VirtualCard

/// The card's file: what it keeps, what it refuses, and what survives.
@Suite struct FileTests {
  private static func profile() throws -> CardProfile {
    try CardProfile(contentsOf: Repository.path("cards/nitrokey-3.json"))
  }

  /// A folder with a new card in it.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try VirtualCard.create(at: folder.path("card"), profile: profile(), serial: 1)
    return folder
  }

  private static func contents(_ folder: TemporaryFolder) throws -> String {
    try String(contentsOfFile: folder.path("card"), encoding: .utf8)
  }

  @Test("the file is its owner's only, and says that keys lie in it in the clear")
  func saysWhatItIs() throws {
    let folder = try Self.folder()
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("card"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try Self.contents(folder).contains("private keys lie here in the clear"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["card"])
  }

  @Test("a file that is there is left alone")
  func doesNotOverwrite() throws {
    let folder = try Self.folder()
    let before = try Self.contents(folder)
    #expect(throws: CardFileError.exists(folder.path("card"))) {
      try VirtualCard.create(at: folder.path("card"), profile: Self.profile(), serial: 2)
    }
    #expect(try Self.contents(folder) == before)
  }

  @Test("a card in use can't be used by another")
  func isLocked() throws {
    let folder = try Self.folder()
    let card = try VirtualCard(at: folder.path("card"))
    func expectLocked() {
      #expect(throws: CardFileError.inUse(folder.path("card"))) {
        _ = try VirtualCard(at: folder.path("card"))
      }
    }
    expectLocked()
    // The lock goes along when a change puts a new file in the place of the old.
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send(Script.wrongUser) == "63c2")
    expectLocked()
    withExtendedLifetime(card) {}
  }

  @Test("a wrong PIN is on the disk before the card says so")
  func keepsTries() throws {
    let folder = try Self.folder()
    let card = try VirtualCard(at: folder.path("card"))
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send(Script.wrongUser) == "63c2")
    #expect(try Self.contents(folder).contains("\"tries\" : 2"))
  }

  @Test("what can't be kept didn't happen: the card says 6581; but a try used stays used")
  func refusesWhatItCannotKeep() throws {
    let folder = try Self.folder()
    let card = try VirtualCard(at: folder.path("card"))
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send(Script.admin) == "9000")
    try FileManager.default.removeItem(atPath: folder.path)
    #expect(try card.send(Script.wrongUser) == "6581")
    #expect(try card.send("00DA005B 03 416461") == "6581")
    #expect(try card.send("00CA005B00") == "9000")
    #expect(try card.send(Script.status) == "007f7f7f0200039000")
    for _ in 0..<2 { #expect(try card.send(Script.wrongUser) == "6581") }
    #expect(try card.send(Script.user) == "63c0")
  }

  @Test("a card's file may be reached by a symbolic link, which stays one")
  func followsLinks() throws {
    let folder = try Self.folder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "card")
    do {
      let card = try VirtualCard(at: folder.path("link"))
      #expect(try card.send(Script.select) == "9000")
      #expect(try card.send(Script.wrongUser) == "63c2")
    }
    #expect(try VirtualCard(at: folder.path("card")).summary.tries == [2, 0, 3])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "card")
  }

  @Test("all of a card comes back from its file")
  func comesBack() throws {
    let folder = try Self.folder()
    var point = ""
    do {
      let card = try VirtualCard(at: folder.path("card"))
      for step in [Script.select, Script.admin, "00DA005B 03 416461"] {
        #expect(try card.send(step) == "9000")
      }
      #expect(try card.send("00DA00C1 09 132A8648CE3D030107") == "9000")
      point = try card.send("00478000 02 B600 00")
    }
    let card = try VirtualCard(at: folder.path("card"))
    #expect(try card.send(Script.select) == "9000")
    #expect(try card.send("00CA005B00") == "4164619000")
    #expect(try card.send("00478100 02 B600 00") == point)
    #expect(try card.send("00200083") == "63c3")
    #expect(card.summary.identifier == "000F:00000001")
  }

  @Test("a file that is no card's, a damaged one and one of a later version are told apart")
  func refusesOtherFiles() throws {
    let folder = try Self.folder()
    let good = try Self.contents(folder)
    func error(_ text: String) throws -> CardFileError? {
      let path = try folder.write("other", text)
      do throws(CardFileError) {
        _ = try VirtualCard(at: path)
        return nil
      } catch {
        return error
      }
    }
    let later = good.replacingOccurrences(of: "\"version\" : 1,", with: "\"version\" : 2,")
    #expect(try error(later) == .tooNew(folder.path("other")))
    let damaged = [
      "", "{}", "[]", "not JSON", String(good.prefix(good.utf8.count / 2)),
      good.replacingOccurrences(of: "latchkey virtual card", with: "another"),
      good.replacingOccurrences(of: "\"tries\" : 3", with: "\"tries\" : 99"),
      good.replacingOccurrences(of: "313233343536", with: "31323334353"),
      good.replacingOccurrences(of: "\"000F\"", with: "\"00\""),
    ]
    for text in damaged {
      guard case .damaged = try error(text) else {
        Issue.record("taken: \(text.prefix(60))")
        continue
      }
    }
    #expect(try error(good) == nil)
    #expect(throws: CardFileError.unreadable(folder.path("none"))) {
      _ = try VirtualCard(at: folder.path("none"))
    }
  }

  @Test("the in-process transport carries whole answers and resets at the end of a transaction")
  func transports() throws {
    let card = VirtualCard(profile: try Self.profile(), serial: 1)
    let channel = CardChannel(VirtualCardTransport(card))
    let identifier: [UInt8] = [0xD2, 0x76, 0, 1, 0x24, 1]
    let select = Command(ins: 0xA4, p1: 4, p2: 0)
    #expect(try channel.exchange(select, data: identifier.span) == .success)
    let object = Command(ins: 0xCA, p1: 0, p2: 0x6E, expecting: .maximum)
    #expect(try channel.exchange(object) == .success)
    #expect(channel.response.count == 254)
    #expect(channel.transport.answerToReset.count == 19)
    let pin = Array("123456".utf8)
    #expect(try channel.exchange(Command(ins: 0x20, p1: 0, p2: 0x82), data: pin.span) == .success)
    channel.transport.endTransaction(.leave)
    #expect(try channel.exchange(Command(ins: 0x20, p1: 0, p2: 0x82)) == .success)
    channel.transport.endTransaction(.reset)
    #expect(try channel.exchange(select, data: identifier.span) == .success)
    #expect(try channel.exchange(Command(ins: 0x20, p1: 0, p2: 0x82)).triesLeft == 3)
  }
}
