import Foundation
import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("latchkey card import")
struct CardImportTests {
  private static let admin = ["--admin-pin-file", "factory-admin"]

  private func workplace(_ way: Way = .inProcess) throws -> Workplace {
    let work = try Workplace(way)
    try work.folder.write("factory-admin", "12345678\n")
    return work
  }

  @Test(
    "gpg finds its keys on the dongle, and decrypts and signs there",
    arguments: ["ed25519", "nistp256", "rsa2048"])
  func witness(name: String) throws {
    let work = try workplace(.reader)
    let file = Repository.path("testkeys/\(name)/secret.asc")
    for key in ["signature", "decryption"] {
      try work.latchkey(["card", "import", key, file, "--yes"] + Self.admin, expecting: 0)
    }
    let gnupg = try GnuPG(work.daemon)
    _ = try gnupg.run(["--import", Repository.path("testkeys/\(name)/public.asc")])
    let status = try gnupg.cardStatus()
    let expected = try TestKeys.certificate(name).keys.map { hex($0.fingerprint).uppercased() }
    #expect(status["fpr"].map { Array($0.prefix(2)) } == Array(expected.prefix(2)), "\(status)")
    let opened = try gnupg.filter(["--decrypt"], try TestKeys.file("\(name)/message.pgp"))
    #expect(opened.output == (try TestKeys.file("plain.bin")), "\(opened.errorText)")
    let signed = try gnupg.filter(["--detach-sign"], Array("text".utf8))
    #expect(signed.status == 0, "\(signed.errorText)")
  }

  @Test(
    "a key that gpg protected by a passphrase is imported with it, and with no other",
    arguments: ["ed25519", "rsa2048"])
  func passphrase(kind: String) throws {
    let work = try workplace()
    let gnupg = try GnuPG()
    #expect(
      try gnupg.run([
        "--pinentry-mode", "loopback", "--passphrase", "open sesame", "--quick-generate-key",
        "Ada <ada@example.org>", kind, "sign,cert", "never",
      ]).status == 0)
    let exported = try gnupg.filter(
      [
        "--pinentry-mode", "loopback", "--passphrase", "open sesame", "--armor",
        "--export-secret-keys",
      ], [])
    #expect(exported.status == 0, "\(exported.errorText)")
    try work.folder.write("secret.asc", exported.text)
    try work.folder.write("sesame", "open sesame\n")
    let arguments = ["card", "import", "signature", "secret.asc"] + Self.admin
    expect(
      try work.latchkey(arguments + ["--passphrase-file", "wrong"]), 1,
      ["wrong passphrase", "Nothing was changed"])
    expect(try work.latchkey(arguments), 2, ["--passphrase-file"])
    try work.latchkey(arguments + ["--passphrase-file", "sesame"], expecting: 0)
    #expect(try work.latchkey(["card", "show"], expecting: 0).text.contains("imported"))
  }

  @Test("a subkey is chosen by its fingerprint; without one that is alone in fitting, none is")
  func subkey() throws {
    let work = try workplace()
    let file = Repository.path("testkeys/subkey/secret.asc")
    let keys = try TestKeys.certificate("subkey").keys
    let nist = try #require(keys.last { "\($0.publicKey.algorithm)".contains("ecdsa") })
    let fingerprint = hex(nist.fingerprint).uppercased()
    expect(
      try work.latchkey(["card", "import", "signature", file] + Self.admin), 2,
      ["2 keys that are meant for signature", "--subkey", fingerprint])
    let done = try work.latchkey(
      ["card", "import", "signature", file, "--subkey", fingerprint, "--json"] + Self.admin,
      expecting: 0)
    #expect(done.text.contains(fingerprint) && done.text.contains("nistp256"), "\(done.text)")
    // One is there now.
    expect(
      try work.latchkey(
        ["card", "import", "signature", file, "--subkey", fingerprint] + Self.admin), 2,
      ["will be lost for good"])
    expect(
      try work.latchkey(
        ["card", "import", "signature", Repository.path("testkeys/subkey/public.asc")]
          + Self.admin), 2, ["is no OpenPGP secret key"])
  }
}
