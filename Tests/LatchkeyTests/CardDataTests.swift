import Foundation
import TestSupport
import Testing

@Suite("latchkey card certificate, private, fingerprints and random")
struct CardDataTests {
  private static let admin = ["--admin-pin-file", "factory-admin"]
  private static let user = ["--pin-file", "factory"]

  private func workplace(_ way: Way = .inProcess, profile: String = "nitrokey-3") throws
    -> Workplace
  {
    let work = try Workplace(way, profile: profile)
    try work.folder.write("factory", "123456\n")
    try work.folder.write("factory-admin", "12345678\n")
    return work
  }

  @Test("a certificate is kept for each key, comes back as it was, and goes")
  func certificates() throws {
    let work = try workplace()
    _ = try work.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
        "-subj", "/CN=Ada", "-days", "30",
      ], expecting: 0)
    _ = try work.run(
      "openssl", ["x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der"], expecting: 0)
    for key in ["signature", "decryption", "authentication"] {
      try work.latchkey(
        ["card", "certificate", "write", key, "cert.pem"] + Self.admin, expecting: 0)
      try work.latchkey(
        ["card", "certificate", "read", key, "--output", "\(key).der"], expecting: 0)
      #expect(
        FileManager.default.contentsEqual(
          atPath: work.folder.path("\(key).der"), andPath: work.folder.path("cert.der")))
      let pem = try work.latchkey(["card", "certificate", "read", key, "--pem"], expecting: 0)
      #expect(
        try pem.text == String(contentsOfFile: work.folder.path("cert.pem"), encoding: .utf8))
    }
    expect(
      try work.latchkey(["card", "certificate", "write", "signature", "cert.der"] + Self.admin), 2,
      ["Replace it?"])
    expect(
      try work.latchkey(["card", "certificate", "write", "signature", "key.pem"] + Self.admin), 2,
      ["no X.509 certificate"])
    let shown = try work.latchkey(["card", "show"], expecting: 0).text
    #expect(shown.contains("certificate decryption, "), "\(shown)")
    expect(
      try work.latchkey(["card", "certificate", "delete", "decryption"] + Self.admin), 2,
      ["Delete the certificate"])
    try work.latchkey(
      ["card", "certificate", "delete", "decryption", "--yes"] + Self.admin, expecting: 0)
    expect(
      try work.latchkey(["card", "certificate", "read", "decryption"]), 3, ["no certificate"])
    try work.latchkey(["card", "certificate", "read", "authentication"], expecting: 0)
  }

  @Test("four pieces of private data, each by its own PINs")
  func privateData() throws {
    let work = try workplace(profile: "yubikey-5")
    for number in 1...4 {
      try work.folder.write("data", "private \(number)")
      let pin = number.isMultiple(of: 2) ? Self.admin : Self.user
      expect(
        try work.latchkey(["card", "private", "write", "\(number)", "data"] + pin), 2, ["replaced"])
      let written = try work.latchkey(
        ["card", "private", "write", "\(number)", "data", "--yes"] + pin)
      guard written.status == 0 else {
        #expect(written.errorText.contains("has no private data objects"))
        return
      }
      let read = try work.latchkey(
        ["card", "private", "read", "\(number)"] + (number > 2 ? pin : []), expecting: 0)
      #expect(read.text == "private \(number)")
    }
    expect(try work.latchkey(["card", "private", "read", "3"]), 2, ["--pin-file"])
    expect(try work.latchkey(["card", "private", "read", "5"]), 2, ["1 to 4"])
  }

  @Test("gpg shows the fingerprints that were written, the CA's too")
  func fingerprints() throws {
    let work = try workplace(.reader)
    let own = String(repeating: "0123456789", count: 4)
    let authority = String(repeating: "AB", count: 20)
    try work.latchkey(
      ["card", "fingerprints", "authentication", own, "--yes"] + Self.admin, expecting: 0)
    let shown = try work.latchkey(
      ["card", "fingerprints", "decryption", authority, "--ca"] + Self.admin, expecting: 0)
    #expect(shown.text.contains(own) && shown.text.contains("CA \(authority)"), "\(shown.text)")
    expect(
      try work.latchkey(["card", "fingerprints", "authentication", authority] + Self.admin), 2,
      ["find it no more", "Replace it?"])
    expect(
      try work.latchkey(["card", "fingerprints", "signature", "12"] + Self.admin), 2,
      ["40 hexadecimal digits"])
    let status = try GnuPG(work.daemon).cardStatus()
    #expect(status["fpr"]?[2] == own, "\(status)")
    #expect(status["cafpr"]?[1] == authority, "\(status)")
  }

  @Test("random bytes come in the number that was asked for, and never the same")
  func random() throws {
    let work = try workplace(profile: "yubikey-5")
    let binary = try work.latchkey(["card", "random", "700", "--binary"], expecting: 0)
    #expect(binary.output.count == 700)
    let first = try work.latchkey(["card", "random", "20"], expecting: 0).text
    #expect(first.count == 41)
    #expect(try work.latchkey(["card", "random", "20"], expecting: 0).text != first)
    expect(try work.latchkey(["card", "random", "0"]), 2, ["1 to 65536"])
  }
}
