/// A certificate of keys on a card, written but for the signing: its primary key certifies and signs, its
/// subkeys decrypt and authenticate, as gpg makes it of a card.
public struct CertificateDraft: Equatable, Sendable {
  /// What the primary key is to sign: first the user id, then each subkey, in order.
  public let signatures: [SignatureDraft]
  private let primary: CertificateKey
  private let userID: [UInt8]
  private let subkeys: [CertificateKey]

  /// Begins a certificate.
  /// - Parameters:
  ///   - primary: the signing key.
  ///   - userID: who it belongs to, by custom as UTF-8 `Name <address>`; not empty.
  ///   - decryption: the key to encrypt to, if there is one.
  ///   - authentication: the key to log in with, if there is one.
  ///   - lifetime: seconds after their creation at which the keys expire; nil for never.
  ///   - time: seconds since 1970.
  /// - Throws: ``OpenPGPError/unwritable``, ``OpenPGPError/crypto(_:)``.
  public init(
    primary: CertificateKey, userID: [UInt8], decryption: CertificateKey?,
    authentication: CertificateKey?, lifetime: UInt32? = nil, at time: UInt32
  ) throws(OpenPGPError) {
    guard !userID.isEmpty else { throw .unwritable }
    self.primary = primary
    self.userID = userID
    var signatures = [
      try SignatureDraft.certification(
        of: userID, by: primary, flags: [.certify, .sign], lifetime: lifetime, at: time)
    ]
    var subkeys: [CertificateKey] = []
    if let decryption {
      guard decryption.recipientKey != nil else { throw .unwritable }
      subkeys.append(decryption)
      signatures.append(
        try .binding(of: decryption, to: primary, flags: .encrypt, lifetime: lifetime, at: time))
    }
    if let authentication {
      subkeys.append(authentication)
      signatures.append(
        try .binding(
          of: authentication, to: primary, flags: .authenticate, lifetime: lifetime, at: time))
    }
    self.signatures = signatures
    self.subkeys = subkeys
  }

  /// The certificate, binary: primary key, user id, certification, and each subkey with its binding.
  /// - Parameter raw: what the card gave for each of ``signatures``, in order.
  /// - Throws: ``OpenPGPError/signatureDoesNotVerify``.
  public func finished(with raw: [[UInt8]]) throws(OpenPGPError) -> [UInt8] {
    guard raw.count == signatures.count else { throw .signatureDoesNotVerify }
    var bytes = packet(PacketTag.publicKey, primary.body)
    bytes += packet(PacketTag.userID, userID)
    let certification = raw[0]
    bytes += try signatures[0].finished(with: certification.span)
    for index in subkeys.indices {
      bytes += packet(PacketTag.publicSubkey, subkeys[index].body)
      let binding = raw[index + 1]
      bytes += try signatures[index + 1].finished(with: binding.span)
    }
    return bytes
  }
}

/// The armored form of a key's revocation, to be put away until it is needed.
public enum RevocationCertificate {
  /// Armors a finished ``SignatureDraft/revocation(of:reason:comment:at:)`` as gpg does.
  public static func armored(_ signature: [UInt8]) -> [UInt8] {
    var comment: [UInt8] = []
    comment.append(ascii: "This is a revocation certificate")
    return Armor.encode(signature.span, as: .publicKey, comment: comment)
  }
}
