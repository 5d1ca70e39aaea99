public import LibCrypto

/// All that encrypting to a key, or deciphering with it, needs to know: what is pinned of a dongle.
public struct RecipientKey: Equatable, Sendable {
  /// The (sub)key's v4 fingerprint, 20 bytes.
  public let fingerprint: [UInt8]
  /// Its numbers: RSA or ECDH.
  public let publicKey: PublicKey
  /// How the key-encryption key is derived; for ECDH only.
  public let keyDerivation: ECDHParameters?

  /// The key with that fingerprint and those numbers.
  /// - Parameter keyDerivation: for ECDH; nil stands for what the curve uses by default.
  public init(
    fingerprint: [UInt8], publicKey: PublicKey, keyDerivation: ECDHParameters? = nil
  ) {
    self.fingerprint = fingerprint
    self.publicKey = publicKey
    if case .ecdh(let curve, _) = publicKey {
      self.keyDerivation = keyDerivation ?? ECDHParameters(for: curve)
    } else {
      self.keyDerivation = nil
    }
  }

  /// The last eight bytes of the fingerprint.
  public var keyID: UInt64 { OpenPGP.keyID(of: fingerprint) }
}
