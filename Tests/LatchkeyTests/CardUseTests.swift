import Foundation
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

  @Test("openssl verifies what the authentication key signed, and swapped, the decryption key")
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
    try work.latchkey(sign + ["--output", "swapped", "--swap"], expecting: 0)
    _ = try work.run("openssl", verify + ["swapped", "text"], expecting: 1)
    // The swap ended with its visit.
    try work.latchkey(sign + ["--output", "again"], expecting: 0)
    _ = try work.run("openssl", verify + ["again", "text"], expecting: 0)
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

  @Test("only a Yubikey is asked to attest; others get no PIN")
  func attest() throws {
    let work = try Workplace()
    try work.provision()
    // No PIN is given, so it would end otherwise.
    expect(
      try work.latchkey(["card", "attest", "signature"]), 4, ["can't attest", "No PIN was sent"])
    let yubikey = try Workplace(profile: "yubikey-5")
    expect(
      try yubikey.latchkey(["card", "attest", "signature"] + Self.user), 3, ["no signature key"])
    try yubikey.provision()
    // The virtual one has no key of Yubico's to sign with.
    expect(
      try yubikey.latchkey(["card", "attest", "signature"] + Self.user), 4, ["refuses"])
  }
}
