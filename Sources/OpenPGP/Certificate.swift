import LibCrypto
import Secrets

/// An OpenPGP v4 certificate: a primary key, user ids, subkeys, and what the primary key says of them.
///
/// Read strictly, with every signature verified as it is read. A part without a good signature by the
/// primary key is there to be shown, but gives no key any use. What isn't understood is skipped and
/// named. It says nothing of whom the key belongs to: whether to trust it is the caller's decision.
public struct Certificate: Equatable, Sendable {
  /// The key that everything here is signed by, and that the certificate is named after.
  public let primary: CertificateKey
  /// In the order they were read.
  public internal(set) var userIDs: [UserID] = []
  /// In the order they were read.
  public internal(set) var subkeys: [Subkey] = []
  /// What the primary key says of itself without a user id (type 0x1F).
  public internal(set) var directSignatures: [SelfSignature] = []
  /// Verified revocations of the whole certificate, by the primary key or one that it named for it.
  public internal(set) var revocations: [Revocation] = []
  /// The fingerprints, 20 bytes, of keys whose revocation of the certificate is here and can't be checked.
  public internal(set) var uncheckedRevokers: [[UInt8]] = []
  /// What was not understood or did not verify.
  public internal(set) var skipped: [Skipped] = []

  /// A user id and what the primary key said of it.
  public struct UserID: Equatable, Sendable {
    /// As it was written: mostly UTF-8, but anything at all. Not to be shown unescaped.
    public let bytes: [UInt8]
    /// Verified certifications (types 0x10 to 0x13).
    public internal(set) var certifications: [SelfSignature] = []
    /// Verified revocations (type 0x30).
    public internal(set) var revocations: [Revocation] = []
  }

  /// A subkey and what the primary key said of it.
  public struct Subkey: Equatable, Sendable {
    /// The key.
    public let key: CertificateKey
    /// Verified bindings (type 0x18).
    public internal(set) var bindings: [SelfSignature] = []
    /// Verified revocations (type 0x28).
    public internal(set) var revocations: [Revocation] = []
    /// As ``Certificate/uncheckedRevokers``.
    public internal(set) var uncheckedRevokers: [[UInt8]] = []
  }

  /// Something in the bytes that has no part in the certificate.
  public enum Skipped: Equatable, Sendable {
    /// A packet of a kind that isn't understood, with all its signatures.
    case packet(tag: UInt8)
    /// A key of an algorithm that isn't understood.
    case key(algorithm: UInt8)
    /// A key of another version than 4.
    case keyVersion(UInt8)
    /// A signature that isn't this key's, is of another version or algorithm, says what isn't
    /// understood, or is simply wrong. Its type, or nil where even that isn't known.
    case signature(type: UInt8?)
  }

  /// Reads one certificate, binary or armored.
  /// - Throws: ``OpenPGPError``; ``OpenPGPError/severalCertificates`` if it isn't the only one.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    let keyring = try Keyring(parsing: bytes)
    guard let first = keyring.certificates.first else {
      throw keyring.unread.first?.reason ?? .noCertificate
    }
    guard keyring.certificates.count == 1, keyring.unread.isEmpty else {
      throw .severalCertificates
    }
    self = first
  }

  init(primary: CertificateKey) { self.primary = primary }

  /// The primary key's fingerprint, 20 bytes.
  public var fingerprint: [UInt8] { primary.fingerprint }

  /// The primary key and all subkeys, bound or not.
  public var keys: [CertificateKey] {
    var keys = [primary]
    for subkey in subkeys { keys.append(subkey.key) }
    return keys
  }

  /// The key of that fingerprint, or key ID of 8 bytes, if it is one of these.
  public func key(_ fingerprint: [UInt8]) -> CertificateKey? {
    for key in keys where key.isNamed(fingerprint) { return key }
    return nil
  }

  /// The user id to show at that time (seconds since 1970): of those that are certified and not revoked the
  /// newest that calls itself primary, else the first.
  public func userID(at time: UInt32) -> UserID? {
    var chosen: (userID: UserID, signature: SelfSignature)?
    for userID in userIDs {
      guard let signature = userID.certification(at: time) else { continue }
      guard let found = chosen else {
        chosen = (userID, signature)
        continue
      }
      guard signature.isPrimaryUserID else { continue }
      if !found.signature.isPrimaryUserID || signature.creationTime > found.signature.creationTime {
        chosen = (userID, signature)
      }
    }
    return chosen?.userID
  }

  /// Adds what another reading of the same certificate knows. Nothing is lost: a revocation in either
  /// counts. Does nothing if `other` has another primary key.
  public mutating func merge(_ other: Certificate) {
    guard other.primary == primary else { return }
    directSignatures.add(other.directSignatures)
    revocations.add(other.revocations)
    uncheckedRevokers.add(other.uncheckedRevokers)
    for userID in other.userIDs {
      if let index = userIDs.firstIndex(where: { $0.bytes == userID.bytes }) {
        userIDs[index].certifications.add(userID.certifications)
        userIDs[index].revocations.add(userID.revocations)
      } else {
        userIDs.append(userID)
      }
    }
    for subkey in other.subkeys {
      if let index = subkeys.firstIndex(where: { $0.key == subkey.key }) {
        subkeys[index].bindings.add(subkey.bindings)
        subkeys[index].revocations.add(subkey.revocations)
        subkeys[index].uncheckedRevokers.add(subkey.uncheckedRevokers)
      } else {
        subkeys.append(subkey)
      }
    }
  }

  /// Adds a revocation certificate: one revocation by the primary key, binary, or armored as gpg writes it.
  /// - Throws: ``OpenPGPError/foreignRevocation`` if it isn't this key's or doesn't verify; what is
  ///   wrong with the bytes.
  public mutating func merge(revocation bytes: Span<UInt8>) throws(OpenPGPError) {
    let keyring = try Keyring(parsing: bytes)
    guard keyring.certificates.isEmpty, keyring.unread.isEmpty, keyring.revocations.count == 1,
      try take(keyring.revocations[0].packet, by: primary)
    else { throw .foreignRevocation }
  }

  /// Whether the primary key made that signature over one of its own parts, in a way that is understood, be
  /// it over SHA-1.
  func isOwn(
    _ signature: SignaturePacket, over object: SignedObject
  ) throws(OpenPGPError) -> Bool {
    guard signature.unknownCritical == nil, signature.namesOnly(primary), let hash = signature.hash
    else { return false }
    let digest = try object.digest(under: primary, hash, signature.hashedPart)
    return [UInt8](digest.prefix(2)) == signature.digestStart
      && signature.isMade(over: digest, by: primary)
  }
}

extension Certificate.UserID {
  /// What the primary key says of it at that time, unless it took that back later on.
  func certification(at time: UInt32) -> SelfSignature? {
    guard let newest = SelfSignature.newest(of: certifications, at: time) else { return nil }
    for revocation in revocations {
      guard let time = revocation.creationTime, time < newest.creationTime else { return nil }
    }
    return newest
  }
}

extension Array where Element: Equatable {
  /// Adds those that aren't there yet.
  mutating func add(_ others: [Element]) {
    for other in others where !contains(other) { append(other) }
  }
}
