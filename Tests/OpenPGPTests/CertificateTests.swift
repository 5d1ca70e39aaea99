import Foundation
import LibCrypto
import OpenPGP
import TestSupport
import Testing

/// 2024-06-01, when all test keys were good.
let june2024: UInt32 = 1_717_200_000
/// 2026-01-01.
let year2026: UInt32 = 1_767_225_600

@Suite("Certificates that gpg made")
struct CertificateTests {
  @Test("each is read: user id, flags, a key to sign and one to decrypt", arguments: TestKeys.names)
  func reads(_ name: String) throws {
    let certificate = try TestKeys.certificate(name)
    let userID = "Latchkey test key \(name) (public and worthless) <\(name)@example.org>"
    #expect(certificate.userIDs.map(\.bytes) == [[UInt8](userID.utf8)])
    #expect(certificate.userID(at: june2024)?.bytes == [UInt8](userID.utf8))
    #expect(certificate.skipped.isEmpty)
    #expect(certificate.keys(for: .signing, at: june2024) == [certificate.primary])
    #expect(certificate.keys(for: .decryption, at: june2024) == [certificate.subkeys[0].key])
    #expect(certificate.keys(for: .authentication, at: june2024).isEmpty)
    #expect(
      certificate.problem(with: certificate.fingerprint, for: .decryption, at: june2024)
        == .notMeantForThis)
    #expect(
      certificate.problem(with: certificate.fingerprint, for: .signing, at: 1_700_000_000)
        == .notYetValid(from: 1_704_067_200))
    #expect(
      certificate.problem(with: [1, 2, 3], for: .signing, at: june2024) == .absent)
    #expect(certificate.expiryTime(of: certificate.fingerprint, at: june2024) == nil)
  }

  @Test("fingerprints are those gpg shows", arguments: TestKeys.names)
  func fingerprints(_ name: String) throws {
    let certificate = try TestKeys.certificate(name)
    let gpg = try GPG()
    let listed = try gpg.run(
      ["--with-colons", "--show-keys"], input: try TestKeys.file("\(name)/public.asc"))
    let fingerprints = String(decoding: listed.output, as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("fpr") }.map { $0.split(separator: ":").last.map(String.init) }
    #expect(
      fingerprints == certificate.keys.map { hex($0.fingerprint).uppercased() })
  }

  @Test("a key written from its numbers is the same packet", arguments: TestKeys.names)
  func rewrites(_ name: String) throws {
    for key in try TestKeys.certificate(name).keys {
      #expect(
        try CertificateKey(key.publicKey, creationTime: key.creationTime).fingerprint
          == key.fingerprint)
    }
  }

  @Test("a card's key is found by any fingerprint in use", arguments: TestKeys.curves + ["ed25519"])
  func matching(_ name: String) throws {
    let key = try #require(try TestKeys.certificate(name).subkeys.first).key
    for cipher in SymmetricCipher.allCases {
      for hash in [HashAlgorithm.sha256, .sha384, .sha512] {
        let other = try CertificateKey(
          key.publicKey, creationTime: key.creationTime,
          keyDerivation: ECDHParameters(hash: hash, cipher: cipher))
        #expect(
          try CertificateKey.matching(
            other.fingerprint, key.publicKey, creationTime: key.creationTime) == other)
      }
    }
    #expect(
      try CertificateKey.matching(
        key.fingerprint, key.publicKey, creationTime: key.creationTime + 1) == nil)
  }

  @Test("an expired certificate names when; its subkey too")
  func expired() throws {
    let certificate = try TestKeys.certificate("expired")
    let subkey = try #require(certificate.subkeys.first).key
    #expect(certificate.problem(with: certificate.fingerprint, for: .signing, at: june2024) == nil)
    let expiry = try #require(certificate.expiryTime(of: certificate.fingerprint, at: june2024))
    #expect(abs(Int(expiry) - 1_719_835_200) < 86400)
    #expect(
      certificate.problem(with: certificate.fingerprint, for: .signing, at: year2026)
        == .expired(at: expiry))
    #expect(
      certificate.problem(with: subkey.fingerprint, for: .decryption, at: year2026)
        == .expired(at: expiry))
  }

  @Test("a revoked certificate has no use, even before its revocation, nor have its subkeys")
  func revoked() throws {
    let certificate = try TestKeys.certificate("revoked")
    #expect(certificate.revocations.count == 1)
    for key in certificate.keys {
      for purpose in KeyPurpose.allCases {
        guard case .revoked = certificate.problem(with: key.fingerprint, for: purpose, at: june2024)
        else {
          Issue.record("a revoked key is good for \(purpose)")
          continue
        }
      }
    }
  }

  @Test("a revocation certificate is merged in", arguments: TestKeys.names + ["revoked"])
  func mergesRevocation(_ name: String) throws {
    let before = try TestKeys.file(name == "revoked" ? "revoked/before.asc" : "\(name)/public.asc")
    var certificate = try Certificate(before)
    #expect(!certificate.keys(for: .signing, at: june2024).isEmpty)
    let revocation = try TestKeys.file("\(name)/revocation.asc")
    try certificate.merge(revocation: revocation)
    #expect(certificate.keys(for: .signing, at: june2024).isEmpty)
    var other = try TestKeys.certificate(name == "rsa2048" ? "ed25519" : "rsa2048")
    #expect(throws: OpenPGPError.foreignRevocation) {
      try other.merge(revocation: revocation)
    }
  }

  @Test("what one copy of a certificate knows is not lost by merging it into another")
  func merges() throws {
    let before = try TestKeys.file("revoked/before.asc")
    var certificate = try Certificate(before)
    certificate.merge(try TestKeys.certificate("rsa2048"))
    #expect(try certificate == Certificate(before))
    certificate.merge(try TestKeys.certificate("revoked"))
    #expect(certificate.keys(for: .signing, at: june2024).isEmpty)
    #expect(certificate.userIDs.count == 1)
    #expect(certificate.subkeys.count == 1)
    #expect(certificate.userIDs[0].certifications.count == 1)
  }

  @Test("subkeys of unknown algorithms are skipped and named, the others read")
  func unknownAlgorithms() throws {
    let certificate = try TestKeys.certificate("subkey")
    #expect(certificate.userIDs.count == 2)
    #expect(certificate.skipped == [.key(algorithm: 17)])
    #expect(certificate.subkeys.count == 4)
    #expect(
      certificate.keys(for: .signing, at: june2024)
        == [certificate.primary, certificate.subkeys[3].key])
    #expect(
      certificate.keys(for: .decryption, at: june2024)
        == [certificate.subkeys[0].key, certificate.subkeys[2].key])
    #expect(certificate.keys(for: .authentication, at: june2024) == [certificate.subkeys[1].key])
  }

  @Test("a revoked subkey can't sign, the primary still can")
  func revokedSubkey() throws {
    let bytes = try TestKeys.file("subkey/revoked-subkey.asc")
    let certificate = try Certificate(bytes)
    #expect(certificate.keys(for: .signing, at: june2024) == [certificate.primary])
    #expect(
      certificate.problem(
        with: certificate.subkeys[3].key.fingerprint, for: .signing, at: june2024)
        == .revoked(at: 1_719_792_000))
  }

  @Test("RSA of 1024 bits is too weak")
  func weak() throws {
    let certificate = try TestKeys.certificate("rsa1024")
    #expect(
      certificate.problem(with: certificate.fingerprint, for: .signing, at: june2024) == .weak)
    #expect(
      certificate.problem(
        with: certificate.subkeys[0].key.fingerprint, for: .decryption, at: june2024) == .weak)
  }

  @Test("a keyring holds several, binary, armored, or armored one behind the other")
  func keyring() throws {
    let names = ["rsa2048", "nistp256", "ed25519"]
    let expected = try names.map(TestKeys.certificate)
    for file in ["keyring.pgp", "keyring.asc"] {
      let bytes = try TestKeys.file("several/\(file)")
      #expect(try Keyring(bytes).certificates == expected)
      #expect(throws: OpenPGPError.severalCertificates) { try Certificate(bytes) }
    }
    let joined = try names.flatMap { try TestKeys.file("\($0)/public.asc") }
    #expect(try Keyring(joined).certificates == expected)
  }

  @Test("packets, versions and signatures that aren't understood are skipped and named")
  func skips() throws {
    let written = try WrittenCertificate("ed25519")
    let packets = Crafted.split(written.bytes)
    let oldSignature = Crafted.packet(2, [3, 5, 0x10])
    let certificate = try Certificate(
      packets[0] + Crafted.packet(12, [1]) + oldSignature + packets[1] + packets[2]
        + Crafted.packet(17, [1, 2, 3]) + packets[2] + Crafted.packet(60, []) + packets[3]
        + packets[4] + Crafted.packet(14, [6, 0]) + packets[4] + packets[5] + packets[6])
    #expect(
      certificate.skipped == [
        .signature(type: nil), .packet(tag: 17), .packet(tag: 60), .keyVersion(6),
      ])
    #expect(certificate.userIDs == written.certificate.userIDs)
    #expect(certificate.subkeys == written.certificate.subkeys)
  }

  @Test("a subkey told twice and revoked once is revoked, in whatever order")
  func twice() throws {
    let good = try TestKeys.file("subkey/public.asc")
    let revoked = try TestKeys.file("subkey/revoked-subkey.asc")
    for (first, second) in [(good, revoked), (revoked, good)] {
      var certificate = try Certificate(first)
      certificate.merge(try Certificate(second))
      let signer = certificate.subkeys[3].key.fingerprint
      #expect(
        certificate.problem(with: signer, for: .signing, at: june2024)
          == .revoked(at: 1_719_792_000))
    }
    let written = try WrittenCertificate("ed25519")
    let draft = try SignatureDraft.revocation(
      of: written.decryption.key, under: written.signing.key, at: june2024)
    let packets = Crafted.split(written.bytes)
    let revocation = try written.signing.finish(draft)
    for tail in [
      packets[3] + packets[4] + packets[3] + revocation,
      packets[3] + revocation + packets[3] + packets[4],
    ] {
      let certificate = try Certificate(packets[0] + packets[1] + packets[2] + tail)
      #expect(certificate.subkeys.count == 1)
      #expect(
        certificate.problem(
          with: written.decryption.key.fingerprint, for: .decryption, at: june2024)
          == .revoked(at: june2024))
    }
  }

  @Test("what is no certificate is refused, and said why")
  func refuses() throws {
    let cases: [(bytes: [UInt8], error: OpenPGPError)] = [
      ([], .noCertificate),
      (try TestKeys.file("rsa2048/secret.asc"), .wrongArmor),
      (
        try Armor.decode(try TestKeys.file("rsa2048/secret.asc"), as: .privateKey),
        .unexpectedPacket(tag: 5)
      ),
      (try TestKeys.file("rsa2048/signed.sig"), .unexpectedPacket(tag: 2)),
      (try TestKeys.file("rsa2048/message.pgp"), .unexpectedPacket(tag: 1)),
      ([UInt8]("hello\n".utf8), .malformedArmor),
      ([0x80], .malformed(tag: 0)),
      ([0xC6, 0x01, 0x06], .unsupportedVersion(tag: 6, version: 6)),
    ]
    for (bytes, error) in cases {
      #expect(throws: error) { try Certificate(bytes) }
    }
  }
}
