import Foundation
import TestSupport
import Testing

@Suite("latchkey card generate and attributes")
struct CardKeysTests {
  private static let admin = ["--admin-pin-file", "factory-admin"]

  @Test("gpg sees each key that was made, with its kind, fingerprint and time")
  func generate() throws {
    let work = try Workplace(.reader)
    try work.folder.write("factory-admin", "12345678\n")
    var fingerprints: [String] = []
    for (key, kind) in [
      ("signature", "curve25519"), ("decryption", "curve25519"), ("authentication", "nistp256"),
    ] {
      let made = try work.latchkey(
        ["card", "generate", key, "--algorithm", kind, "--json", "--yes"] + Self.admin,
        expecting: 0)
      struct Made: Decodable {
        let result: Result
        struct Result: Decodable { let fingerprint: String }
      }
      fingerprints.append(
        try JSONDecoder().decode(Made.self, from: Data(made.output)).result.fingerprint)
    }
    let gnupg = try GnuPG(work.daemon)
    let status = try gnupg.cardStatus()
    #expect(status["fpr"].map { Array($0.prefix(3)) } == fingerprints, "\(status)")
    let text = try gnupg.run(["--card-status"]).text
    #expect(text.contains("ed25519 cv25519 nistp256"), "\(text)")
    #expect(!(text.contains("1970-")), "\(text)")
  }

  @Test("a key is lost only after a yes, and the record follows the new one")
  func loss() throws {
    let work = try Workplace()
    try work.provision()
    expect(
      try work.latchkey(["card", "generate", "signature", "--admin-pin-file", "admin"]), 2,
      ["will be lost for good"])
    expect(
      try work.latchkey(
        ["card", "attributes", "signature", "nistp256", "--admin-pin-file", "admin"]), 2,
      ["will be lost for good"])
    try work.sign()
    let made = try work.latchkey(
      ["card", "generate", "signature", "--admin-pin-file", "admin", "--yes"], expecting: 0)
    let folder = work.folder.path("system/etc/latchkey/dongles")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    let record = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    let fingerprint = try #require(
      record.split(separator: "\n").first { $0.hasPrefix("key ") }?.dropFirst(4).uppercased())
    #expect(made.text.contains(fingerprint), "\(made.text)\(record)")
  }

  @Test("the kind of the next key is set to what the dongle offers, and to nothing else")
  func attributes() throws {
    let work = try Workplace()
    try work.folder.write("factory-admin", "12345678\n")
    let shown = try work.latchkey(["card", "attributes"], expecting: 0).text
    #expect(shown.contains("can be        ed25519, nistp256, nistp384, nistp521, "), "\(shown)")
    let set = try work.latchkey(
      ["card", "attributes", "decryption", "curve25519", "--json"] + Self.admin, expecting: 0)
    #expect(set.text.contains(#""algorithm" : "cv25519""#), "\(set.text)")
    // Never heard of, and not what this slot can do.
    for kind in ["dsa1024", "rsa1024", "cv25519"] {
      expect(
        try work.latchkey(["card", "attributes", "signature", kind] + Self.admin), 2,
        ["is no kind of signature key"])
    }
  }
}
