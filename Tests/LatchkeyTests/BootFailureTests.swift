import Foundation
import TestSupport
import Testing

/// Each a plain message with the next step, the right exit code, and nothing half-written.
@Suite("a /boot that cannot be signed or does not hold")
struct BootFailureTests {
  @Test("a file with a name that Heads refuses: exit 1, named, and nothing written")
  func forbiddenName() throws {
    let work = try Workplace()
    try work.provision()
    try work.folder.write("BOOT/new\nline", "x")
    let result = try work.latchkey(
      ["sign", "--boot", "BOOT", "--names", "relative", "--yes", "--pin-file", "pin"])
    expect(result, 1, ["Heads refuses", "new\\x0Aline"])
    let names = try FileManager.default.contentsOfDirectory(atPath: work.folder.path("BOOT"))
    #expect(!names.contains { $0.hasPrefix("kexec") }, "\(names)")
  }

  @Test("no /boot, or nobody trusted: said plainly")
  func noBoot() throws {
    let work = try Workplace()
    expect(
      try work.latchkey(["verify", "--boot", "BOOT"]), 2,
      ["no certificate is trusted", "--trusted FILE"])
    try work.provision()
    expect(try work.latchkey(["verify", "--boot", "NOWHERE"]), 5, ["NOWHERE", "--boot"])
    expect(
      try work.latchkey(["verify", "--boot", "BOOT", "--trusted", "pin"]), 5,
      ["no OpenPGP certificate"])
    let unsigned = try work.latchkey(["verify", "--boot", "BOOT", "--trusted", "ada.asc"])
    #expect(unsigned.status == 1)
    #expect(unsigned.text.contains("is not signed"))
  }

  @Test("a full /boot: exit 5, the old set as it was")
  func fullBoot() throws {
    let work = try Workplace()
    try work.provision()
    // A file system of its own that is too small, in a mount namespace of its own.
    let script = """
      set -e
      mount -t tmpfs -o size=64k none BOOT
      mkdir BOOT/grub
      echo kernel >BOOT/vmlinuz
      dd if=/dev/zero of=BOOT/fill bs=4096 count=11 status=none
      "$@"
      """
    let result = try work.run(
      "unshare",
      [
        "--mount", "--map-root-user", "--user", "sh", "-c", script, "sh",
        Repository.product("latchkey"), "sign", "--boot", "BOOT", "--names", "relative", "--yes",
        "--pin-file", "pin", "--virtual-card", "dongle.card", "--sysroot", "system",
      ])
    expect(result, 5, ["is full", "old set is as it was"])
  }

  @Test("a full /boot at enrolment: exit 5, and the volume has the keyslots it had")
  func fullBootAtEnrolment() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    let script = """
      set -e
      mount -t tmpfs -o size=64k none BOOT
      dd if=/dev/zero of=BOOT/fill bs=4096 count=16 status=none || true
      status=0
      "$@" || status=$?
      ls -R BOOT
      exit $status
      """
    let result = try work.run(
      "unshare",
      [
        "--mount", "--map-root-user", "--user", "sh", "-c", script, "sh",
        Repository.product("latchkey"), "enroll", "disk.img", "--boot", "BOOT", "--yes",
        "--pin-file", "pin", "--passphrase-file", "old", "--virtual-card", "dongle.card",
        "--sysroot", "system",
      ])
    expect(result, 5, ["No space left", "Make room"])
    #expect(!result.text.contains("key.pgp") && !result.text.contains("record"), "\(result.text)")
    let slots = try work.run("cryptsetup", ["luksDump", "disk.img"], expecting: 0).text
    #expect(slots.contains("0: luks2") && !slots.contains("1: luks2"), "\(slots)")
    try work.enroll()
  }

  @Test("a /boot within a read-only file system: exit 5, and how to mount it writable")
  func readOnlyBoot() throws {
    let work = try Workplace()
    try work.provision()
    let script = """
      set -e
      mkdir OUTER
      mv BOOT OUTER
      mount --bind OUTER OUTER
      mount -o remount,ro,bind OUTER
      "$@"
      """
    let result = try work.run(
      "unshare",
      [
        "--mount", "--map-root-user", "--user", "sh", "-c", script, "sh",
        Repository.product("latchkey"), "sign", "--boot", "OUTER/BOOT", "--names", "relative",
        "--yes",
        "--pin-file", "pin", "--virtual-card", "dongle.card", "--sysroot", "system",
      ])
    expect(result, 5, ["read-only", "remount,rw"])
  }

  @Test("an older signed set put back is refused")
  func older() throws {
    let work = try Workplace()
    try work.provision()
    try work.sign()
    _ = try work.run("cp", ["-a", "BOOT", "OLD"], expecting: 0)
    sleep(1)
    try work.folder.write("BOOT/initrd.img-6.1", "a newer initrd")
    try work.sign(["--unexplained"])
    #expect(try work.verify().status == 0)
    _ = try work.run("sh", ["-c", "rm -r BOOT && mv OLD BOOT"], expecting: 0)
    let result = try work.verify()
    #expect(result.status == 1)
    #expect(result.text.contains("an older signed set that was put back"), "\(result.text)")
  }
}
