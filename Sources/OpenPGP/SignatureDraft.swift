public import LibCrypto

/// A signature that is written but for the signing: a card makes it of ``digest``, and ``finished(with:)``
/// puts the two together.
public struct SignatureDraft: Equatable, Sendable {
  /// The key that is to sign.
  public let signer: CertificateKey
  /// The hash function of ``digest``.
  public let hash: HashAlgorithm
  /// What is to be signed.
  public let digest: [UInt8]
  private let hashedPart: [UInt8]

  /// The signature packet.
  /// - Parameter raw: what the card gave: for RSA as long as the modulus, else r‖s or R‖S.
  /// - Throws: ``OpenPGPError/signatureDoesNotVerify`` if the signer's key did not make it so.
  public func finished(with raw: Span<UInt8>) throws(OpenPGPError) -> [UInt8] {
    packet(PacketTag.signature, try body(with: raw))
  }

  /// The packet's body.
  func body(with raw: Span<UInt8>) throws(OpenPGPError) -> [UInt8] {
    guard let numbers = SignaturePacket.numbers(of: raw, by: signer.publicKey),
      signer.publicKey.verify(raw, of: digest.span, hash: hash)
    else { throw .signatureDoesNotVerify }
    var keyID: [UInt8] = []
    keyID.append(uint64: signer.keyID)
    let unhashed = Subpacket.written(Subpacket.issuer, keyID)
    var body = hashedPart
    body.append(uint16: unhashed.count)
    body += unhashed
    body += digest.prefix(2)
    for number in numbers {
      if case .eddsa(let curve, _) = signer.publicKey {
        body.append(number.span, on: curve)
      } else {
        body.append(integer: number.span)
      }
    }
    return body
  }

  /// A signature on a certificate.
  init(
    _ type: SignatureType, over object: SignedObject, under primary: CertificateKey,
    by signer: CertificateKey, at time: UInt32, _ subpackets: [UInt8] = []
  ) throws(OpenPGPError) {
    self.signer = signer
    hash = signer.publicKey.signatureHash
    hashedPart = try SignatureDraft.hashedPart(type, signer, hash, time, subpackets)
    digest = try object.digest(under: primary, hash, hashedPart)
  }

  /// A signature over data that has been hashed.
  init(
    over data: inout MessageDigest, by signer: CertificateKey, at time: UInt32,
    _ subpackets: [UInt8]
  ) throws(OpenPGPError) {
    self.signer = signer
    hash = data.algorithm
    hashedPart = try SignatureDraft.hashedPart(.binary, signer, hash, time, subpackets)
    digest = SignaturePacket.finish(&data, hashedPart)
  }

  /// From the version to the end of the hashed subpackets, in gpg's order: 33, 2, the others.
  private static func hashedPart(
    _ type: SignatureType, _ signer: CertificateKey, _ hash: HashAlgorithm, _ time: UInt32,
    _ subpackets: [UInt8]
  ) throws(OpenPGPError) -> [UInt8] {
    var created: [UInt8] = []
    created.append(uint32: time)
    let area =
      Subpacket.written(Subpacket.issuerFingerprint, [4] + signer.fingerprint)
      + Subpacket.written(Subpacket.creationTime, created) + subpackets
    guard area.count <= 0xFFFF else { throw .unwritable }
    var part: [UInt8] = [4, type.rawValue, signer.algorithm, hash.openPGP]
    part.append(uint16: area.count)
    return part + area
  }
}

extension SignatureDraft {
  /// A detached signature (type 0x00) over `data` in one go; see ``DetachedSignatureWriter``.
  public static func detached(
    over data: Span<UInt8>, by signer: CertificateKey, at time: UInt32,
    for purpose: SignaturePurpose, userID: [UInt8]? = nil
  ) throws(OpenPGPError) -> SignatureDraft {
    var writer = try DetachedSignatureWriter(by: signer)
    writer.update(data)
    return try writer.draft(at: time, for: purpose, userID: userID)
  }

  /// The primary key's certification of its own user id (type 0x13), with preferences as gpg writes them.
  /// - Parameters:
  ///   - flags: what the primary key is for.
  ///   - lifetime: seconds after its creation at which it expires; nil for never.
  ///   - time: seconds since 1970.
  public static func certification(
    of userID: [UInt8], by primary: CertificateKey, flags: KeyFlags, lifetime: UInt32? = nil,
    at time: UInt32
  ) throws(OpenPGPError) -> SignatureDraft {
    let preferences =
      Subpacket.written(Subpacket.preferredCiphers, [9, 8, 7])
      + Subpacket.written(Subpacket.preferredHashes, [10, 9, 8])
      + Subpacket.written(Subpacket.preferredCompression, [2, 3, 1])
      // The MDC is all of the features; changes of the key come from its owner only.
      + Subpacket.written(Subpacket.features, [1])
      + Subpacket.written(Subpacket.keyServerPreferences, [0x80])
    return try SignatureDraft(
      .positiveCertification, over: .userID(userID), under: primary, by: primary, at: time,
      use(flags, lifetime) + preferences)
  }

  /// The primary key's binding of a subkey (type 0x18).
  /// - Parameters:
  ///   - flags: what the subkey is for.
  ///   - lifetime: seconds after its creation at which it expires; nil for never.
  ///   - backSignature: for a subkey that signs: its ``backSignature(of:under:at:)``, finished.
  ///   - time: seconds since 1970.
  public static func binding(
    of subkey: CertificateKey, to primary: CertificateKey, flags: KeyFlags, lifetime: UInt32? = nil,
    backSignature: [UInt8]? = nil, at time: UInt32
  ) throws(OpenPGPError) -> SignatureDraft {
    var subpackets = use(flags, lifetime)
    if let backSignature {
      let layout = try PacketLayout(in: backSignature.span, at: 0)
      subpackets += Subpacket.written(
        Subpacket.embeddedSignature, layout.body(in: backSignature.span))
    }
    return try SignatureDraft(
      .subkeyBinding, over: .subkey(subkey), under: primary, by: primary, at: time, subpackets)
  }

  /// A signing subkey's consent to belong to that primary key (type 0x19), signed by the subkey.
  public static func backSignature(
    of subkey: CertificateKey, under primary: CertificateKey, at time: UInt32
  ) throws(OpenPGPError) -> SignatureDraft {
    try SignatureDraft(
      .primaryKeyBinding, over: .subkey(subkey), under: primary, by: subkey, at: time)
  }

  /// The revocation of a whole certificate (type 0x20). ``RevocationCertificate`` arms it.
  /// - Parameters:
  ///   - reason: a code of RFC 9580 §5.2.3.31; 0 gives none, and revokes for good.
  ///   - comment: why, as UTF-8; may be empty.
  ///   - time: seconds since 1970.
  public static func revocation(
    of primary: CertificateKey, reason: UInt8 = 0, comment: [UInt8] = [], at time: UInt32
  ) throws(OpenPGPError) -> SignatureDraft {
    try SignatureDraft(
      .keyRevocation, over: .primary, under: primary, by: primary, at: time,
      Subpacket.written(Subpacket.revocationReason, [reason] + comment))
  }

  /// The revocation of one subkey (type 0x28); parameters as above.
  public static func revocation(
    of subkey: CertificateKey, under primary: CertificateKey, reason: UInt8 = 0,
    comment: [UInt8] = [], at time: UInt32
  ) throws(OpenPGPError) -> SignatureDraft {
    try SignatureDraft(
      .subkeyRevocation, over: .subkey(subkey), under: primary, by: primary, at: time,
      Subpacket.written(Subpacket.revocationReason, [reason] + comment))
  }

  private static func use(_ flags: KeyFlags, _ lifetime: UInt32?) -> [UInt8] {
    var subpackets = Subpacket.written(Subpacket.keyFlags, [flags.rawValue])
    if let lifetime {
      var seconds: [UInt8] = []
      seconds.append(uint32: lifetime)
      subpackets += Subpacket.written(Subpacket.keyLifetime, seconds)
    }
    return subpackets
  }
}

/// Writes a detached signature over data that comes piece by piece.
public struct DetachedSignatureWriter: ~Copyable {
  private let signer: CertificateKey
  private var digest: MessageDigest

  /// Begins a signature by that key.
  public init(by signer: CertificateKey) throws(OpenPGPError) {
    self.signer = signer
    do throws(CryptoError) {
      digest = try MessageDigest(signer.publicKey.signatureHash)
    } catch {
      throw .crypto(error)
    }
  }

  /// The next piece of the data.
  public mutating func update(_ data: Span<UInt8>) { digest.update(data) }

  /// What is to be signed, if that was all of the data.
  /// - Parameters:
  ///   - time: seconds since 1970.
  ///   - purpose: what it counts for, which is told in the signature.
  ///   - userID: the signer's user id, to be told in the signature; nil to leave it out.
  public consuming func draft(
    at time: UInt32, for purpose: SignaturePurpose, userID: [UInt8]? = nil
  ) throws(OpenPGPError) -> SignatureDraft {
    try SignatureDraft(
      over: &digest, by: signer, at: time,
      purpose.subpacket
        + (userID.map { Subpacket.written(Subpacket.signersUserID, $0) } ?? []))
  }
}
