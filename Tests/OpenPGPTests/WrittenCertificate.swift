import LibCrypto
import OpenPGP
import TestSupport

/// 2024-01-01, when all test keys were made.
let january2024: UInt32 = 1_704_067_200

/// A certificate that we write for a test key's secret keys, as provisioning does for those on a card.
struct WrittenCertificate {
  static let userID = [UInt8]("Ada Lövelace <ada@example.org>".utf8)
  let signing: SoftKey
  let decryption: SoftKey
  let authentication: SoftKey
  let bytes: [UInt8]
  let certificate: Certificate

  init(_ name: String, lifetime: UInt32? = nil, at time: UInt32 = june2024) throws {
    let keys = try TestKeys.secretKeys(name)
    signing = keys[0]
    decryption = keys[1]
    authentication = try SoftKey(.eddsa(.ed25519), at: january2024)
    let draft = try CertificateDraft(
      primary: signing.key, userID: Self.userID, decryption: decryption.key,
      authentication: authentication.key, lifetime: lifetime, at: time)
    bytes = try draft.finished(
      with: try draft.signatures.map { try keys[0].sign($0.digest, $0.hash) })
    certificate = try Certificate(bytes)
  }

  /// A revocation of all of it, armored.
  func revocation(at time: UInt32 = june2024) throws -> [UInt8] {
    let draft = try SignatureDraft.revocation(
      of: signing.key, reason: 1, comment: [UInt8]("replaced".utf8), at: time)
    return RevocationCertificate.armored(try signing.finish(draft))
  }
}
