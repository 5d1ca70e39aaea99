import Foundation
import OpenPGP
import Secrets
import TestSupport
import Testing

@Suite("latchkey card export, authenticate, aes and attest")
struct CardUseTests {
  private static let user = ["--pin-file", "pin"]

  @Test(
    "ssh-keygen reads the exported key",
    arguments: [
      ("curve25519", "256", "(ED25519)"), ("nistp256", "256", "(ECDSA)"),
      ("rsa2048", "2048", "(RSA)"),
    ])
  func ssh(kind: String, bits: String, name: String) throws {
    let work = try Workplace()
    try work.provision(["--algorithm", kind])
    try work.latchkey(["card", "export", "ssh", "--output", "key.pub"], expecting: 0)
    let read = try work.run("ssh-keygen", ["-l", "-f", "key.pub"], expecting: 0).text
    #expect(read.hasPrefix(bits) && read.contains(name) && read.contains("cardno:"), "\(read)")
    expect(
      try work.latchkey(["card", "export", "ssh", "--output", "key.pub"]), 2, ["is there already"])
  }

  @Test("the certificate is exported where this system trusts it, or from a file")
  func certificate() throws {
    let work = try Workplace()
    expect(try work.latchkey(["card", "export", "certificate"]), 3, ["no certificate of"])
    try work.provision()
    let ada = try String(contentsOfFile: work.folder.path("ada.asc"), encoding: .utf8)
    #expect(try work.latchkey(["card", "export", "certificate"], expecting: 0).text == ada)
    #expect(
      try work.latchkey(
        ["card", "export", "certificate", "--trusted", "ada.asc"], expecting: 0
      ).text == ada)
    let other = Repository.path("testkeys/ed25519/public.asc")
    expect(
      try work.latchkey(["card", "export", "certificate", "--trusted", other]), 3,
      ["no certificate of"])
  }

  @Test("openssl verifies what the authentication key signed; swapped, the decryption key signs")
  func authenticate() throws {
    let work = try Workplace()
    try work.provision(["--algorithm", "rsa2048"])
    try work.folder.write("text", "let me in")
    try work.latchkey(["card", "export", "ssh", "--output", "key.pub"], expecting: 0)
    let pem = try work.run(
      "ssh-keygen", ["-e", "-m", "PKCS8", "-f", "key.pub"], expecting: 0
    ).text
    try work.folder.write("key.pem", pem)
    let verify = ["dgst", "-sha512", "-verify", "key.pem", "-signature"]
    let sign = ["card", "authenticate", "text", "--hash", "sha512"] + Self.user
    try work.latchkey(sign + ["--output", "own"], expecting: 0)
    _ = try work.run("openssl", verify + ["own", "text"], expecting: 0)
    try work.latchkey(
      ["card", "swap", "authenticate", "text", "--hash", "sha512", "--output", "swapped"]
        + Self.user, expecting: 0)
    _ = try work.run("openssl", verify + ["swapped", "text"], expecting: 1)
    // The swap ended with its visit.
    try work.latchkey(sign + ["--output", "again"], expecting: 0)
    _ = try work.run("openssl", verify + ["again", "text"], expecting: 0)
  }

  @Test("a message to the authentication key is read by swapping, and by no other card or key")
  func swap() throws {
    let work = try Workplace()
    try work.provision(["--algorithm", "rsa2048"])
    let certificate = try Certificate(
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: work.folder.path("ada.asc")))))
    let keys = try #require(certificate.keys.count == 3 ? certificate.keys : nil)
    var plain = SecretBytes(capacity: 32)
    plain.append([UInt8]("Ada was here.".utf8).span)
    for (name, key) in [("own", keys[1]), ("other", keys[2])] {
      let message = try encrypt(
        plain,
        to: [RecipientKey(fingerprint: key.fingerprint, publicKey: key.publicKey)])
      try work.folder.write(name, bytes: message)
    }
    let decrypt = ["card", "swap", "decrypt"]
    #expect(
      try work.latchkey(decrypt + ["other"] + Self.user, expecting: 0).text == "Ada was here.")
    // None of these asks for a PIN.
    expect(try work.latchkey(decrypt + ["own"]), 2, ["isn't encrypted to", "No PIN was sent"])
    expect(try work.latchkey(decrypt + ["pin"]), 2, ["no encrypted OpenPGP message"])
    let curves = try Workplace()
    try curves.provision()
    try curves.folder.write("text", "x")
    expect(
      try curves.latchkey(["card", "swap", "authenticate", "text"]), 4, ["no RSA key"])
    let yubikey = try Workplace(profile: "yubikey-5")
    try yubikey.folder.write("text", "x")
    expect(
      try yubikey.latchkey(["card", "swap", "authenticate", "text"]), 4, ["can't swap its keys"])
  }

  @Test("openssl agrees with the dongle's AES, both ways", arguments: [16, 32])
  func aes(size: Int) throws {
    let work = try Workplace()
    try work.provision()
    let key = (0..<size).map { UInt8($0 &* 7 &+ 1) }
    let text = String(repeating: "sixteen letters!", count: 3)
    try Data(key).write(to: URL(fileURLWithPath: work.folder.path("key")))
    try work.folder.write("text", text)
    let admin = ["--admin-pin-file", "admin"]
    expect(try work.latchkey(["card", "aes", "import", "key"] + admin), 2, ["will be lost"])
    try work.latchkey(["card", "aes", "import", "key", "--yes"] + admin, expecting: 0)
    try work.latchkey(
      ["card", "aes", "encrypt", "text", "--output", "encrypted"] + Self.user, expecting: 0)
    let opened = try work.run(
      "openssl",
      [
        "enc", "-d", "-aes-\(size * 8)-cbc", "-nopad", "-K", hex(key).uppercased(), "-iv",
        String(repeating: "0", count: 32), "-in", "encrypted",
      ], expecting: 0)
    #expect(opened.text == text)
    #expect(
      try work.latchkey(["card", "aes", "decrypt", "encrypted"] + Self.user, expecting: 0).text
        == text)
    try work.folder.write("short", "seventeen letters")
    expect(
      try work.latchkey(["card", "aes", "encrypt", "short"] + Self.user), 2, ["blocks of 16"])
  }

  @Test("a Yubikey attests a key made on it; openssl holds the certificate against its issuer's")
  func attest() throws {
    let work = try Workplace(profile: "yubikey-5")
    expect(
      try work.latchkey(["card", "attest", "signature"] + Self.user), 3, ["no signature key"])
    try work.provision()
    for slot in ["signature", "decryption", "authentication"] {
      let attest = ["card", "attest", slot, "--output", "\(slot).pem"] + Self.user
      try work.latchkey(attest + ["--issuer", "\(slot)-issuer.pem"], expecting: 0)
      let verified = try work.run(
        "openssl", ["verify", "-CAfile", "\(slot)-issuer.pem", "\(slot).pem"])
      #expect(verified.status == 0, "\(verified.text)\(verified.errorText)")
      // What the dongle keeps now is lost only after a yes.
      expect(try work.latchkey(attest), 2, ["keeps a certificate"])
    }
    let kept = try work.latchkey(["card", "certificate", "read", "signature", "--pem"])
    #expect(
      kept.text
        == (try String(contentsOfFile: work.folder.path("signature.pem"), encoding: .utf8)))
  }

  @Test("a key that was brought isn't attested, and no dongle that can't is asked: no PIN is sent")
  func refusesToAttest() throws {
    let work = try Workplace()
    try work.provision()
    // No PIN is given, so it would end otherwise.
    expect(
      try work.latchkey(["card", "attest", "signature"]), 4, ["can't attest", "No PIN was sent"])
    let yubikey = try Workplace(profile: "yubikey-5")
    try yubikey.latchkey(
      [
        "card", "import", "signature", Repository.path("testkeys/ed25519/secret.asc"),
        "--admin-pin-fd", "0",
      ], expecting: 0, input: "12345678\n")
    expect(try yubikey.latchkey(["card", "attest", "signature"]), 4, ["was imported"])
  }
}
