public import LibCrypto

/// A verified signature by a certificate's primary key over one of its own parts.
public struct SelfSignature: Equatable, Sendable {
  /// When it was made: seconds since 1970.
  public let creationTime: UInt32
  /// When it stops to count; nil for never.
  public let expiryTime: UInt32?
  /// For how many seconds after its creation the key it is about lives; nil for ever.
  public let keyLifetime: UInt32?
  /// What that key is for; nil if it isn't told.
  public let keyFlags: KeyFlags?
  /// Whether this user id is the one to show.
  public let isPrimaryUserID: Bool
  /// Whether a subkey that signs has signed back (RFC 9580 §5.2.1.9).
  public var hasBackSignature: Bool { backSignature == .good }
  /// The hash function it was made over. One by SHA-1 gives nothing any use, and yet takes the place of
  /// those before it.
  public let hash: HashAlgorithm
  /// The fingerprints of the keys that may revoke the certificate as well (§5.2.3.23), 20 bytes each.
  public let revokers: [[UInt8]]
  /// What the subkey has signed back.
  let backSignature: BackSignature

  /// A subkey's own word that it belongs to the primary key.
  enum BackSignature: Equatable, Sendable {
    case none
    /// Over SHA-1.
    case weak
    case good
  }

  init?(_ packet: SignaturePacket, backSignature: BackSignature = .none) {
    guard let creationTime = packet.creationTime, let hash = packet.hash else { return nil }
    self.creationTime = creationTime
    self.hash = hash
    self.backSignature = backSignature
    var revokers: [[UInt8]] = []
    for subpacket in packet.hashed
    where subpacket.type == Subpacket.revocationKey && subpacket.body.count == 22 {
      revokers.append([UInt8](subpacket.body.dropFirst(2)))
    }
    self.revokers = revokers
    switch SelfSignature.lifetime(Subpacket.signatureLifetime, of: packet) {
    case .none: return nil
    case .some(let lifetime):
      expiryTime = lifetime.map { UInt32(clamping: UInt64(creationTime) + UInt64($0)) }
    }
    switch SelfSignature.lifetime(Subpacket.keyLifetime, of: packet) {
    case .none: return nil
    case .some(let lifetime): keyLifetime = lifetime
    }
    if packet.has(Subpacket.keyFlags) {
      keyFlags = KeyFlags(rawValue: packet.hashed(Subpacket.keyFlags)?.body.first ?? 0)
    } else {
      keyFlags = nil
    }
    isPrimaryUserID = packet.hashed(Subpacket.primaryUserID)?.body.first == 1
  }

  /// Seconds, where 0 means for ever. The outer nil: told twice, or not in four bytes.
  private static func lifetime(_ type: UInt8, of packet: SignaturePacket) -> UInt32?? {
    guard packet.has(type) else { return .some(nil) }
    guard let seconds = packet.hashed(type)?.number else { return nil }
    return .some(seconds == 0 ? nil : seconds)
  }

  /// Whether it counts at that time.
  func counts(at time: UInt32) -> Bool {
    guard creationTime <= time else { return false }
    guard let expiryTime else { return true }
    return time < expiryTime
  }

  /// Whether its hash function doesn't hold any more: somebody else may have made it.
  var isWeak: Bool { hash == .sha1 }

  /// The newest of those that count at that time; nil if that is by SHA-1. Of two of the same time the
  /// one that isn't.
  static func newest(of signatures: [SelfSignature], at time: UInt32) -> SelfSignature? {
    guard let newest = last(of: signatures, at: time), !newest.isWeak else { return nil }
    return newest
  }

  /// Whether the newest of those that count at that time is by SHA-1.
  static func isNewestWeak(of signatures: [SelfSignature], at time: UInt32) -> Bool {
    last(of: signatures, at: time)?.isWeak ?? false
  }

  private static func last(of signatures: [SelfSignature], at time: UInt32) -> SelfSignature? {
    var newest: SelfSignature?
    for signature in signatures where signature.counts(at: time) {
      if let found = newest {
        if found.creationTime > signature.creationTime { continue }
        if found.creationTime == signature.creationTime, signature.isWeak { continue }
      }
      newest = signature
    }
    return newest
  }
}

/// A verified statement that a key, a subkey or a user id is no longer to be used.
public struct Revocation: Equatable, Sendable {
  /// When it was made: seconds since 1970; nil if it doesn't say. It counts from the beginning, whatever the
  /// time, its reason, and whether it says that it expires.
  public let creationTime: UInt32?
  /// Why, by RFC 9580 §5.2.3.31; nil if it isn't told.
  public let reason: UInt8?
  /// Why, in the owner's words; not to be shown unescaped.
  public let comment: [UInt8]

  init(_ packet: SignaturePacket) {
    creationTime = packet.creationTime
    let body = packet.hashed(Subpacket.revocationReason)?.body
    reason = body?.first
    comment = [UInt8](body?.dropFirst() ?? [])
  }
}
