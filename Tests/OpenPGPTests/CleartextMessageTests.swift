import Foundation
import LibCrypto
import OpenPGP
import TestSupport
import Testing

/// Texts that gpg signs in the clear, and what must not pass as such.
@Suite("a text signed in the clear")
struct CleartextMessageTests {
  /// 2030, in seconds since 1970.
  private static let later: UInt32 = 1_893_456_000

  @Test(
    "what gpg signs holds, with its lines as they were",
    arguments: ["rsa2048", "nistp256", "nistp384", "ed25519", "brainpoolP256r1"])
  func holds(key: String) throws {
    let gpg = try GPG()
    let (certificate, user) = try Self.importKey(key, gpg)
    for (text, lines) in Self.texts {
      let signed = try gpg.run(
        ["--clearsign", "--digest-algo", "SHA512", "--local-user", user], input: Array(text.utf8))
      #expect(signed.status == 0)
      for bytes in [signed.output, Self.withCRLF(signed.output)] {
        let begins = CleartextMessage.begins(bytes.span)
        #expect(begins)
        let message = try CleartextMessage(parsing: bytes.span)
        #expect(message.lines.map { String(decoding: $0, as: UTF8.self) } == lines)
        let verdict = try message.verify(by: [certificate], at: Self.later, for: .file)
        #expect(verdict.primary == certificate.fingerprint)
      }
      // Blanks at a line's end, which are not signed, are not read either.
      let blank = String(decoding: signed.output, as: UTF8.self)
        .replacing("first\n", with: "first \t \n")
      let message = try CleartextMessage(parsing: Array(blank.utf8).span)
      #expect(message.lines.map { String(decoding: $0, as: UTF8.self) } == lines)
      _ = try message.verify(by: [certificate], at: Self.later, for: .file)
    }
  }

  private static let texts: [(String, [String])] = [
    ("first\nsecond\n", ["first", "second"]),
    ("first", ["first"]),
    (
      "- first\n-----BEGIN PGP SIGNATURE-----\nFrom here\n\n",
      [
        "- first", "-----BEGIN PGP SIGNATURE-----", "From here", "",
      ]
    ),
    ("first  \t\n\n  indented\n", ["first", "", "  indented"]),
    ("first \u{FC}\tx\n", ["first \u{FC}\tx"]),
  ]

  @Test("a change anywhere in the text is found")
  func changed() throws {
    let (text, certificate) = try Self.sample()
    for (from, to) in [("second", "Second"), ("first\n", "first\n\n"), ("\nsecond", " second")] {
      let changed = text.replacing(from, with: to)
      let message = try CleartextMessage(parsing: Array(changed.utf8).span)
      #expect(throws: SignatureError.bad) {
        try message.verify(by: [certificate], at: Self.later, for: .file)
      }
    }
    let message = try CleartextMessage(parsing: Array(text.utf8).span)
    #expect(throws: SignatureError.untrusted(certificate.fingerprint)) {
      try message.verify(by: [], at: Self.later, for: .file)
    }
  }

  @Test("what could be read otherwise than it is signed is refused")
  func refused() throws {
    typealias Fault = CleartextMessage.Fault
    let (text, _) = try Self.sample()
    let begin = "-----BEGIN PGP SIGNED MESSAGE-----\n"
    let cases: [(String, Fault)] = [
      ("Read this\n" + text, .noMessage),
      (" " + text, .noMessage),
      ("\n" + text, .noMessage),
      (text.replacing(begin, with: begin + "Comment: you may\n"), .header(line: 2)),
      (text.replacing(begin, with: begin + "You may\n"), .header(line: 2)),
      (text.replacing(begin, with: begin + "Hash: a:b\n"), .header(line: 2)),
      (text.replacing("\n\nfirst", with: "\n \nfirst"), .header(line: 3)),
      (text.replacing("\n\nfirst", with: "\nfirst"), .header(line: 3)),
      (text.replacing("first", with: "-first"), .dash(line: 4)),
      (text.replacing("first", with: "-----BEGIN PGP SIGNED MESSAGE-----\nfirst"), .dash(line: 4)),
      (text.replacing("first", with: "-"), .dash(line: 4)),
      (text.replacing("first", with: "fir\rst"), .control(line: 4)),
      (text.replacing("second", with: "\u{1B}[2Ksecond"), .control(line: 5)),
      (text.replacing("first", with: "fir\0st"), .control(line: 4)),
      (text.components(separatedBy: "-----BEGIN PGP SIGNATURE")[0], .noSignature),
      (text + "and this\n", .signature(.unreadable(.malformedArmor))),
      (text + text, .signature(.unreadable(.malformedArmor))),
    ]
    for (text, fault) in cases {
      #expect(throws: fault, "\(text)") { try CleartextMessage(parsing: Array(text.utf8).span) }
    }
    let detached = try TestKeys.file("ed25519/signed.asc")
    let message = Array((begin + "\nfirst\n").utf8) + detached
    #expect(throws: Fault.signature(.wrongType(0))) { try CleartextMessage(parsing: message.span) }
  }

  /// Two lines, signed.
  private static func sample() throws -> (String, Certificate) {
    let gpg = try GPG()
    let (certificate, user) = try importKey("ed25519", gpg)
    let signed = try gpg.run(
      ["--clearsign", "--local-user", user], input: Array("first\nsecond\n".utf8))
    return (signed.text, certificate)
  }

  private static func importKey(_ name: String, _ gpg: GPG) throws -> (Certificate, String) {
    let imported = try gpg.run(["--import", Repository.path("testkeys/\(name)/secret.asc")])
    #expect(imported.status == 0, "\(imported.errorText)")
    let certificate = try TestKeys.certificate(name)
    return (certificate, certificate.fingerprint.map { hex($0) }.joined())
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  private static func withCRLF(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
  }
}
