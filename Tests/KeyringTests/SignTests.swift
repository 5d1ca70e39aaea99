import Foundation
import Glibc
import TestSupport
import Testing

/// `sign --with gpg:FINGERPRINT`, with the real gpg and its agent.
@Suite("a key that lives in gpg")
struct SignTests {
  @Test(
    "/boot and a file are signed by exactly the key named, and gpgv takes it",
    arguments: ["rsa2048", "nistp256", "ed25519"])
  func exactKey(algorithm: String) throws {
    let place = try Place()
    let keys = try place.makeKey(
      algorithm, subkeys: [["rsa2048", "sign", "never"], ["rsa2048", "sign", "never"]])
    #expect(keys.count == 3)
    for key in keys {
      let said = try place.sign(key)
      #expect(said.text.contains("BOOT is signed by gpg's key \(key)."))
      let verified = try place.latchkey(
        ["verify", "--boot", "BOOT", "--trusted", "ada.asc", "--engine", "gpg"], expecting: 0)
      #expect(verified.text.contains(key), "\(verified.text)")
      #expect(verified.errorText.contains("gpg        says so too"), "\(verified.errorText)")
      // As gpg prints it, or with the mark that says: this one.
      _ = try place.sign(key + "!", ["image.iso"])
      let checked = try place.gpgv("image.iso.sig", "image.iso")
      #expect(checked.text.contains("VALIDSIG \(key) "), "\(checked.text)")
      // One packet, v4, type 0x00: what Heads' oldest gpg reads.
      let packets = try place.gpg.run(["--list-packets", place.folder.path("image.iso.sig")]).text
      #expect(packets.components(separatedBy: ":signature packet:").count == 2, "\(packets)")
      #expect(packets.contains("version 4") && packets.contains("sigclass 0x00"), "\(packets)")
    }
  }

  @Test(
    "the pinentry asks for the passphrase, and what it answers decides; nothing is written without")
  func pinentry() throws {
    let place = try Place()
    let key = try place.makeKey(protected: true)[0]
    place.gpg.releaseCard()
    // The pinentry of these tests answers to words of cards only, and cancels all else.
    let cancelled = try place.sign(key, ["image.iso"], expecting: 2)
    #expect(cancelled.errorText.contains("cancelled in gpg's pinentry"), "\(cancelled.errorText)")
    #expect(cancelled.errorText.contains("Nothing was signed."))
    #expect(!place.gpg.prompts.isEmpty)
    let boot = try place.sign(key, expecting: 2)
    #expect(boot.errorText.contains("cancelled"), "\(boot.errorText)")
    let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path("BOOT"))
    #expect(names == ["vmlinuz"])
    #expect(!FileManager.default.fileExists(atPath: place.folder.path("image.iso.sig")))
  }

  @Test("what gpg can't do is named, with what to do")
  func refusals() throws {
    let place = try Place()
    let keys = try place.makeKey(subkeys: [["rsa2048", "encr", "never"]])
    let other = String(repeating: "0123456789", count: 4)
    let unknown = try place.sign(other, expecting: 2)
    #expect(unknown.errorText.contains("is in no certificate trusted here"))
    let encryption = try place.sign(keys[1], expecting: 1)
    #expect(encryption.errorText.contains("is not meant for this"), "\(encryption.errorText)")

    // A keyring that has only the certificate, and one that has nothing.
    let bare = try Place()
    try bare.folder.write(
      "ada.asc", String(contentsOfFile: place.folder.path("ada.asc"), encoding: .utf8))
    let absent = try bare.sign(keys[0], expecting: 3)
    #expect(absent.errorText.contains("gpg's keyring doesn't have the key \(keys[0])"))
    _ = try bare.gpg.run(["--import", bare.folder.path("ada.asc")])
    let publicOnly = try bare.sign(keys[0], expecting: 3)
    #expect(publicOnly.errorText.contains("only the public half"), "\(publicOnly.errorText)")
    #expect(publicOnly.errorText.contains("latchkey keyring import"))

    // gpg knows of a revocation that the trusted certificate doesn't.
    let home = place.gpg.home
    let revocation = try String(
      contentsOfFile: "\(home)/openpgp-revocs.d/\(keys[0]).rev", encoding: .utf8
    ).replacing("\n:---", with: "\n---")
    try place.folder.write("revocation", revocation)
    _ = try place.gpg.run(["--import", place.folder.path("revocation")])
    let revoked = try place.sign(keys[0], expecting: 1)
    #expect(revoked.errorText.contains("gpg says that the key \(keys[0]) is revoked"))

    // No gpg at all.
    let without = try place.latchkey(
      ["sign", "--with", "gpg:\(keys[0])", "--trusted", "ada.asc", "--boot", "BOOT", "--yes"],
      expecting: 5, environment: ["PATH": "/nonexistent"])
    #expect(without.errorText.contains("Install it (Debian's package gnupg)"))
  }

  @Test("a subkey that gpg calls expired is refused, whatever the trusted certificate says")
  func expired() throws {
    let place = try Place()
    let keys = try place.makeKey(subkeys: [["rsa2048", "sign", "never"]])
    let made = try place.gpg.run(
      ["--quick-set-expire", keys[0], "seconds=1", keys[1]])
    #expect(made.status == 0, "\(made.text)\(made.errorText)")
    let isOver = Program.wait {
      ((try? place.gpg.run(["--with-colons", "--list-keys"]).text) ?? "").contains("\nsub:e:")
    }
    #expect(isOver)
    let expired = try place.sign(keys[1], expecting: 1)
    #expect(
      expired.errorText.contains("gpg says that the key \(keys[1]) has expired"),
      "\(expired.errorText)")
  }

  @Test("a signature by gpg that the firmware should refuse goes nowhere")
  func checkedFirst() throws {
    let place = try Place()
    let key = try place.makeKey("rsa2048")[0]
    for (line, words) in [
      ("digest-algo SHA1", "SHA256 is good"),
      ("set-notation !mood@example.org=merry", "sig-notation"),
    ] {
      try place.gpg.configure(line)
      let refused = try place.sign(key, ["image.iso"], expecting: 1)
      #expect(refused.errorText.contains("is not a signature that the firmware should take"))
      #expect(refused.errorText.contains(words), "\(refused.errorText)")
      #expect(!FileManager.default.fileExists(atPath: place.folder.path("image.iso.sig")))
      _ = try place.sign(key, expecting: 1)
    }
    try place.gpg.configure("comment written by gpg")
    _ = try place.sign(key, ["image.iso"])
    let written = try String(contentsOfFile: place.folder.path("image.iso.sig"), encoding: .utf8)
    #expect(!written.contains("Comment"))
  }

  // Only root can become somebody else.
  @Test(
    "run by root, gpg is the keyring's owner, and nothing in the keyring becomes root's",
    .enabled(if: getuid() == 0))
  func otherUser() throws {
    let place = try Place()
    let key = try place.makeKey()[0]
    place.gpg.releaseCard()
    _ = try Program.run("chmod", ["711", place.folder.path])
    _ = try Program.run("chown", ["-R", "nobody", place.gpg.home])
    let said = try place.sign(key, environment: ["SUDO_UID": "65534", "SUDO_USER": "nobody"])
    #expect(said.errorText.contains("gpg runs as nobody"), "\(said.errorText)")
    let owners = try Program.run("find", [place.gpg.home, "!", "-user", "nobody"])
    #expect(owners.text.isEmpty, "\(owners.text)")
    #expect(
      try FileManager.default.attributesOfItem(atPath: place.folder.path("BOOT/kexec.sig"))[
        .ownerAccountName] as? String == "root")
    _ = try Program.run(
      "setpriv", ["--reuid", "nobody", "--clear-groups", "gpgconf", "--kill", "all"],
      environment: ["GNUPGHOME": place.gpg.home])
    _ = try Program.run("chown", ["-R", "root", place.gpg.home])
  }
}
