import Secrets

/// Certificates one behind the other, as `gpg --export` writes them and as files joined together hold them,
/// and revocations, wherever they stand among them or in a file of their own.
public struct Keyring: Equatable, Sendable {
  /// Those that could be read, in order, each key's once.
  public private(set) var certificates: [Certificate] = []
  /// Those that could not: one entry each.
  public private(set) var unread: [UnreadCertificate] = []
  /// Revocations that revoke none of the certificates.
  public private(set) var revocations: [RevocationSignature] = []
  /// The fingerprints, 32 bytes, of certificates of version 6, which aren't read here.
  public private(set) var version6Fingerprints: [[UInt8]] = []
  /// Each certificate's packets as they were read.
  private var pieces: [Piece] = []
  /// The revocations that stood elsewhere than in the certificate that they revoke.
  private var placed: [PlacedRevocation] = []

  /// A certificate that can't be read.
  public struct UnreadCertificate: Equatable, Sendable {
    /// Why.
    public let reason: OpenPGPError
    /// Its own fingerprint first, then its subkeys', 20 bytes each; empty where it is of another version.
    public let fingerprints: [[UInt8]]
  }

  private struct PlacedRevocation: Equatable, Sendable {
    let fingerprint: [UInt8]
    let revocation: RevocationSignature
  }

  private struct Piece: Equatable, Sendable {
    let fingerprint: [UInt8]
    let bytes: [UInt8]
  }

  /// None.
  public init() {}

  /// Reads binary certificates and revocations, or any text with such in armor.
  /// - Throws: ``OpenPGPError`` if the bytes are no row of packets that starts with a public key or a
  ///   revocation. Whatever stands there counts, or nothing does: the part that can't be read may be
  ///   what revokes another.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    if bytes.isEmpty { throw .noCertificate }
    if Armor.isArmored(bytes) || Armor.beginsWithText(bytes) {
      for block in try Armor.blocks(in: bytes, as: [.publicKey, .signature]) {
        try read(block.bytes.span, isSignature: block.kind == .signature)
      }
    } else {
      try read(bytes, isSignature: false)
    }
    try settle()
    guard !certificates.isEmpty || !unread.isEmpty || !revocations.isEmpty else {
      throw .noCertificate
    }
  }

  /// Adds what another one knows: certificates of the same key become one, and a revocation in either
  /// counts in both.
  /// - Throws: ``OpenPGPError/tooManyRevocations``, ``OpenPGPError/crypto(_:)``.
  public mutating func merge(_ other: Keyring) throws(OpenPGPError) {
    for certificate in other.certificates { add(certificate) }
    unread.add(other.unread)
    revocations.add(other.revocations)
    version6Fingerprints.add(other.version6Fingerprints)
    pieces.add(other.pieces)
    placed.add(other.placed)
    try settle()
  }

  /// Adds what another one knows of the certificates here, and no other certificate.
  /// - Throws: as ``merge(_:)``.
  public mutating func update(from other: Keyring) throws(OpenPGPError) {
    for certificate in other.certificates {
      for index in certificates.indices
      where certificates[index].primary == certificate.primary {
        certificates[index].merge(certificate)
        pieces.add(other.pieces.filter { $0.fingerprint == certificate.fingerprint })
        placed.add(other.placed.filter { $0.fingerprint == certificate.fingerprint })
      }
    }
    revocations.add(other.revocations)
    try settle()
  }

  /// All that was read of a certificate, packet by packet, with its revocations that stood elsewhere where
  /// other programs look for them: behind the primary key.
  /// - Parameter fingerprint: its own, 20 bytes.
  public func bytes(of fingerprint: [UInt8]) throws(OpenPGPError) -> [UInt8] {
    var bytes: [UInt8] = []
    for piece in pieces where piece.fingerprint == fingerprint {
      let primary = try PacketLayout(in: piece.bytes.span, at: 0).end
      bytes += piece.bytes[..<primary]
      for found in placed where found.fingerprint == fingerprint {
        if found.revocation.packet.type == .keyRevocation { bytes += found.revocation.bytes }
      }
      bytes += piece.bytes[primary...]
    }
    for found in placed where found.fingerprint == fingerprint {
      if found.revocation.packet.type != .keyRevocation { bytes += found.revocation.bytes }
    }
    return bytes
  }

  /// Reads a row of packets.
  /// - Parameter isSignature: whether it may hold revocations only.
  private mutating func read(
    _ bytes: Span<UInt8>, isSignature: Bool
  ) throws(OpenPGPError) {
    var reader: CertificateReader?
    var start = 0
    var place = 0
    while place < bytes.count {
      let layout = try PacketLayout(in: bytes, at: place)
      let body = layout.body(in: bytes)
      if layout.tag == PacketTag.publicKey, !isSignature {
        try collect(reader, bytes.extracting(start..<place))
        start = place
        if body.first == 6 { version6Fingerprints.append(try v6Fingerprint(body)) }
        reader = try CertificateReader(primary: body)
      } else if reader != nil {
        try reader?.read(layout.tag, body)
      } else if layout.tag == PacketTag.signature, SignaturePacket.isRevocation(body) {
        revocations.add([
          RevocationSignature(try SignaturePacket(parsing: body, isRevocation: true))
        ])
      } else if !PacketTag.isEmpty(layout.tag), layout.tag != PacketTag.trust,
        !PacketTag.isNonCritical(layout.tag)
      {
        throw .unexpectedPacket(tag: layout.tag)
      }
      place = layout.end
    }
    try collect(reader, bytes.extracting(start..<place))
  }

  private mutating func collect(
    _ reader: CertificateReader?, _ bytes: Span<UInt8>
  ) throws(OpenPGPError) {
    guard var reader else { return }
    if let failure = reader.failure {
      unread.append(UnreadCertificate(reason: failure, fingerprints: reader.fingerprints))
      revocations.add(reader.revocations)
      return
    }
    guard let certificate = try reader.finish() else { return }
    pieces.append(
      Piece(fingerprint: certificate.fingerprint, bytes: [UInt8](copying: bytes)))
    revocations.add(reader.revocations)
    add(certificate)
  }

  private mutating func add(_ certificate: Certificate) {
    for index in certificates.indices where certificates[index].primary == certificate.primary {
      certificates[index].merge(certificate)
      return
    }
    certificates.append(certificate)
  }

  /// Holds the revocations that have no place yet against every certificate.
  private mutating func settle() throws(OpenPGPError) {
    for index in certificates.indices { certificates[index].forgetUnchecked() }
    guard !revocations.isEmpty else { return }
    var left: [RevocationSignature] = []
    // Most verify at once, by the key that they name. Nobody's keyring comes near.
    var attempts = 0
    for revocation in revocations {
      let packet = revocation.packet
      var isPlaced = false
      for isNamed in [true, false] where !isPlaced {
        for index in certificates.indices
        where packet.names(certificates[index].fingerprint) == isNamed
          && revocation.mayConcern(certificates[index])
        {
          for signer in [certificates[index].primary] + revokers(of: certificates[index]) {
            attempts += certificates[index].attempts(for: packet)
            guard attempts <= Self.maximumAttempts else { throw .tooManyRevocations }
            guard try certificates[index].take(packet, by: signer) else { continue }
            placed.append(
              PlacedRevocation(
                fingerprint: certificates[index].fingerprint, revocation: revocation))
            isPlaced = true
          }
        }
      }
      if !isPlaced { left.append(revocation) }
    }
    revocations = left
    for revocation in left {
      for index in certificates.indices {
        let known = revokers(of: certificates[index])
        certificates[index].note(unchecked: revocation.packet, known: known)
      }
    }
  }

  private static var maximumAttempts: Int { 16384 }

  /// The keys here that the certificate says may revoke it.
  private func revokers(of certificate: Certificate) -> [CertificateKey] {
    var keys: [CertificateKey] = []
    for fingerprint in certificate.revokers {
      if let key = key(named: fingerprint) { keys.append(key) }
    }
    return keys
  }

  private func key(named fingerprint: [UInt8]) -> CertificateKey? {
    for certificate in certificates {
      if let key = certificate.key(fingerprint) { return key }
    }
    return nil
  }
}
