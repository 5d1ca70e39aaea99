import Foundation
import TestSupport
import Testing

/// `verify --engine gpg`.
@Suite("gpg as a second witness")
struct WitnessTests {
  private let place: Place
  private let key: String

  init() throws {
    place = try Place()
    key = try place.makeKey("rsa2048")[0]
    _ = try place.sign(key, ["image.iso"])
    _ = try place.sign(key)
  }

  private func verify(
    _ arguments: [String], expecting status: Int32, home: String? = nil
  ) throws -> Program {
    try place.latchkey(
      ["verify", "--trusted", "ada.asc", "--engine", "gpg"] + arguments, expecting: status,
      environment: home.map { ["GNUPGHOME": $0] } ?? [:])
  }

  @Test("it agrees on what holds and on what doesn't, and needs no keyring of the user's")
  func agreement() throws {
    let before = try Self.witnesses()
    for arguments in [["image.iso"], ["--boot", "BOOT"]] {
      let said = try verify(arguments, expecting: 0, home: place.folder.path("empty"))
      #expect(said.errorText.contains("gpg        says so too"))
    }
    #expect(!FileManager.default.fileExists(atPath: place.folder.path("empty")))
    try place.folder.write("image.iso", "an Image")
    #expect(
      try verify(["image.iso"], expecting: 1).errorText.contains("refuses it too: Bad signature"))
    try place.folder.write("BOOT/kexec_extra.txt", "x")
    #expect(
      try verify(["--boot", "BOOT"], expecting: 1).errorText
        .contains("refuses it too: Bad signature"))
    // Nothing stays behind, no agent either. What other tests have meanwhile goes with them.
    let seen = try Self.witnesses().subtracting(before)
    #expect(
      Program.wait { (try? Self.witnesses().isDisjoint(with: seen)) == true }, "\(seen)")
  }

  private static func witnesses() throws -> Set<String> {
    Set(
      try FileManager.default.contentsOfDirectory(atPath: "/tmp")
        .filter { $0.hasPrefix("latchkey-witness-") })
  }

  @Test("where GPGME isn't installed, that is said, and all that isn't gpg's goes on")
  func withoutGPGME() throws {
    // What the loader finds first is no library.
    let folder = try TemporaryFolder()
    try folder.write("libgpgme.so.11", "")
    let none = ["LD_LIBRARY_PATH": folder.path]
    for arguments in [["verify", "--engine", "gpg"], ["sign", "--with", "gpg:\(key)", "--yes"]] {
      let said = try place.latchkey(
        arguments + ["--trusted", "ada.asc", "image.iso"], expecting: 5, environment: none)
      #expect(said.errorText.contains("libgpgme.so.11"), "\(said.errorText)")
      #expect(said.errorText.contains("Debian's package libgpgme11"), "\(said.errorText)")
    }
    _ = try place.latchkey(
      ["verify", "--trusted", "ada.asc", "image.iso"], expecting: 0, environment: none)
  }

  @Test("where it takes what Latchkey refuses, both verdicts are named, and that is an error")
  func disagreement() throws {
    // gpg takes an unknown notation that isn't critical, and one signature after the other.
    let gpg = place.gpg
    for (name, signature) in [
      (
        "two signatures",
        try gpg.filter(["--detach-sign", "-u", key, "-o", "-"], Array("an image".utf8)).output
          + gpg.filter(["--detach-sign", "-u", key, "-o", "-"], Array("an image".utf8)).output
      ),
      (
        "SHA-1",
        try gpg.filter(
          ["--detach-sign", "--digest-algo", "SHA1", "-u", key, "-o", "-"],
          Array("an image".utf8)
        ).output
      ),
    ] {
      try place.folder.write("image.iso.sig", bytes: signature)
      let said = try verify(["image.iso"], expecting: 1)
      if name == "two signatures" {
        #expect(said.errorText.contains("two witnesses differ"), "\(name): \(said.errorText)")
        #expect(said.errorText.contains("latchkey says: there is more than one"))
        #expect(said.errorText.contains("gpg says: it holds, by \(key)"))
      }
    }
  }
}

/// What the initramfs gets.
@Suite("gpg and the initramfs")
struct InitramfsTests {
  @Test(
    "none of the programs links GPGME; latchkey loads it where gpg is asked, as it does libcryptsetup",
    arguments: [
      ("latchkey-unlock", true), ("libcryptsetup-token-openpgp-card.so", true),
      ("latchkey", false),
    ])
  func linked(product: String, cryptsetup: Bool) throws {
    let said = try Program.run("ldd", [Repository.product(product)])
    #expect(said.status == 0, "\(said.errorText)")
    #expect(said.text.contains("libcrypto.so"))
    #expect(!said.text.contains("gpgme"))
    #expect(!said.text.contains("libassuan"))
    #expect(said.text.contains("libcryptsetup") == cryptsetup)
  }
}
