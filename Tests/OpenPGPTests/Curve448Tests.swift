import LibCrypto
import Secrets
import TestSupport
import Testing

@testable import OpenPGP

/// Ed448 and X448 in version 4, as gpg 2.4 writes them: under the algorithms 22 and 18, by the object
/// identifiers of RFC 8410, and with bare strings in the numbers' places. gpg 2.2 has neither.
@Suite("Curve448")
struct Curve448Tests {
  private static func point(_ first: UInt8) -> [UInt8] {
    [first] + [UInt8](repeating: 0x11, count: 56)
  }

  @Test(
    "a point is a string that keeps its leading zeros, with the bits of its first byte counted",
    arguments: [(0x5F, 455), (0xFF, 456), (0x01, 449), (0x00, 449)] as [(UInt8, Int)])
  func layout(_ first: UInt8, _ bits: Int) throws {
    let point = Self.point(first)
    let key = try CertificateKey(.eddsa(.ed448, point: point), creationTime: 0)
    let length = [UInt8(bits >> 8), UInt8(bits & 0xFF)]
    #expect(key.body == [4, 0, 0, 0, 0, 22, 3, 0x2B, 0x65, 0x71] + length + point)
    #expect(try CertificateKey(parsing: key.body.span) == key)
  }

  @Test("behind a zero any count of the first byte's bits is read", arguments: 449...456)
  func counts(_ bits: Int) throws {
    let key = try CertificateKey(.eddsa(.ed448, point: Self.point(0)), creationTime: 0)
    var body = key.body
    body[10] = UInt8(bits >> 8)
    body[11] = UInt8(bits & 0xFF)
    #expect(try CertificateKey(parsing: body.span).publicKey == key.publicKey)
  }

  @Test("a certificate of our writing is read, signs, and is encrypted to")
  func certificate() throws {
    let primary = try SoftKey(.eddsa(.ed448), at: january2024)
    let subkey = try SoftKey(.ecdh(.cv448), at: january2024)
    let draft = try CertificateDraft(
      primary: primary.key, userID: WrittenCertificate.userID, decryption: subkey.key,
      authentication: nil, at: june2024)
    let bytes = try draft.finished(
      with: try draft.signatures.map { try primary.sign($0.digest, $0.hash) })
    let certificate = try Certificate(bytes)
    #expect(certificate.keys(for: .signing, at: june2024) == [primary.key])
    #expect(certificate.keys(for: .decryption, at: june2024) == [subkey.key])

    let data = try TestKeys.file("signed.txt")
    // Often enough for numbers that begin with a zero.
    for time in june2024..<(june2024 + 300) {
      let signature = try primary.finish(try .detached(over: data, by: primary.key, at: time))
      let verdict = try DetachedSignature(signature).verify(
        over: data, by: [certificate], at: year2026)
      #expect(verdict.signer == primary.key.fingerprint)
    }
    let key = try #require(subkey.key.recipientKey)
    #expect(key.keyDerivation == ECDHParameters(hash: .sha512, cipher: .aes256))
    for _ in 0..<300 {
      let message = try encrypt(SecretBytes(plaintext), to: [key])
      #expect(try decrypt(message, by: subkey) == plaintext)
    }
  }
}
