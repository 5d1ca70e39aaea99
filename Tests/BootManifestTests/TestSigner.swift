import BootManifest
import LibCrypto
import OpenPGP

/// A key that is no card's, and its certificate.
final class TestSigner: Sendable {
  /// When its key was made.
  static let born: UInt32 = 1_700_000_000

  let certificateBytes: [UInt8]
  let certificate: Certificate
  let key: CertificateKey
  private let secret: Secret

  /// - Parameter lifetime: seconds after which the key expires; nil for never.
  init(_ algorithm: KeyAlgorithm = .eddsa(.ed25519), lifetime: UInt32? = nil) throws {
    let secret = Secret(try PrivateKey.generate(algorithm))
    let key = try CertificateKey(secret.key.publicKey(), creationTime: TestSigner.born)
    let draft = try CertificateDraft(
      primary: key, userID: Array("Ada <ada@example.org>".utf8), decryption: nil,
      authentication: nil, lifetime: lifetime, at: TestSigner.born)
    let bytes = try draft.finished(with: draft.signatures.map { try secret.raw($0) })
    self.secret = secret
    self.key = key
    certificateBytes = bytes
    certificate = try Certificate(parsing: bytes.span)
  }

  var trusted: TrustedSigners { TrustedSigners([certificate]) }

  /// An armored detached signature.
  /// - Parameter purpose: what it says it is for; ``SignaturePurpose/other`` for nothing, as gpg's.
  func sign(
    _ bytes: [UInt8], at time: UInt32, for purpose: SignaturePurpose = .boot
  ) throws -> [UInt8] {
    let draft = try SignatureDraft.detached(over: bytes.span, by: key, at: time, for: purpose)
    let packet = try secret.finished(draft)
    return Armor.encode(packet.span, as: .signature)
  }

  /// Its certificate, revoked.
  func revoked(at time: UInt32) throws -> Certificate {
    let draft = try SignatureDraft.revocation(of: key, at: time)
    let packet = try secret.finished(draft)
    var certificate = certificate
    try certificate.merge(revocation: packet.span)
    return certificate
  }
}

private final class Secret: Sendable {
  let key: PrivateKey

  init(_ key: consuming PrivateKey) { self.key = key }

  func finished(_ draft: SignatureDraft) throws -> [UInt8] {
    let raw = try raw(draft)
    return try draft.finished(with: raw.span)
  }

  /// What a card would give. For RSA it takes the DigestInfo of RFC 8017 §9.2, here SHA-512's.
  func raw(_ draft: SignatureDraft) throws -> [UInt8] {
    let info: [UInt8] = [
      0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
      0x05, 0x00, 0x04, 0x40,
    ]
    let isRSA = if case .rsa = draft.signer.publicKey { true } else { false }
    let input = isRSA ? info + draft.digest : draft.digest
    return try key.signRaw(input.span)
  }
}
