import LibCrypto

/// A revocation as it was read, wherever it stood: at the end of a file, behind another part, in a file of
/// its own. Whom it is about, only the keys tell that it verifies by.
public struct RevocationSignature: Equatable, Sendable {
  let packet: SignaturePacket

  init(_ packet: SignaturePacket) { self.packet = packet }

  /// The packet, with its header.
  public var bytes: [UInt8] { OpenPGP.packet(PacketTag.signature, packet.body) }

  /// The fingerprints (20 bytes) and key IDs (8 bytes) it says it was made by. They prove nothing.
  public var namedIssuers: [[UInt8]] { packet.namedIssuers }

  /// Whether it may be about that certificate: any that it doesn't name as well, as what it names isn't
  /// always signed. Revocations of user ids, of which there are many by strangers, only where it is named.
  func mayConcern(_ certificate: Certificate) -> Bool {
    guard packet.type == .certificationRevocation, !packet.namedIssuers.isEmpty else {
      return true
    }
    if packet.names(certificate.fingerprint) { return true }
    for revoker in certificate.revokers where packet.names(revoker) { return true }
    return false
  }
}

extension Certificate {
  /// The fingerprints of the keys that the primary key says may revoke it as well, whenever and over
  /// whatever hash it said so: that can't be taken back.
  var revokers: [[UInt8]] {
    var found: [[UInt8]] = []
    for signature in directSignatures { found.add(signature.revokers) }
    for userID in userIDs {
      for signature in userID.certifications { found.add(signature.revokers) }
    }
    return found
  }

  /// Whether the primary key made that revocation of the certificate, a subkey or a user id.
  public func isRevoked(by revocation: RevocationSignature) -> Bool {
    var copy = self
    return (try? copy.take(revocation.packet, by: primary)) ?? false
  }

  /// Adds a revocation to what it revokes, if that key made it. It counts whatever hash it was made over,
  /// whatever it says of its issuer, demands, and where it stood: there is nothing to gain by
  /// one that shouldn't count, and all by one that is overlooked.
  /// - Returns: whether it revokes anything here.
  mutating func take(
    _ packet: SignaturePacket, by signer: CertificateKey
  ) throws(OpenPGPError) -> Bool {
    guard let hash = packet.hash, signer.signs(as: packet.algorithm) else { return false }
    func isMade(over object: SignedObject) throws(OpenPGPError) -> Bool {
      let digest = try object.digest(
        under: primary, hash, packet.hashedPart, version: packet.version)
      return packet.isMade(over: digest, by: signer)
    }
    switch packet.type {
    case .keyRevocation:
      guard try isMade(over: .primary) else { return false }
      revocations.add([Revocation(packet)])
      return true
    case .subkeyRevocation:
      for index in subkeys.indices where try isMade(over: .subkey(subkeys[index].key)) {
        subkeys[index].revocations.add([Revocation(packet)])
        return true
      }
    case .certificationRevocation:
      for index in userIDs.indices where try isMade(over: .userID(userIDs[index].bytes)) {
        userIDs[index].revocations.add([Revocation(packet)])
        return true
      }
    default: break
    }
    return false
  }

  /// How many signatures ``take(_:by:)`` verifies at most.
  func attempts(for packet: SignaturePacket) -> Int {
    switch packet.type {
    case .subkeyRevocation: subkeys.count
    case .certificationRevocation: userIDs.count
    default: 1
    }
  }

  /// Notes a revocation that can't be checked: the primary key's, over a hash function that isn't known
  /// here, or that of a key which may revoke it and isn't among the known ones.
  mutating func note(unchecked packet: SignaturePacket, known: [CertificateKey]) {
    var signer: [UInt8]?
    if packet.hash == nil, packet.names(fingerprint), primary.signs(as: packet.algorithm) {
      signer = fingerprint
    }
    for revoker in revokers
    where packet.names(revoker)
      && (packet.hash == nil || !known.contains { $0.fingerprint == revoker })
    {
      signer = revoker
    }
    guard let signer else { return }
    switch packet.type {
    case .keyRevocation: uncheckedRevokers.add([signer])
    case .subkeyRevocation:
      for index in subkeys.indices { subkeys[index].uncheckedRevokers.add([signer]) }
    default: break
    }
  }

  /// Forgets what ``note(unchecked:known:)`` noted.
  mutating func forgetUnchecked() {
    uncheckedRevokers = []
    for index in subkeys.indices { subkeys[index].uncheckedRevokers = [] }
  }
}
