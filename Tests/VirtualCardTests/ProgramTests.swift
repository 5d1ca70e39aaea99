import Foundation
import TestSupport
import Testing

@testable import VirtualCard

/// `virtual-card`, the program.
@Suite struct ProgramTests {
  private static let program = Repository.product("virtual-card")
  private static let profile = Repository.path("cards/nitrokey-3.json")

  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let made = try Program.run(
      program,
      ["create", "--profile", profile, folder.path("card"), "--serial", "0A1B2C3D"])
    #expect(made.status == 0, "\(made.errorText)")
    return folder
  }

  private static func start(
    _ folder: TemporaryFolder, _ reader: FakeReader, _ more: [String] = []
  ) throws -> Process {
    try Program.start(
      program, ["run", folder.path("card"), "--port", String(reader.port)] + more,
      errors: folder.path("err"))
  }

  @Test("create makes a card that show describes")
  func creates() throws {
    let folder = try Self.folder()
    let shown = try Program.run(Self.program, ["show", folder.path("card")])
    #expect(shown.status == 0)
    #expect(
      shown.text == """
        Model: Nitrokey 3
        Card: 000F:0A1B2C3D
        Tries left: PIN 3, reset code 0, admin PIN 3
        Keys:
          signing: none
          decryption: none
          authentication: none

        """)
  }

  /// Wrong uses: what is said, and the exit code.
  static let wrong: [(arguments: [String], status: Int32, says: String)] = [
    (["create", "--profile", profile, "FOLDER/card"], 5, "exists and is left alone"),
    (["create", "--profile", "FOLDER/none", "FOLDER/new"], 5, "Can't read"),
    (["create", "--profile", "FOLDER/junk", "FOLDER/new"], 5, "not what it should be"),
    (["create", "--profile", profile, "FOLDER/none/new"], 5, "Can't write"),
    (["create", "--profile", profile, "FOLDER/new", "--serial", "xyz"], 2, "eight hexadecimal"),
    (["show", "FOLDER/none"], 5, "Can't read"),
    (["show", "FOLDER/junk"], 5, "not what it should be"),
    (["create", "FOLDER/new"], 2, "--profile"), (["fly"], 2, "fly"),
    (["run", "FOLDER/card", "--port", "1", "--patience", "0"], 3, "Install vsmartcard-vpcd"),
  ]

  @Test("what can't be done is said in plain words, with the exit code for it", arguments: wrong)
  func saysWhy(_ row: (arguments: [String], status: Int32, says: String)) throws {
    let folder = try Self.folder()
    try folder.write("junk", "{\"name\":\"\u{1B}[31m\"}")
    let result = try Program.run(
      Self.program, row.arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) })
    #expect(result.status == row.status, "\(result.errorText)")
    #expect(result.errorText.contains(row.says), "\(result.errorText)")
    #expect(!result.errorText.contains("\u{1B}"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("new")))
  }

  @Test("run ends with 0 when the reader closes, on SIGTERM and on SIGINT")
  func endsCleanly() throws {
    for ending in [0, SIGTERM, SIGINT] {
      let folder = try Self.folder()
      let reader = try FakeReader()
      let card = try Self.start(folder, reader)
      try reader.accept()
      reader.send([4])
      #expect(reader.receive()?.count == 19)
      if ending == 0 { reader.close() } else { kill(card.processIdentifier, ending) }
      #expect(Program.wait { !card.isRunning })
      Program.end(card)
      #expect(card.terminationStatus == 0)
      #expect(card.terminationReason == .exit)
    }
  }

  @Test("a second run of the same card says that it is in use")
  func refusesTwo() throws {
    let folder = try Self.folder()
    let reader = try FakeReader()
    let card = try Self.start(folder, reader)
    try reader.accept()
    let second = try Program.run(Self.program, ["show", folder.path("card")])
    #expect(second.status == 5)
    #expect(second.errorText.contains("in use"))
    Program.end(card)
  }

  @Test("the trace has a line for each command and no byte of its data")
  func traces() throws {
    let folder = try Self.folder()
    let reader = try FakeReader()
    let card = try Self.start(folder, reader, ["--trace", folder.path("trace")])
    try reader.accept()
    for command in [Script.select, Script.user, Script.admin, "00DA00D3 08 3132333435363738"] {
      reader.send(try #require(bytes(hex: command)))
      #expect(reader.receive() == [0x90, 0])
    }
    Program.end(card)
    let trace = try String(contentsOfFile: folder.path("trace"), encoding: .utf8)
    let lines = trace.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[1].hasPrefix("00 20 00 81  Lc 6  Le -  -> 9000  0 bytes"))
    #expect(!trace.contains("123456"))
    #expect(!trace.contains("3132"))
  }

  @Test("killed at any moment, a card's file holds the last change answered, or the one after it")
  func survivesBeingKilled() throws {
    let folder = try Self.folder()
    var value: UInt16 = 0
    for round in 0..<12 {
      let reader = try FakeReader()
      let process = try Self.start(folder, reader)
      try reader.accept()
      for command in [Script.select, Script.admin] {
        reader.send(try #require(bytes(hex: command)))
        #expect(reader.receive() == [0x90, 0])
      }
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(5 + 7 * round)) {
        kill(process.processIdentifier, SIGKILL)
      }
      var answered = value
      while process.isRunning {
        let next = answered + 1
        reader.send([0x00, 0xDA, 0x00, 0x5E, 2, UInt8(next >> 8), UInt8(next & 0xFF)])
        guard reader.receive() == [0x90, 0] else { break }
        answered = next
      }
      process.waitUntilExit()
      let card = try VirtualCard(at: folder.path("card"))
      let kept = card.state[object: 0x5E].reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
      #expect(kept == answered || kept == answered + 1)
      value = kept
    }
    #expect(value > 0)
  }
}
