public import LibCrypto
import Secrets

/// A key as a v4 public-key packet tells it (RFC 9580 §5.5.2): what fingerprints are made of.
public struct CertificateKey: Equatable, Sendable {
  /// When it was made: seconds since 1970.
  public let creationTime: UInt32
  /// Its numbers.
  public let publicKey: PublicKey
  /// How a key-encryption key is derived; for ECDH keys only.
  public let keyDerivation: ECDHParameters?
  /// Its algorithm's number (RFC 9580 §9.1): RSA has three of them, for all uses, and the old 2 to encrypt
  /// only and 3 to sign only.
  public let algorithm: UInt8
  /// SHA-1 over the packet: 20 bytes.
  public let fingerprint: [UInt8]
  /// The packet's body.
  let body: [UInt8]

  /// The last eight bytes of the fingerprint.
  public var keyID: UInt64 { OpenPGP.keyID(of: fingerprint) }

  /// The key with those numbers, made at `creationTime` (seconds since 1970).
  /// - Parameters:
  ///   - keyDerivation: for an ECDH key; nil stands for what its curve uses by default.
  ///   - algorithm: for an RSA key 1, 2 or 3; nil stands for what the numbers have by default.
  /// - Throws: ``OpenPGPError/unwritable`` if the numbers don't fit the algorithm;
  ///   ``OpenPGPError/crypto(_:)``.
  public init(
    _ publicKey: PublicKey, creationTime: UInt32, keyDerivation: ECDHParameters? = nil,
    algorithm: UInt8? = nil
  ) throws(OpenPGPError) {
    self.creationTime = creationTime
    self.algorithm = algorithm ?? publicKey.openPGPAlgorithm
    self.publicKey = publicKey
    if case .ecdh(let curve, _) = publicKey {
      self.keyDerivation = keyDerivation ?? ECDHParameters(for: curve)
    } else {
      self.keyDerivation = nil
    }
    var body: [UInt8] = [4]
    body.append(uint32: creationTime)
    body.append(self.algorithm)
    switch publicKey {
    case .rsa(let modulus, let exponent):
      guard !modulus.isEmpty, modulus.count <= 8191, !exponent.isEmpty, exponent.count <= 8191
      else {
        throw .unwritable
      }
      body.append(integer: modulus.span)
      body.append(integer: exponent.span)
    case .ecdsa(let curve, let point), .ecdh(let curve, let point), .eddsa(let curve, let point):
      guard point.count == curve.pointSize else { throw .unwritable }
      body.append(UInt8(curve.oid.count))
      body += curve.oid
      body.append(point: point, on: curve)
    }
    if let keyDerivation = self.keyDerivation { body += keyDerivation.bytes }
    self.body = body
    fingerprint = try v4Fingerprint(body)
  }

  /// The key of a card, which tells its numbers, its time and its fingerprint, but for ECDH not the
  /// derivation that the fingerprint covers: the same key has one fingerprint by gpg 2.2 and another by
  /// gpg 2.4; nor for RSA which of its three algorithms it is. All that are in use are tried.
  /// - Returns: nil if the fingerprint is not that key's.
  /// - Throws: as ``init(_:creationTime:keyDerivation:)``.
  public static func matching(
    _ fingerprint: [UInt8], _ publicKey: PublicKey, creationTime: UInt32
  ) throws(OpenPGPError) -> CertificateKey? {
    let key = try CertificateKey(publicKey, creationTime: creationTime)
    if key.fingerprint == fingerprint { return key }
    if case .rsa = publicKey {
      for algorithm: UInt8 in [2, 3] {
        let key = try CertificateKey(
          publicKey, creationTime: creationTime, algorithm: algorithm)
        if key.fingerprint == fingerprint { return key }
      }
    }
    guard key.keyDerivation != nil else { return nil }
    for derivation in ECDHParameters.all {
      let key = try CertificateKey(
        publicKey, creationTime: creationTime, keyDerivation: derivation)
      if key.fingerprint == fingerprint { return key }
    }
    return nil
  }

  /// Reads the body of a public-key or public-subkey packet.
  /// - Throws: ``OpenPGPError/unsupportedVersion(tag:version:)``,
  ///   ``OpenPGPError/unsupportedAlgorithm(_:)``, ``OpenPGPError/malformed(tag:)``.
  public init(parsing body: Span<UInt8>) throws(OpenPGPError) {
    let tag = PacketTag.publicKey
    var reader = ByteReader(body, tag: tag)
    let version = try reader.byte()
    guard version == 4 else { throw .unsupportedVersion(tag: tag, version: version) }
    creationTime = try reader.uint32()
    algorithm = try reader.byte()
    var keyDerivation: ECDHParameters?
    switch algorithm {
    case 1, 2, 3:
      let modulus = try reader.integer()
      let exponent = try reader.integer()
      // More than 8192 bits are nobody's key, and cost the reader time.
      guard let last = modulus.last, last & 1 == 1, modulus.count <= 1024, !exponent.isEmpty,
        exponent.count <= 8
      else { throw .malformed(tag: tag) }
      publicKey = .rsa(modulus: modulus, exponent: exponent)
    case 18, 19, 22:
      let oid = try reader.bytes(Int(try reader.byte()))
      guard let curve = Curve.named(oid: oid.span) else { throw .unsupportedAlgorithm(algorithm) }
      let number = try reader.number(on: curve)
      guard let point = curve.point(openPGP: number) else { throw .malformed(tag: tag) }
      switch (algorithm, curve.form) {
      case (18, .weierstrass), (18, .montgomery):
        publicKey = .ecdh(curve, point: point)
        keyDerivation = try ECDHParameters(reading: &reader)
      case (19, .weierstrass): publicKey = .ecdsa(curve, point: point)
      case (22, .edwards): publicKey = .eddsa(curve, point: point)
      default: throw .unsupportedAlgorithm(algorithm)
      }
    default: throw .unsupportedAlgorithm(algorithm)
    }
    try reader.end()
    self.keyDerivation = keyDerivation
    self.body = [UInt8](copying: body)
    fingerprint = try v4Fingerprint(self.body)
  }

  /// What enciphering to this key, and deciphering with it, needs to know; nil if it isn't for that.
  public var recipientKey: RecipientKey? {
    switch publicKey {
    case .rsa where algorithm == 3: nil
    case .rsa, .ecdh:
      RecipientKey(
        fingerprint: fingerprint, publicKey: publicKey, keyDerivation: keyDerivation)
    case .ecdsa, .eddsa: nil
    }
  }

  /// Whether that is its fingerprint, or its key ID of 8 bytes.
  func isNamed(_ issuer: [UInt8]) -> Bool {
    issuer == fingerprint || issuer.count == 8 && issuer == [UInt8](fingerprint.suffix(8))
  }

  /// Whether a signature that says it is by that algorithm can be this key's. Of RSA's numbers some programs
  /// write 1 for a key of 3.
  func signs(as number: UInt8) -> Bool {
    if case .rsa = publicKey { return algorithm != 2 && (number == 1 || number == 3) }
    return number == algorithm
  }

  /// Whether it is too short for what is to hold: RSA under 2048 bits.
  var isWeak: Bool {
    if case .rsa(let bits) = publicKey.algorithm { return bits < 2048 }
    return false
  }
}

/// The v4 fingerprint of a public-key packet's body (RFC 9580 §5.5.4.2): 20 bytes.
func v4Fingerprint(_ body: [UInt8]) throws(OpenPGPError) -> [UInt8] {
  var hashed: [UInt8] = [0x99]
  hashed.append(uint16: body.count)
  hashed += body
  do throws(CryptoError) {
    return try digest(.sha1, of: hashed.span)
  } catch {
    throw .crypto(error)
  }
}

/// The v6 fingerprint of a public-key packet's body (RFC 9580 §5.5.4.3): 32 bytes.
func v6Fingerprint(_ body: [UInt8]) throws(OpenPGPError) -> [UInt8] {
  var hashed: [UInt8] = [0x9B]
  hashed.append(uint32: UInt32(truncatingIfNeeded: body.count))
  hashed += body
  do throws(CryptoError) {
    return try digest(.sha256, of: hashed.span)
  } catch {
    throw .crypto(error)
  }
}

/// The key ID that is in a v4 fingerprint: its last eight bytes.
public func keyID(of fingerprint: [UInt8]) -> UInt64 {
  var keyID: UInt64 = 0
  for byte in fingerprint.suffix(8) { keyID = keyID << 8 | UInt64(byte) }
  return keyID
}

extension PublicKey {
  /// Its number in RFC 9580 §9.1.
  public var openPGPAlgorithm: UInt8 {
    switch self {
    case .rsa: 1
    case .ecdh: 18
    case .ecdsa: 19
    case .eddsa: 22
    }
  }

  /// The hash function that signatures by this key are made over.
  public var signatureHash: HashAlgorithm {
    switch self {
    case .rsa: .sha512
    case .ecdh(let curve, _), .ecdsa(let curve, _), .eddsa(let curve, _):
      curve.coordinateSize <= 32 ? .sha256 : curve.coordinateSize <= 48 ? .sha384 : .sha512
    }
  }
}

extension Curve {
  /// Whether numbers on it are written as strings that keep their leading zeros: gpg's "SOS", for
  /// Curve448's, where they are no big-endian numbers.
  var hasStrings: Bool { self == .ed448 || self == .cv448 }

  /// The first byte of a point as OpenPGP writes it: Curve25519's get 0x40 in front (RFC 9580 §11.2),
  /// Curve448's in version 4 nothing (gpg 2.4).
  private var prefix: UInt8? { form == .weierstrass ? 0x04 : hasStrings ? nil : 0x40 }

  /// A point as OpenPGP writes it.
  func openPGPPoint(_ point: [UInt8]) -> [UInt8] {
    form == .weierstrass || hasStrings ? point : [0x40] + point
  }

  /// The point that OpenPGP wrote so; nil if it has another length or first byte.
  func point(openPGP number: [UInt8]) -> [UInt8]? {
    if let prefix, number.first != prefix { return nil }
    let point = form == .weierstrass || hasStrings ? number : [UInt8](number.dropFirst())
    return point.count == pointSize ? point : nil
  }
}

extension [UInt8] {
  /// Adds a point as OpenPGP writes it.
  mutating func append(point: [UInt8], on curve: Curve) {
    let number = curve.openPGPPoint(point)
    append(number.span, on: curve)
  }

  /// Adds a number as signatures by keys on that curve and points have it.
  mutating func append(_ number: Span<UInt8>, on curve: Curve) {
    if curve.hasStrings { append(string: number) } else { append(integer: number) }
  }
}
