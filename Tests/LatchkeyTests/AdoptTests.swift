import Foundation
import TestSupport
import Testing

/// From PureBoot's key file to ours, and our blob in Debian's own keyscript.
@Suite("enroll --adopt")
struct AdoptTests {
  /// A place as PureBoot's tool leaves it: 256 random bytes in a keyslot, and gpg's message with them,
  /// compressed, to every key of a keyring.
  private func workplace() throws -> (work: Workplace, keyID: String) {
    let work = try Workplace(profile: "yubikey-5")
    try work.provision(["--algorithm", "rsa2048"])
    try work.makeImage()
    _ = try work.run("dd", ["if=/dev/urandom", "of=key", "bs=256", "count=1"], expecting: 0)
    _ = try work.run(
      "cryptsetup",
      [
        "luksAddKey", "-q", "--key-file", "-", "--pbkdf", "argon2id", "--pbkdf-memory", "2048",
        "--pbkdf-force-iterations", "4", "disk.img", "key",
      ], text: Workplace.passphrase, expecting: 0)
    let gnupg = try GnuPG()
    #expect(try gnupg.run(["--import", work.folder.path("ada.asc")]).status == 0)
    let made = try gnupg.run([
      "--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key", "Bob",
      "future-default", "default", "never",
    ])
    #expect(made.status == 0, "\(made.errorText)")
    let keys = try gnupg.run(["--with-colons", "--list-keys", "Bob"])
    // The key that can encrypt.
    let fields = keys.text.split(separator: "\n").map {
      $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
    let able = fields.last { ["pub", "sub"].contains($0[0]) && $0[11].contains("e") }
    let keyID = try #require(able?[4])
    let sealed = try gnupg.run([
      "--trust-model", "always", "--recipient", "Ada", "--recipient", keyID + "!", "--output",
      work.folder.path("cryptkey.gpg"), "--encrypt", work.folder.path("key"),
    ])
    #expect(sealed.status == 0, "\(sealed.errorText)")
    return (work, keyID)
  }

  private let adopt = [
    "enroll", "disk.img", "--adopt", "cryptkey.gpg", "--pin-file", "pin", "--passphrase-file",
    "old", "--boot", "BOOT", "--yes",
  ]

  @Test(
    "the key stays in its keyslot, whom it was encrypted to is shown, and latchkey-unlock's way works"
  )
  func adopts() throws {
    let (work, keyID) = try workplace()
    let before = try Data(contentsOf: URL(fileURLWithPath: work.folder.path("cryptkey.gpg")))
    let result = try work.latchkey(adopt, expecting: 0)
    #expect(result.text.contains("(keyslot 1)"), "\(result.text)")
    #expect(result.errorText.contains("\(keyID)  not known here"), "\(result.errorText)")
    #expect(result.errorText.contains("latchkey rotate disk.img"))
    let after = try Data(contentsOf: URL(fileURLWithPath: work.folder.path("cryptkey.gpg")))
    #expect(before == after)
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "key", "-S", "1"], expecting: 0)
    #expect(try work.unlock().status == 0)
    // The initramfs program reads it: uncompressed, under the header's policy.
    let uuid = try work.uuid()
    let opened = try work.run(
      Repository.product("latchkey"),
      [
        "unlock", "disk.img", "--test", "--pin-file", "pin", "--virtual-card", "dongle.card",
        "--sysroot", "system",
      ], expecting: 0)
    #expect(opened.text.contains("disk.img opens with"))
    let packets = try work.run(
      "gpg", ["--batch", "--list-packets", "--list-only", "system/etc/latchkey/\(uuid)/key.pgp"])
    #expect(packets.text.components(separatedBy: ":pubkey enc packet:").count == 2)
    #expect(!packets.text.contains(keyID))
  }

  @Test("with --rotate there is a new key at once, and the old file opens nothing")
  func rotates() throws {
    let (work, _) = try workplace()
    let result = try work.latchkey(adopt + ["--rotate"], expecting: 0)
    #expect(result.text.contains("replaced   the key from before, keyslot 1"), "\(result.text)")
    #expect(result.errorText.contains("cryptkey.gpg opens nothing any more"))
    #expect(
      try work.run("cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "key"]).status != 0
    )
    #expect(try work.unlock().status == 0)
  }

  @Test("with crypttab's decrypt_gnupg-sc, adopting goes on, rotating at once does not")
  func keyscript() throws {
    let (work, _) = try workplace()
    let uuid = try work.uuid()
    try work.writeCrypttab(
      "root UUID=\(uuid) /etc/cryptkey.gpg luks,keyscript=decrypt_gnupg-sc")
    try work.writeInitramfs(failing: false)
    let with = adopt + ["--initramfs", "./update-initramfs"]
    expect(try work.latchkey(with + ["--rotate"]), 1, ["root UUID=\(uuid) none luks"])
    let adopted = try work.latchkey(with, expecting: 0)
    #expect(adopted.errorText.contains("root UUID=\(uuid) none luks"), "\(adopted.errorText)")
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "key"], expecting: 0)
  }

  @Test("what is no message, or not there, is refused by name")
  func refusals() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    try work.folder.write("cryptkey.gpg", "no message")
    expect(try work.latchkey(adopt), 2, ["the file to adopt can't be read"])
    expect(
      try work.latchkey(adopt.map { $0 == "cryptkey.gpg" ? "nothing" : $0 }), 5, ["nothing"])
    expect(
      try work.latchkey(adopt.filter { $0 != "--adopt" && $0 != "cryptkey.gpg" } + ["--rotate"]), 2,
      ["--rotate goes with --adopt"])
  }

  @Test("Debian's own decrypt_gnupg-sc opens our blob, unchanged")
  func debian() throws {
    let work = try Workplace(.reader)
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let gnupg = try GnuPG(work.daemon)
    try gnupg.set(.user, Workplace.pin)
    #expect(try gnupg.run(["--import", work.folder.path("ada.asc")]).status == 0)
    #expect(try gnupg.cardStatus()["serial"] != nil)
    let blob = work.folder.path("system/etc/latchkey/\(try work.uuid())/key.pgp")
    let key = try gnupg.program("/lib/cryptsetup/scripts/decrypt_gnupg-sc", [blob])
    #expect(key.status == 0, "\(key.errorText)")
    #expect(key.output.count == 64)
    let opened = try Program.run(
      "cryptsetup", ["open", "--test-passphrase", "--key-file", "-", work.folder.path("disk.img")],
      input: key.output)
    #expect(opened.status == 0, "\(opened.errorText)")
  }
}
