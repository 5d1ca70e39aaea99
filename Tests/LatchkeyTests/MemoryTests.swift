import Foundation
import TestSupport
import Testing

@Suite("what the command leaves in memory")
struct MemoryTests {
  @Test("at its exit neither PIN nor key is there, after unlocking and after signing")
  func scan() throws {
    let work = try Workplace(.reader)
    let pin = "815-pin-4711"
    try work.folder.write("pin", pin + "\n")
    try work.provision()
    try work.makeImage()
    try work.enroll()
    try work.sign()
    let key = try keyOf(work, pin: pin)
    for arguments in [
      ["unlock", "disk.img", "--test", "--boot", "BOOT", "--trusted", "ada.asc"],
      ["sign", "--boot", "BOOT", "--yes"],
    ] {
      let scan = try MemoryScan.run(
        Repository.product("latchkey"), arguments + ["--pin-fd", "0", "--sysroot", "system"],
        input: Array((pin + "\n").utf8), environment: work.environment, in: work.folder.path,
        patterns: [
          Array(pin.utf8), Array(key.prefix(16)), Array(key.suffix(16)), Array("BOOT".utf8),
        ])
      #expect(scan.status == 0, "\(scan.errors)")
      #expect(scan.hits.prefix(3) == [0, 0, 0], "\(arguments): \(scan.hits)")
      // An argument, so a scan that sees anything sees it.
      #expect(scan.hits[3] > 0)
    }
  }

  @Test("at its exit what it read from the dongle's private data is not there")
  func privateData() throws {
    let work = try Workplace(.reader)
    try work.provision()
    let kept = "known to nobody but the dongle"
    try work.folder.write("data", kept)
    try work.latchkey(
      ["card", "private", "write", "3", "data", "--pin-file", "pin", "--yes"], expecting: 0)
    let scan = try MemoryScan.run(
      Repository.product("latchkey"),
      ["card", "private", "read", "3", "--pin-file", "pin", "--sysroot", "system"], input: [],
      environment: work.environment, in: work.folder.path,
      patterns: [Array(kept.utf8), Array("private".utf8)])
    #expect(scan.status == 0, "\(scan.errors)")
    #expect(scan.hits[0] == 0)
    #expect(scan.hits[1] > 0)
  }

  /// The keyslot's key, by gpg and the card.
  private func keyOf(_ work: Workplace, pin: String) throws -> [UInt8] {
    let gnupg = try GnuPG(work.daemon)
    try gnupg.set(.user, pin)
    let uuid = try work.run("cryptsetup", ["luksUUID", "disk.img"], expecting: 0).text
      .trimmingCharacters(in: .newlines)
    _ = try gnupg.run(["--import", work.folder.path("ada.asc")])
    _ = try gnupg.run(["--card-status"])
    let path = work.folder.path("key")
    let result = try gnupg.run(
      ["--output", path, "--decrypt", work.folder.path("BOOT/latchkey/\(uuid)/key.pgp")])
    guard result.status == 0 else { throw TestSupportError(result.errorText) }
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
