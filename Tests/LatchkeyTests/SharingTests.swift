import Foundation
import Glibc
import PCSC
import SmartCard
import TestSupport
import Testing

/// Other programs at the same reader, through the real pcscd, with the real gpg.
@Suite("a reader that others use as well")
struct SharingTests {
  /// What waits for nobody, and says who holds the reader.
  static let commands = [
    ["card", "list"], ["card", "show"],
    ["sign", "--pin-file", "pin", "--boot", "BOOT", "--names", "relative", "--yes"],
    ["unlock", "disk.img", "--pin-file", "pin", "--boot", "BOOT", "--test"],
  ]

  @Test("scdaemon, which keeps the reader, is named with the command that frees it; then both work")
  func scdaemon() throws {
    let work = try Workplace(.reader)
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let gnupg = try GnuPG(work.daemon)
    let serial = try #require(try gnupg.cardStatus()["serial"])
    for command in Self.commands {
      expect(
        try work.latchkey(command), 4,
        ["another program holds Virtual Reader 0", ": scdaemon (process "])
    }
    // The program of the initramfs, too, which has nobody to ask for another dongle here.
    let early = try Self.unlockEarly(work)
    #expect(early.status == 3 && early.output.isEmpty)
    #expect(
      early.errorText.contains(
        "another program holds the reader: end it (gpgconf --kill gpg-agent)"), "\(early.errorText)"
    )
    let said = try work.latchkey(["status", "--boot", "BOOT"])
    #expect(said.text.contains("scdaemon (process "), "\(said.text)")
    // The command that it says, and nothing else.
    let told = try work.latchkey(["card", "list"]).errorText
    let command = try #require(told.split(separator: "Free it with: ").last)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(command == "gpgconf --kill gpg-agent")
    _ = try work.run(
      "env", ["GNUPGHOME=\(gnupg.home)", "sh", "-c", command], expecting: 0)
    for _ in 0..<2 {
      try work.sign()
      #expect(try work.unlock().status == 0)
      #expect(try Self.unlockEarly(work).output.count == 64)
      // gpg finds the card at once; nothing is restarted by hand.
      #expect(try gnupg.cardStatus()["serial"] == serial)
      _ = try work.run(
        "env", ["GNUPGHOME=\(gnupg.home)", "sh", "-c", command], expecting: 0)
    }
  }

  /// `latchkey-unlock`, which brings the key out.
  private static func unlockEarly(_ work: Workplace) throws -> Program {
    let records = work.folder.path("system/etc/latchkey")
    let names = try FileManager.default.contentsOfDirectory(atPath: records)
    let record = try #require(names.first { $0.count == 36 })
    return try work.run(
      "sh",
      [
        "-c", "exec \"$0\" --run run --pin-fd 0 \"$1\" <pin", Repository.product("latchkey-unlock"),
        records + "/" + record,
      ])
  }

  @Test("a transaction of another program ends the wait after seconds, naming it; then it works")
  func transaction() async {
    await #expect(processExitsWith: .success) { try Self.transactionInThisProcess() }
  }

  private static func transactionInThisProcess() throws {
    let work = try Workplace(.reader)
    try work.provision()
    let daemon = try #require(work.daemon)
    // Safe: both are terminated copies for the call, before any other thread runs.
    _ = unsafe setenv("PCSCLITE_CSOCK_NAME", daemon.socket, 1)
    let service = try PCSCService()
    let reader = try #require(try service.readers().first { $0.state == .card })
    let connection = try service.connect(to: reader)
    try connection.beginTransaction()
    for command in Self.commands.dropLast() {
      expect(
        try work.latchkey(command), 4,
        ["another program holds Virtual Reader 0", "(process \(getpid()))", "kill \(getpid())"])
    }
    connection.endTransaction(.leave)
    // What was left waiting takes the card from nobody.
    try work.sign()
    try connection.beginTransaction()
    connection.endTransaction(.leave)
    try work.latchkey(["card", "show"], expecting: 0)
  }

  @Test("a dongle pulled while the PIN is asked for is told, and nothing hangs")
  func pulled() throws {
    let work = try Workplace(.reader)
    try work.provision()
    let daemon = try #require(work.daemon)
    _ = try work.run("mkfifo", ["pipe"], expecting: 0)
    let output = work.folder.path("output")
    let process = try Program.start(
      Repository.product("latchkey"),
      [
        "sign", "--boot", "BOOT", "--names", "relative", "--yes", "--pin-file", "pipe", "--sysroot",
        "system",
      ], output: output, errors: output, environment: work.environment, folder: work.folder.path)
    defer { Program.end(process) }
    let pipe = try #require(FileHandle(forWritingAtPath: work.folder.path("pipe")))
    daemon.remove()
    // pcscd looks now and then.
    let isGone = Program.wait { (try? work.latchkey(["card", "list"]).status) == 3 }
    #expect(isGone)
    try pipe.write(contentsOf: Data((Workplace.pin + "\n").utf8))
    try pipe.close()
    #expect(Program.wait { !process.isRunning })
    let text = String(
      decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    #expect(process.terminationStatus == 3, "\(text)")
    #expect(text.contains("was pulled out"), "\(text)")
  }
}
