import Foundation
import TestSupport
import Testing

/// The check at boot, by `latchkey notice --renew`: its note is there whatever becomes of it.
@Suite("the check at boot")
struct BootCheckTests {
  /// A signed /boot below `system`.
  private func signed() throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    try work.run("cp", ["-a", "BOOT", "system/boot"], expecting: 0)
    try work.latchkey(
      ["sign", "--pin-file", "pin", "--boot", "system/boot", "--names", "relative", "--yes"],
      expecting: 0)
    return work
  }

  private func note(_ work: Workplace) -> String? {
    FileManager.default.contents(atPath: work.folder.path("system/var/lib/latchkey/boot-notice"))
      .map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "what was added is named, and not read",
    arguments: [
      ("truncate -s 4T system/boot/x", "./x"), ("mkfifo system/boot/x", "./x"),
      ("truncate -s 4T system/boot/kexec-x", "./kexec-x"),
      ("mkdir -p system/boot/x; for n in $(seq 2000); do : >system/boot/x/$n; done", "./x/2000"),
    ])
  func added(script: String, name: String) throws {
    let work = try signed()
    try work.run("sh", ["-c", script], expecting: 0)
    let result = try work.latchkey(["notice", "--renew"])
    #expect(result.status == 1 && result.text.contains("added      \(name)"), "\(result.errorText)")
    #expect(note(work)?.contains("is not as it was signed") == true)
    for command in ["verify", "changes", "status"] {
      let result = try work.latchkey([command, "--boot", "system/boot"])
      #expect(result.text.contains(name) || command == "status", "\(command): \(result.text)")
      #expect(result.status == 1, "\(command)")
    }
    #expect(try work.latchkey(["verify", "--as-heads", "--boot", "system/boot"]).status <= 1)
    try work.run("sh", ["-c", "rm -rf system/boot/*x"], expecting: 0)
    try work.latchkey(["notice", "--renew"], expecting: 0)
    #expect(note(work) == nil)
  }

  @Test("what takes too long is ended, and the note says so")
  func late() throws {
    let work = try signed()
    try work.run("truncate", ["-s", "4T", "system/boot/vmlinuz-6.1"], expecting: 0)
    expect(
      try work.latchkey(["notice", "--renew", "--limit", "1"]), 5,
      ["could not be checked within 1 seconds"])
    #expect(note(work)?.contains("could not be checked within 1 seconds") == true)
    #expect(note(work)?.contains("latchkey verify") == true)
  }

  @Test("one that is killed leaves its note: not checked yet")
  func killed() throws {
    let work = try signed()
    try work.run("truncate", ["-s", "4T", "system/boot/vmlinuz-6.1"], expecting: 0)
    let killed = try work.run(
      "timeout",
      [
        "-s", "KILL", "3", Repository.product("latchkey"), "notice", "--renew", "--sysroot",
        "system",
      ])
    #expect(killed.status != 0)
    #expect(note(work)?.contains("has not been checked yet") == true)
  }

  @Test("what can't be looked at leaves the note with the reason")
  func failing() throws {
    let work = try signed()
    let deep = "cd system/boot; for n in $(seq 300); do mkdir d; cd d; done"
    try work.run("sh", ["-c", deep], expecting: 0)
    #expect(try work.latchkey(["notice", "--renew"]).status != 0)
    #expect(note(work)?.contains("/boot can't be checked") == true, "\(note(work) ?? "")")
    try work.run("rm", ["-rf", "system/boot/d"], expecting: 0)
    try work.latchkey(["notice", "--renew"], expecting: 0)
    #expect(note(work) == nil)
    try work.run("sh", ["-c", "rm system/boot/kexec*"], expecting: 0)
    #expect(try work.latchkey(["notice", "--renew"]).status == 1)
    #expect(note(work)?.contains("is not signed") == true)
  }

  @Test("nobody hears a word where nothing was ever signed; what was said before stays")
  func unsigned() throws {
    let work = try Workplace()
    try work.provision()
    try work.run("cp", ["-a", "BOOT", "system/boot"], expecting: 0)
    try work.latchkey(["notice", "--renew"], expecting: 0)
    #expect(note(work) == nil)
    try work.run(
      "sh", ["-c", "echo 'Latchkey: x' >system/var/lib/latchkey/boot-notice"], expecting: 0)
    try work.latchkey(["notice", "--renew"], expecting: 0)
    #expect(note(work) == "Latchkey: x\n")
  }
}
