import Foundation
import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

@Suite("What we write, before gpg, sqv and gosop")
struct WritingTests {
  @Test("a certificate is read as it was meant, expiry included", arguments: TestKeys.names)
  func reads(_ kind: String) throws {
    let written = try WrittenCertificate(kind, lifetime: 86400 * 180)
    let certificate = written.certificate
    let expiry = january2024 + 86400 * 180
    #expect(certificate.skipped.isEmpty)
    #expect(certificate.userIDs.map(\.bytes) == [WrittenCertificate.userID])
    #expect(certificate.keys(for: .signing, at: june2024) == [written.signing.key])
    #expect(certificate.keys(for: .decryption, at: june2024) == [written.decryption.key])
    #expect(certificate.keys(for: .authentication, at: june2024) == [written.authentication.key])
    for key in certificate.keys {
      #expect(certificate.expiryTime(of: key.fingerprint, at: june2024) == expiry)
    }
    #expect(certificate.keys(for: .signing, at: expiry).isEmpty)
    #expect(certificate.keys(for: .decryption, at: expiry - 1).count == 1)
  }

  @Test(
    "gpg imports the certificate, verifies our signature, encrypts to it, imports the revocation",
    arguments: TestKeys.names)
  func gpg(_ kind: String) throws {
    let written = try WrittenCertificate(kind)
    let gpg = try GPG()
    let data = try TestKeys.file("signed.txt")
    let signature = try written.signing.finish(
      try .detached(
        over: data, by: written.signing.key, at: june2024, userID: WrittenCertificate.userID))

    let imported = try gpg.run(["--import"], input: written.bytes)
    #expect(imported.status == 0)
    #expect(imported.errorText.contains("IMPORT_OK 1"))
    #expect(!imported.errorText.lowercased().contains("warning"), "\(imported.errorText)")
    let listed = try gpg.run(["--with-colons", "--list-keys"])
    let fields = listed.text.split(separator: "\n").map {
      $0.split(separator: ":", omittingEmptySubsequences: false)
    }
    #expect(
      fields.filter { $0[0] == "pub" || $0[0] == "sub" }.map { $0[11] } == ["scESCA", "e", "a"])
    #expect(listed.text.contains("Ada Lövelace <ada@example.org>"))
    let checked = try gpg.run(["--with-colons", "--check-signatures"])
    #expect(checked.text.split(separator: "\n").filter { $0.hasPrefix("sig:!") }.count == 3)

    let dataFile = try gpg.file("data", data)
    for bytes in [signature, Armor.encode(signature, as: .signature)] {
      let file = try gpg.file("data.sig", bytes)
      let verified = try gpg.run(["--verify", file, dataFile])
      #expect(verified.status == 0)
      let fingerprint = hex(written.signing.key.fingerprint).uppercased()
      #expect(verified.errorText.contains("VALIDSIG \(fingerprint) 2024-06-01"))
      #expect(verified.errorText.contains("GOODSIG"))
    }

    let encrypted = try gpg.run(["--encrypt", "--recipient", "ada@example.org"], input: plaintext)
    #expect(encrypted.status == 0)
    #expect(try decrypt(encrypted.output, by: written.decryption) == plaintext)

    let revocation = try written.revocation()
    let revoked = try gpg.run(["--import"], input: revocation)
    #expect(revoked.status == 0, "\(revoked.errorText)")
    #expect(try gpg.run(["--with-colons", "--list-keys"]).text.contains("pub:r:"))
    var certificate = written.certificate
    try certificate.merge(revocation: revocation)
    #expect(certificate.revocations.first?.reason == 1)
    #expect(certificate.revocations.first?.comment == [UInt8]("replaced".utf8))
    let exported = try gpg.run(["--export"]).output
    #expect(try Certificate(exported).keys(for: .signing, at: june2024).isEmpty)
  }

  @Test("sqv and gosop verify our signatures too", arguments: TestKeys.names)
  func otherPrograms(_ kind: String) throws {
    let written = try WrittenCertificate(kind)
    let folder = try TemporaryFolder()
    let data = try TestKeys.file("signed.txt")
    let signature = try written.signing.finish(
      try .detached(over: data, by: written.signing.key, at: june2024 + 60))
    let dataFile = try folder.write("data", bytes: data)
    let signatureFile = try folder.write(
      "data.sig", bytes: Armor.encode(signature, as: .signature))
    let keyFile = try folder.write("key", bytes: Armor.encode(written.bytes, as: .publicKey))
    // Debian's sqv has no other curves than NIST's and Bernstein's.
    let isForSQV = !kind.hasPrefix("brainpool") && kind != "secp256k1"
    if isForSQV {
      let sqv = try Program.run("sqv", ["--keyring", keyFile, signatureFile, dataFile])
      #expect(sqv.status == 0)
      #expect(sqv.text.lowercased().contains(hex(written.signing.key.fingerprint)))
    }
    let gosop = try Program.run("gosop", ["verify", signatureFile, keyFile], input: data)
    #expect(gosop.status == 0, "\(gosop.errorText)")
    let other = try folder.write("other", bytes: data + [0])
    #expect(try Program.run("sqv", ["--keyring", keyFile, signatureFile, other]).status != 0)
  }

  @Test(
    "gosop decrypts what we encrypt to its keys",
    arguments: ["rsa2048", "nistp256", "ed25519"] + TestKeys.curves)
  func gosopDecrypts(_ name: String) throws {
    let folder = try TemporaryFolder()
    let key = try #require(try TestKeys.certificate(name).subkeys.first?.key.recipientKey)
    let secret = SecretBytes(plaintext)
    let message = try encrypt(secret, to: [key])
    let file = try folder.write("secret", bytes: try TestKeys.file("\(name)/secret.asc"))
    let result = try Program.run(
      "gosop", ["decrypt", file], input: Armor.encode(message, as: .message))
    #expect(result.output == plaintext, "\(result.errorText)")
  }

  @Test("a signing subkey must have signed back, and gpg takes the one that has")
  func signingSubkey() throws {
    let written = try WrittenCertificate("ed25519")
    let primary = written.signing
    let data = try TestKeys.file("signed.txt")
    let subkey = try SoftKey(.ecdsa(.nistP256), at: june2024)
    let signature = try subkey.finish(try .detached(over: data, by: subkey.key, at: june2024))
    let back = try subkey.finish(
      try .backSignature(of: subkey.key, under: primary.key, at: june2024))
    // Another key's consent is none; nor is one to belong to another primary key.
    let stranger = try SoftKey(.ecdsa(.nistP256), at: june2024)
    let strangers = try stranger.finish(
      try .backSignature(of: stranger.key, under: primary.key, at: june2024))
    let elsewhere = try subkey.finish(
      try .backSignature(of: subkey.key, under: stranger.key, at: june2024))
    for embedded in [nil, strangers, elsewhere, back] {
      let binding = try primary.finish(
        try .binding(
          of: subkey.key, to: primary.key, flags: .sign, backSignature: embedded, at: june2024))
      let bytes = written.bytes + subkeyPacket(subkey.key) + binding
      let certificate = try Certificate(bytes)
      let problem = certificate.problem(
        with: subkey.key.fingerprint, for: .signing, at: june2024)
      if embedded == back {
        #expect(problem == nil)
        let verdict = try DetachedSignature(signature).verify(
          over: data, by: [certificate], at: year2026)
        #expect(verdict.signer == subkey.key.fingerprint)
        #expect(verdict.primary == primary.key.fingerprint)
        let gpg = try GPG()
        #expect(try gpg.run(["--import"], input: bytes).status == 0)
        let files = [try gpg.file("sig", signature), try gpg.file("data", data)]
        #expect(try gpg.run(["--verify"] + files).status == 0)
      } else {
        #expect(problem == .noBackSignature)
        #expect(throws: SignatureError.key(subkey.key.fingerprint, .noBackSignature)) {
          try DetachedSignature(signature).verify(over: data, by: [certificate], at: year2026)
        }
      }
    }
  }

  /// The public-subkey packet of a P-256 key.
  private func subkeyPacket(_ key: CertificateKey) -> [UInt8] {
    guard case .ecdsa(let curve, let point) = key.publicKey else { return [] }
    let created = (0..<4).map { UInt8(truncatingIfNeeded: key.creationTime >> (24 - 8 * $0)) }
    let body = [4] + created + [19, UInt8(curve.oid.count)] + curve.oid + [0x02, 0x03] + point
    return [0xCE, UInt8(body.count)] + body
  }

  @Test("a later certification changes the expiry")
  func extends() throws {
    let written = try WrittenCertificate("ed25519", lifetime: 86400 * 180)
    let primary = written.signing
    let userID = WrittenCertificate.userID
    let again = try primary.finish(
      try .certification(
        of: userID, by: primary.key, flags: [.certify, .sign], lifetime: 86400 * 360,
        at: june2024 + 3600))
    var bytes = written.bytes
    let place = try #require(bytes.firstRange(of: userID)).upperBound
    bytes.insert(contentsOf: again, at: place)
    let certificate = try Certificate(bytes)
    let fingerprint = primary.key.fingerprint
    #expect(
      certificate.expiryTime(of: fingerprint, at: june2024 + 3600) == january2024 + 86400 * 360)
    #expect(certificate.expiryTime(of: fingerprint, at: june2024) == january2024 + 86400 * 180)
  }

  @Test("a raw signature that isn't the key's own is not written", arguments: TestKeys.names)
  func faultyCard(_ kind: String) throws {
    let signer = try TestKeys.secretKeys(kind)[0]
    let draft = try SignatureDraft.detached(over: plaintext, by: signer.key, at: june2024)
    let raw = try signer.sign(draft.digest, draft.hash)
    for wrong in [[], [UInt8](raw.dropLast()), raw + [0], [UInt8](raw.reversed())] {
      #expect(throws: OpenPGPError.signatureDoesNotVerify) { try draft.finished(with: wrong) }
    }
  }
}
