public import LibCrypto
internal import Secrets

/// An OpenPGP secret key as a program exports it (RFC 9580 §10.2): a certificate whose key packets hold the
/// secret halves as well.
///
/// The secret halves stay in ``Secrets/SecretBytes``.
public struct SecretKeyFile: ~Copyable {
  /// All but the secret halves.
  public let certificate: Certificate
  /// The certificate's packets; keys of unknown algorithms are left out.
  public let certificateBytes: [UInt8]
  /// The keys that the file tells of, the primary first; those of unknown algorithms are left out.
  public let keys: [SecretKey]
  /// The packets.
  let packets: SecretBytes

  /// One of the keys.
  public struct SecretKey: Equatable, Sendable {
    /// Its public half.
    public let key: CertificateKey
    /// How the secret half is protected (S2K usage, RFC 9580 §3.7.2.1): 0 is not at all.
    public let usage: UInt8
    /// Where the secret half lies in the packets, behind the usage octet.
    let place: Range<Int>
  }

  /// Reads one secret key, binary or armored.
  /// - Throws: ``OpenPGPError``; ``OpenPGPError/severalCertificates`` if it isn't the only one.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    if bytes.isEmpty { throw .noCertificate }
    var packets = SecretBytes(capacity: bytes.count)
    if Armor.isArmored(bytes) {
      let binary = try Armor.decodeSecret(bytes, as: .privateKey)
      packets.append(binary.bytes)
    } else {
      packets.append(bytes)
    }
    var keys: [SecretKey] = []
    var publicPackets: [UInt8] = []
    // Behind a key of an unknown algorithm, with its signatures.
    var isSkipping = false
    var start = 0
    while start < packets.count {
      let layout = try PacketLayout(in: packets.bytes, at: start)
      guard layout.pieces.count == 1 else { throw .malformed(tag: layout.tag) }
      let place = layout.pieces[0]
      let body = packets.bytes.extracting(place)
      switch layout.tag {
      case PacketTag.secretKey, PacketTag.secretSubkey:
        let tag =
          layout.tag == PacketTag.secretKey ? PacketTag.publicKey : PacketTag.publicSubkey
        guard let size = try CertificateKey.size(ofPublicPart: body) else {
          isSkipping = true
          break
        }
        isSkipping = false
        guard size < body.count else { throw .malformed(tag: layout.tag) }
        let publicPart = body.extracting(first: size)
        publicPackets += packet(tag, [UInt8](copying: publicPart))
        do throws(OpenPGPError) {
          keys.append(
            SecretKey(
              key: try CertificateKey(parsing: publicPart), usage: body[size],
              place: (place.lowerBound + size + 1)..<place.upperBound))
        } catch .unsupportedAlgorithm {}
      case PacketTag.publicKey, PacketTag.publicSubkey: throw .unexpectedPacket(tag: layout.tag)
      default:
        if layout.tag != PacketTag.signature { isSkipping = false }
        if !isSkipping { publicPackets += packet(layout.tag, [UInt8](copying: body)) }
      }
      start = layout.end
    }
    certificate = try Certificate(parsing: publicPackets.span)
    certificateBytes = publicPackets
    self.keys = keys
    self.packets = packets
  }

  /// The secret half of the key of that fingerprint.
  /// - Throws: ``OpenPGPError/notForThisKey`` if there is no such key, ``OpenPGPError/protectedKey`` if a
  ///   passphrase protects it or it isn't in the file, ``OpenPGPError/malformed(tag:)`` if its
  ///   checksum or its numbers are wrong or not those of the public half.
  public func privateKey(_ fingerprint: [UInt8]) throws(OpenPGPError) -> PrivateKey {
    for key in keys where key.key.fingerprint == fingerprint {
      guard key.usage == 0 else { throw .protectedKey }
      let secret = packets.bytes.extracting(key.place)
      guard secret.count > 2 else { throw .malformed(tag: PacketTag.secretKey) }
      let numbers = secret.extracting(droppingLast: 2)
      let sum = UInt16(secret[secret.count - 2]) << 8 | UInt16(secret[secret.count - 1])
      guard SessionKey.checksum(numbers) == sum else { throw .malformed(tag: PacketTag.secretKey) }
      return try key.key.privateKey(numbers)
    }
    throw .notForThisKey
  }
}

extension CertificateKey {
  /// Bytes of the public fields that a secret-key packet's body begins with; nil where the algorithm
  /// isn't known.
  static func size(ofPublicPart body: Span<UInt8>) throws(OpenPGPError) -> Int? {
    let tag = PacketTag.secretKey
    var reader = ByteReader(body, tag: tag)
    let version = try reader.byte()
    guard version == 4 else { throw .unsupportedVersion(tag: tag, version: version) }
    _ = try reader.uint32()
    let algorithm = try reader.byte()
    switch algorithm {
    case 1, 2, 3, 16, 17:
      for _ in 0..<(algorithm <= 3 ? 2 : algorithm == 16 ? 3 : 4) { _ = try reader.integer() }
    case 18, 19, 22:
      _ = try reader.bytes(Int(try reader.byte()))
      _ = try reader.string()
      if algorithm == 18 { _ = try reader.bytes(Int(try reader.byte())) }
    case 25, 27: _ = try reader.bytes(32)
    case 26: _ = try reader.bytes(56)
    case 28: _ = try reader.bytes(57)
    default: return nil
    }
    return body.count - reader.rest.count
  }

  /// The private key of the secret fields (RFC 9580 §5.5.5), which must be this key's.
  func privateKey(_ secret: Span<UInt8>) throws(OpenPGPError) -> PrivateKey {
    let tag = PacketTag.secretKey
    var reader = ByteReader(secret, tag: tag)
    switch publicKey {
    case .rsa(_, let exponent):
      _ = try reader.integerBytes()
      let p = try reader.integerBytes()
      let q = try reader.integerBytes()
      _ = try reader.integerBytes()
      try reader.end()
      do throws(CryptoError) {
        let made = try PrivateKey(rsaExponent: exponent.span, primes: p, q)
        if try made.publicKey() == publicKey { return made }
      } catch .failed {
        throw .crypto(.failed)
      } catch {}
    case .ecdsa(let curve, _), .ecdh(let curve, _), .eddsa(let curve, _):
      let number = curve.hasStrings ? try reader.stringBytes() : try reader.integerBytes()
      try reader.end()
      guard number.count <= curve.coordinateSize else { throw .malformed(tag: tag) }
      var scalar = SecretBytes(capacity: curve.coordinateSize)
      for _ in number.count..<curve.coordinateSize { scalar.append(0) }
      scalar.append(number)
      // OpenPGP has X25519's scalar big-endian (§5.5.5.6.1.1), RFC 7748 and gpg's X448 little-endian.
      if curve == .cv25519 {
        let last = scalar.count - 1
        var bytes = scalar.mutableBytes
        for index in 0..<((last + 1) / 2) { bytes.swapAt(index, last - index) }
      }
      do throws(CryptoError) {
        let made = try PrivateKey(publicKey.algorithm, scalar: scalar.bytes)
        if try made.publicKey() == publicKey { return made }
      } catch .failed {
        throw .crypto(.failed)
      } catch {}
    }
    throw .malformed(tag: tag)
  }
}
