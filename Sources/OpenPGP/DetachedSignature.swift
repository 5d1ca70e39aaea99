public import LibCrypto
import Secrets

/// One detached signature over bytes, read and verified by a strict policy.
///
/// Exactly one v4 signature of type 0x00 with SHA-256, SHA-384 or SHA-512, an issuer and a signed
/// creation time, no critical subpacket that isn't understood, nothing unsigned but the issuer, and
/// nothing beside it. gpg takes far more; none of that passes here.
public struct DetachedSignature: Equatable, Sendable {
  /// The v4 fingerprint of the key that it says made it, 20 bytes; of an old signature that has no more the
  /// key ID, 8 bytes, which needn't be signed: who made it is proved by the key that it verifies by.
  public let issuer: [UInt8]
  /// When it says it was made: seconds since 1970.
  public let creationTime: UInt32
  /// When it stops to hold; nil for never. Seconds since 1970.
  public let expiryTime: UInt32?
  /// The hash function.
  public let hash: HashAlgorithm
  /// The user id that it says its signer used, if it says so. Not to be shown unescaped.
  public let userID: [UInt8]?
  /// What it says it was made for; nil if it doesn't say.
  public let purpose: SignaturePurpose?
  let packet: SignaturePacket

  /// Reads a signature, binary or armored.
  /// - Throws: ``SignatureError``: what of the policy it breaks.
  public init(parsing bytes: Span<UInt8>) throws(SignatureError) {
    self = try DetachedSignature(parsing: bytes, of: .binary)
  }

  /// The same for a signature of another type over data.
  init(parsing bytes: Span<UInt8>, of type: SignatureType) throws(SignatureError) {
    packet = try DetachedSignature.onlyPacket(in: bytes)
    guard packet.type == type else { throw .wrongType(packet.type.rawValue) }
    guard let hash = packet.hash, hash != .sha1 else { throw .weakHash(packet.hashNumber) }
    if let type = packet.unknownCritical { throw .unknownCritical(type) }
    guard let issuer = packet.soleIssuer else { throw .noIssuer }
    guard let creationTime = packet.creationTime else { throw .noCreationTime }
    for subpacket in packet.unhashed {
      let namesIssuer =
        subpacket.type == Subpacket.issuer || subpacket.type == Subpacket.issuerFingerprint
      guard namesIssuer, !subpacket.isCritical else { throw .unsignedInformation(subpacket.type) }
    }
    purpose = SignaturePurpose.said(by: packet)
    expiryTime = try DetachedSignature.expiry(of: packet, madeAt: creationTime)
    self.hash = hash
    self.issuer = issuer
    self.creationTime = creationTime
    userID = packet.hashed(Subpacket.signersUserID)?.body
  }

  private static func onlyPacket(in bytes: Span<UInt8>) throws(SignatureError) -> SignaturePacket {
    let binary: [UInt8]
    let layout: PacketLayout
    let packet: SignaturePacket
    do throws(OpenPGPError) {
      binary =
        Armor.isArmored(bytes)
        ? try Armor.decode(bytes, as: .signature) : [UInt8](copying: bytes)
      layout = try PacketLayout(in: binary.span, at: try emptyPackets(in: binary, at: 0))
      guard layout.tag == PacketTag.signature else { throw .unexpectedPacket(tag: layout.tag) }
      packet = try SignaturePacket(parsing: layout.body(in: binary.span))
    } catch {
      throw .unreadable(error)
    }
    let end = (try? emptyPackets(in: binary, at: layout.end)) ?? layout.end
    guard end < binary.count else { return packet }
    let next = try? PacketLayout(in: binary.span, at: end)
    throw next?.tag == PacketTag.signature ? .severalSignatures : .trailingBytes
  }

  /// Where the markers and the padding from `start` on end.
  private static func emptyPackets(
    in binary: [UInt8], at start: Int
  ) throws(OpenPGPError) -> Int {
    var place = start
    while place < binary.count {
      let layout = try PacketLayout(in: binary.span, at: place)
      guard PacketTag.isEmpty(layout.tag) else { break }
      place = layout.end
    }
    return place
  }

  private static func expiry(
    of packet: SignaturePacket, madeAt time: UInt32
  ) throws(SignatureError) -> UInt32? {
    guard packet.has(Subpacket.signatureLifetime) else { return nil }
    guard let lifetime = packet.hashed(Subpacket.signatureLifetime)?.number else {
      throw .unreadable(.malformed(tag: PacketTag.signature))
    }
    return lifetime == 0 ? nil : UInt32(clamping: UInt64(time) + UInt64(lifetime))
  }

  /// Verifies it over `data` in one go.
  /// - Parameters: as of ``verification(by:at:for:expiredKeys:)``.
  /// - Throws: ``SignatureError``.
  public func verify(
    over data: Span<UInt8>, by trusted: [Certificate], at now: UInt32,
    for purpose: SignaturePurpose?, expiredKeys: ExpiredKeys = .refused
  ) throws(SignatureError) -> Verdict {
    var verification = try verification(
      by: trusted, at: now, for: purpose, expiredKeys: expiredKeys)
    verification.update(data)
    return try verification.finish()
  }

  /// Begins to verify it over data that comes piece by piece. All that doesn't need the data is
  /// checked at once.
  /// - Parameters:
  ///   - trusted: the certificates that count. Several of one key are taken together.
  ///   - now: seconds since 1970.
  ///   - purpose: what it is to count for. A signature that says another one is refused; one that says
  ///     none, as gpg's and the firmware's, isn't. Nil to look at it as gpg does, whatever it says.
  ///   - expiredKeys: what a key's expiry means.
  /// - Throws: ``SignatureError``.
  public func verification(
    by trusted: [Certificate], at now: UInt32, for purpose: SignaturePurpose?,
    expiredKeys: ExpiredKeys = .refused
  ) throws(SignatureError) -> Verification {
    let (certificate, key) = try holder(among: trusted, at: now)
    guard packet.namesOnly(key) else { throw .issuersDiffer }
    if let purpose, let said = self.purpose, said != purpose { throw .madeFor(said) }
    guard creationTime <= now else { throw .fromTheFuture(creationTime) }
    guard creationTime >= key.creationTime else { throw .olderThanItsKey(creationTime) }
    if let expiryTime, expiryTime <= now { throw .expired(at: expiryTime) }
    var keyExpiry: UInt32?
    switch certificate.problem(with: key.fingerprint, for: .signing, at: now) {
    case nil: break
    case .expired(let time)
    where expiredKeys == .acceptedForOlderSignatures && creationTime < time:
      keyExpiry = time
    case .some(let problem): throw .key(key.fingerprint, problem)
    }
    do throws(CryptoError) {
      return Verification(
        packet: packet, key: key, digest: try MessageDigest(hash),
        verdict: Verdict(
          signer: key.fingerprint, primary: certificate.fingerprint,
          userID: certificate.userID(at: now)?.bytes, creationTime: creationTime, hash: hash,
          keyExpiredAt: keyExpiry))
    } catch {
      throw .crypto(error)
    }
  }

  /// The key that made it and its certificate, all copies of it together; of several certificates that have
  /// the key one by which it may sign.
  private func holder(
    among trusted: [Certificate], at now: UInt32
  ) throws(SignatureError) -> (Certificate, CertificateKey) {
    var found: [Certificate] = []
    for certificate in trusted where certificate.key(issuer) != nil {
      if let index = found.firstIndex(where: { $0.primary == certificate.primary }) {
        found[index].merge(certificate)
      } else {
        found.append(certificate)
      }
    }
    guard let first = found.first, let key = first.key(issuer) else { throw .untrusted(issuer) }
    for certificate in found where certificate.key(issuer)?.fingerprint != key.fingerprint {
      // Two keys of one key ID: nobody can tell which one is meant.
      throw .noIssuer
    }
    for certificate in found
    where certificate.problem(with: key.fingerprint, for: .signing, at: now) == nil {
      return (certificate, key)
    }
    return (first, key)
  }

  /// What the expiry of the key means for what it signed.
  public enum ExpiredKeys: Equatable, Sendable {
    /// Nothing by an expired key holds.
    case refused
    /// What says it was signed before the expiry holds; the verdict tells of the expiry. Whoever
    /// gets hold of an expired key can write any time.
    case acceptedForOlderSignatures
  }
}

/// A detached signature that is being verified, and waits for its data.
public struct Verification: ~Copyable {
  private let packet: SignaturePacket
  private let key: CertificateKey
  private var digest: MessageDigest
  private let verdict: Verdict

  init(
    packet: SignaturePacket, key: CertificateKey, digest: consuming MessageDigest, verdict: Verdict
  ) {
    self.packet = packet
    self.key = key
    self.digest = digest
    self.verdict = verdict
  }

  /// The next piece of the data.
  public mutating func update(_ data: Span<UInt8>) { digest.update(data) }

  /// Who signed, if that was all of the data.
  /// - Throws: ``SignatureError/bad``.
  public consuming func finish() throws(SignatureError) -> Verdict {
    let signed = SignaturePacket.finish(&digest, packet.hashedPart)
    guard packet.isGood(over: signed, by: key) else { throw .bad }
    return verdict
  }
}

/// Who made a signature that holds, and when.
public struct Verdict: Equatable, Sendable {
  /// The fingerprint of the key that made it, 20 bytes.
  public let signer: [UInt8]
  /// The fingerprint of its certificate, 20 bytes; the same where the primary key signed.
  public let primary: [UInt8]
  /// The certificate's user id, if it has one. Not to be shown unescaped.
  public let userID: [UInt8]?
  /// When it says it was made: seconds since 1970.
  public let creationTime: UInt32
  /// The hash function.
  public let hash: HashAlgorithm
  /// When the key expired, if it has: only by ``DetachedSignature/ExpiredKeys``.
  public let keyExpiredAt: UInt32?
}
