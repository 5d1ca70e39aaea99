package import OpenPGP
package import Secrets

// Tests hold their bytes in arrays. A span taken inside of an expectation's closure crashes Swift
// 6.3.1, so it is taken here.

extension Certificate {
  /// As `init(parsing:)`.
  package init(_ bytes: [UInt8]) throws(OpenPGPError) { try self.init(parsing: bytes.span) }

  /// As `merge(revocation:)`.
  package mutating func merge(revocation bytes: [UInt8]) throws(OpenPGPError) {
    try merge(revocation: bytes.span)
  }
}

extension Keyring {
  /// As `init(parsing:)`.
  package init(_ bytes: [UInt8]) throws(OpenPGPError) { try self.init(parsing: bytes.span) }
}

extension Armor {
  /// As `decode` of a span.
  package static func decode(_ text: [UInt8], as kind: Kind) throws(OpenPGPError) -> [UInt8] {
    try decode(text.span, as: kind)
  }

  /// As `encode` of a span.
  package static func encode(_ bytes: [UInt8], as kind: Kind) -> [UInt8] {
    encode(bytes.span, as: kind)
  }
}

extension DetachedSignature {
  /// As `init(parsing:)`.
  package init(_ bytes: [UInt8]) throws(SignatureError) { try self.init(parsing: bytes.span) }

  /// As `verify` of a span.
  package func verify(
    over data: [UInt8], by trusted: [Certificate], at now: UInt32,
    for purpose: SignaturePurpose? = .file, expiredKeys: ExpiredKeys = .refused
  ) throws(SignatureError) -> Verdict {
    try verify(over: data.span, by: trusted, at: now, for: purpose, expiredKeys: expiredKeys)
  }
}

extension SignatureDraft {
  /// As `finished` with a span.
  package func finished(with raw: [UInt8]) throws(OpenPGPError) -> [UInt8] {
    try finished(with: raw.span)
  }

  /// As `detached` over a span.
  package static func detached(
    over data: [UInt8], by signer: CertificateKey, at time: UInt32,
    for purpose: SignaturePurpose = .file, userID: [UInt8]? = nil
  ) throws(OpenPGPError) -> SignatureDraft {
    try detached(over: data.span, by: signer, at: time, for: purpose, userID: userID)
  }
}

extension ReadableMessage {
  /// As `init(parsing:)`.
  package init(_ bytes: [UInt8]) throws(OpenPGPError) { try self.init(parsing: bytes.span) }
}

extension SecretBytes {
  /// As `init(copying:)`.
  package init(_ bytes: [UInt8]) { self.init(copying: bytes.span) }

  /// A copy, to compare with.
  package var revealed: [UInt8] { withBytes { bytes in bytes.indices.map { bytes[$0] } } }
}

extension SecretKeyFile {
  /// As `init(parsing:)`.
  package init(_ bytes: [UInt8]) throws(OpenPGPError) { try self.init(parsing: bytes.span) }
}
