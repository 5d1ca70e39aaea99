import DiskKey
import Foundation
import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("the main job, end to end")
struct StoryTests {
  @Test(
    "a new dongle signs a real /boot and opens a LUKS2 image; what is changed is named",
    arguments: Way.allCases)
  func story(way: Way) throws {
    let work = try Workplace(way, boot: .real)
    try work.provision()
    try work.makeImage()
    try work.enroll()
    try work.sign()
    let verified = try work.verify()
    #expect(verified.status == 0, "\(verified.text)\(verified.errorText)")

    // gpg is the witness.
    let gnupg = try GnuPG()
    func gpg(_ arguments: [String]) throws -> Program {
      let result = try gnupg.run(arguments)
      #expect(result.status == 0, "\(result.text)\(result.errorText)")
      return result
    }
    _ = try gpg(["--import", work.folder.path("ada.asc")])
    let signed = try work.run("sh", ["-c", "cd BOOT && sha256sum kexec*.txt"], expecting: 0).output
    try work.folder.write("list", bytes: signed)
    let good = try gpg(["--verify", work.folder.path("BOOT/kexec.sig"), work.folder.path("list")])
    #expect(good.text.contains("GOODSIG"))
    _ = try gpg(["--import", work.folder.path("ada-revocation.asc")])
    let keys = try gpg(["--with-colons", "--list-keys"]).text
    #expect(keys.contains("pub:r:"), "the revocation certificate revokes the key:\n\(keys)")

    let opened = try work.unlock()
    #expect(opened.status == 0, "\(opened.errorText)")
    let wrong = try work.unlock(pin: "wrong")
    #expect(wrong.status == 1)
    #expect(wrong.errorText.contains("2 tries are left"), "\(wrong.errorText)")
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "-"],
      text: Workplace.passphrase, expecting: 0)

    _ = try work.run("cp", ["-a", "BOOT", "TAMPERED"], expecting: 0)
    let kernel = try #require(
      try FileManager.default.contentsOfDirectory(atPath: work.folder.path("TAMPERED"))
        .first { $0.hasPrefix("vmlinuz-") })
    let path = work.folder.path("TAMPERED/\(kernel)")
    var bytes = try #require(FileManager.default.contents(atPath: path))
    bytes[4096] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    try work.folder.write("TAMPERED/added.img", "")
    _ = try work.run("ln", ["-sfn", "grub/grub.cfg", "TAMPERED/vmlinuz"], expecting: 0)
    let tampered = try work.verify("TAMPERED")
    #expect(tampered.status == 1)
    for line in [
      "added      ./added.img", "changed    ./\(kernel)",
      "retargeted ./vmlinuz: \(kernel) is now grub/grub.cfg",
    ] { #expect(tampered.text.contains(line), "\(tampered.text)") }
  }

  @Test("status says that all is ready, and what is missing", arguments: Way.allCases)
  func status(way: Way) throws {
    let work = try Workplace(way)
    let before = try work.latchkey(["status", "--boot", "BOOT"])
    #expect(before.text.contains("has no keys: latchkey provision"))
    #expect(before.text.contains("Not ready:"))
    try work.provision()
    try work.makeImage()
    try work.enroll()
    try work.sign()
    let after = try work.latchkey(["status", "--boot", "BOOT", "disk.img"], expecting: 0)
    #expect(after.text.contains("Ready."), "\(after.text)")
    #expect(after.text.contains("0 passphrase, 1 dongle"), "\(after.text)")
    #expect(after.text.contains("PIN 3"))
  }

  @Test("a LUKS1 image is enrolled and opened as well")
  func luks1() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage(type: "luks1")
    try work.enroll()
    try work.sign()
    let opened = try work.unlock()
    #expect(opened.status == 0, "\(opened.errorText)")
  }

  @Test(
    "each kind of key signs and opens",
    arguments: [
      ("nistp256", "nitrokey-3"), ("rsa2048", "nitrokey-3"), ("rsa4096", "yubikey-5"),
      ("curve25519", "nitrokey-3"), ("nistp384", "yubikey-5"), ("nistp521", "yubikey-5"),
      ("brainpool256", "yubikey-5"), ("brainpool384", "yubikey-5"),
      ("brainpool512", "yubikey-5"), ("secp256k1", "yubikey-5"), ("curve448", "every-algorithm"),
    ])
  func algorithms(kind: String, profile: String) throws {
    let work = try Workplace(profile: profile)
    try work.provision(["--algorithm", kind])
    try work.makeImage()
    try work.enroll()
    try work.sign()
    #expect(try work.verify().status == 0)
    #expect(try work.unlock().status == 0)
  }

  @Test("a dongle whose keys gpg made signs and opens as well, with its certificate trusted")
  func keysByGnuPG() throws {
    let work = try Workplace(.reader, profile: "yubikey-5")
    let gnupg = try GnuPG(work.daemon)
    let made = try gnupg.editCard(
      ["generate", "n", "0", "Ada Lovelace", "ada@example.org", ""])
    #expect(made.text.contains("KEY_CREATED"), "\(made.text)\(made.errorText)")
    let exported = try gnupg.run(["--armor", "--output", work.folder.path("ada.asc"), "--export"])
    #expect(exported.status == 0)
    gnupg.releaseCard()
    try work.folder.write("pin", "123456\n")
    try work.makeImage()
    try work.enroll()
    try work.sign(["--trusted", "ada.asc"])
    let verified = try work.verify()
    #expect(verified.status == 0, "\(verified.text)\(verified.errorText)")
    let opened = try work.unlock()
    #expect(opened.status == 0, "\(opened.errorText)")
  }

  @Test("a key is known by the other fingerprint that gpg 2.4 gives it, and opens")
  func otherFingerprint() throws {
    let work = try Workplace(profile: "yubikey-5")
    try work.provision(["--algorithm", "nistp384"])
    let exported = [UInt8](try Data(contentsOf: URL(fileURLWithPath: work.folder.path("ada.asc"))))
    let key = try #require(try Certificate(parsing: exported.span).subkeys.first).key
    let other = try CertificateKey(
      key.publicKey, creationTime: key.creationTime,
      keyDerivation: ECDHParameters(hash: .sha384, cipher: .aes256))
    let card = work.folder.path("dongle.card")
    let text = try String(contentsOfFile: card, encoding: .utf8)
    let changed = text.replacingOccurrences(
      of: hex(key.fingerprint).uppercased(), with: hex(other.fingerprint).uppercased())
    #expect(changed != text)
    try changed.write(toFile: card, atomically: false, encoding: .utf8)
    try work.makeImage()
    try work.enroll()
    try work.sign()
    let opened = try work.unlock()
    #expect(opened.status == 0, "\(opened.errorText)")
  }

  @Test("gpg with the card decrypts the blob, and what it finds opens the keyslot")
  func blobForGnuPG() throws {
    let work = try Workplace(.reader)
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let gnupg = try GnuPG(work.daemon)
    try gnupg.set(.user, Workplace.pin)
    let uuid = try work.run("cryptsetup", ["luksUUID", "disk.img"], expecting: 0).text
      .trimmingCharacters(in: .newlines)
    for arguments in [
      ["--import", work.folder.path("ada.asc")], ["--card-status"],
      [
        "--output", work.folder.path("key"), "--decrypt",
        work.folder.path("BOOT/latchkey/\(uuid)/key.pgp"),
      ],
    ] {
      let result = try gnupg.run(arguments)
      #expect(result.status == 0, "\(arguments): \(result.text)\(result.errorText)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: work.folder.path("key"))).count == 64)
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "key"], expecting: 0)

    // And the other way round: gpg's message, compressed as it does by default, opens with us.
    let folder = work.folder.path("system/etc/latchkey/\(uuid)")
    let fingerprint = try #require(try gnupg.cardStatus()["fpr"]?.first)
    let encrypted = try gnupg.run([
      "--trust-model", "always", "--recipient", fingerprint, "--output", "\(folder)/new",
      "--encrypt", work.folder.path("key"),
    ])
    #expect(encrypted.status == 0, "\(encrypted.errorText)")
    let blob = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/new")))
    let recorded = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/record")))
    var record = try Record(parsing: recorded.span)
    record.volume.blobDigest = try digest(.sha256, of: blob.span)
    try Data(record.encoded).write(to: URL(fileURLWithPath: "\(folder)/record"))
    try Data(blob).write(to: URL(fileURLWithPath: "\(folder)/key.pgp"))
    gnupg.releaseCard()
    let opened = try work.unlock()
    #expect(opened.status == 0, "\(opened.errorText)")
  }
}
