import LibCrypto
import Secrets

/// A v4 signature packet (RFC 9580 §5.2.3), well-formed; whether it is good is another question.
struct SignaturePacket: Equatable, Sendable {
  /// 4; or 3, for revocations alone.
  let version: UInt8
  /// Its type (§5.2.1), such as 0x00 or 0x13.
  let type: SignatureType
  /// The public-key algorithm's number.
  let algorithm: UInt8
  /// The hash function's number.
  let hashNumber: UInt8
  /// What is signed behind the data: from the version to the end of the hashed subpackets; of version 3 the
  /// type and the time.
  let hashedPart: [UInt8]
  let hashed: [Subpacket]
  let unhashed: [Subpacket]
  /// The first two bytes of the digest, as the signer says.
  let digestStart: [UInt8]
  /// The signature itself, as multiprecision integers.
  let numbers: [[UInt8]]
  /// The packet's body.
  let body: [UInt8]

  /// Reads a packet's body.
  /// - Parameter isRevocation: whether version 3 (§5.2.2) is read as well, and an algorithm that isn't known
  ///   here, without its numbers: nothing that says so may be lost.
  init(parsing body: [UInt8], isRevocation: Bool = false) throws(OpenPGPError) {
    let tag = PacketTag.signature
    var reader = ByteReader(body.span, tag: tag)
    version = try reader.byte()
    switch version {
    case 4:
      type = SignatureType(rawValue: try reader.byte())
      algorithm = try reader.byte()
      hashNumber = try reader.byte()
      let hashedArea = try reader.bytes(try reader.uint16())
      hashed = try Subpacket.all(in: hashedArea.span)
      hashedPart = [UInt8](body[..<(6 + hashedArea.count)])
      let unhashedArea = try reader.bytes(try reader.uint16())
      unhashed = try Subpacket.all(in: unhashedArea.span)
    case 3 where isRevocation:
      guard try reader.byte() == 5 else { throw .malformed(tag: tag) }
      hashedPart = try reader.bytes(5)
      type = SignatureType(rawValue: hashedPart[0])
      hashed = [Subpacket(type: Subpacket.creationTime, body: [UInt8](hashedPart.dropFirst()))]
      unhashed = [Subpacket(type: Subpacket.issuer, body: try reader.bytes(8))]
      algorithm = try reader.byte()
      hashNumber = try reader.byte()
    default: throw .unsupportedVersion(tag: tag, version: version)
    }
    digestStart = try reader.bytes(2)
    self.body = body
    do throws(OpenPGPError) {
      numbers = try Self.numbers(by: algorithm, in: &reader)
    } catch .unsupportedAlgorithm(let algorithm) {
      guard isRevocation else { throw .unsupportedAlgorithm(algorithm) }
      numbers = []
      return
    }
    try reader.end()
  }

  /// Whether a packet's body says that it takes something back, if nothing else of it can be read.
  static func isRevocation(_ body: [UInt8]) -> Bool {
    guard body.count > 2 else { return false }
    return SignatureType(rawValue: body[0] == 3 ? body[2] : body[1]).isRevocation
  }

  private static func numbers(
    by algorithm: UInt8, in reader: inout ByteReader
  ) throws(OpenPGPError) -> [[UInt8]] {
    switch algorithm {
    case 1, 3: return [try reader.integer()]
    case 19:
      let first = try reader.integer()
      return [first, try reader.integer()]
    case 22:
      // Which curve it is, only the key tells: ``raw(for:)`` refuses leading zeros where they don't
      // belong.
      let first = try reader.string()
      return [first, try reader.string()]
    default: throw .unsupportedAlgorithm(algorithm)
    }
  }

  var hash: HashAlgorithm? { HashAlgorithm(openPGP: hashNumber) }

  /// The one hashed subpacket of that type; nil if there is none, or are several.
  func hashed(_ type: UInt8) -> Subpacket? {
    var found: Subpacket?
    for subpacket in hashed where subpacket.type == type {
      guard found == nil else { return nil }
      found = subpacket
    }
    return found
  }

  func has(_ type: UInt8) -> Bool {
    for subpacket in hashed where subpacket.type == type { return true }
    return false
  }

  /// Seconds since 1970; nil if it isn't told, or isn't signed.
  var creationTime: UInt32? { hashed(Subpacket.creationTime)?.number }

  /// The signer's fingerprint, 20 bytes; nil if it isn't told, or isn't signed.
  var issuerFingerprint: [UInt8]? {
    guard let body = hashed(Subpacket.issuerFingerprint)?.body, body.count == 21, body[0] == 4
    else {
      return nil
    }
    return [UInt8](body.dropFirst())
  }

  /// The fingerprint it says it was made by; where it tells none, the key ID, signed or not. Nil if it tells
  /// neither, or several.
  var soleIssuer: [UInt8]? {
    for subpacket in hashed where subpacket.type == Subpacket.issuerFingerprint {
      return issuerFingerprint
    }
    var found: [UInt8]?
    for subpacket in hashed + unhashed {
      guard subpacket.type == Subpacket.issuer || subpacket.type == Subpacket.issuerFingerprint
      else { continue }
      guard subpacket.type == Subpacket.issuer, subpacket.body.count == 8,
        found == nil || found == subpacket.body
      else { return nil }
      found = subpacket.body
    }
    return found
  }

  /// The key IDs (8 bytes) and fingerprints (20 bytes) it says it was made by, signed or not.
  var namedIssuers: [[UInt8]] {
    var found: [[UInt8]] = []
    for subpacket in hashed + unhashed {
      switch (subpacket.type, subpacket.body.count) {
      case (Subpacket.issuer, 8): found.append(subpacket.body)
      case (Subpacket.issuerFingerprint, 21): found.append([UInt8](subpacket.body.dropFirst()))
      default: break
      }
    }
    return found
  }

  /// Whether one of ``namedIssuers`` is the key of that fingerprint.
  func names(_ fingerprint: [UInt8]) -> Bool {
    for issuer in namedIssuers where issuer == [UInt8](fingerprint.suffix(issuer.count)) {
      return true
    }
    return false
  }

  /// A critical subpacket that isn't understood. Of those that aren't signed none is asked: whoever passes
  /// the signature on can add them, and they are advisory only (§5.2.3).
  var unknownCritical: UInt8? {
    for subpacket in hashed
    where subpacket.isCritical && !Subpacket.understood.contains(subpacket.type) {
      return subpacket.type
    }
    return nil
  }

  /// Whether all it says of its issuer, signed or not, is that key.
  func namesOnly(_ key: CertificateKey) -> Bool {
    for subpacket in hashed + unhashed {
      switch subpacket.type {
      case Subpacket.issuer:
        var keyID: [UInt8] = []
        keyID.append(uint64: key.keyID)
        if subpacket.body != keyID { return false }
      case Subpacket.issuerFingerprint:
        if subpacket.body != [4] + key.fingerprint { return false }
      default: break
      }
    }
    return true
  }

  /// Ends a digest of the signed data by what the version puts behind it (§5.2.4).
  static func finish(
    _ data: inout MessageDigest, _ hashedPart: [UInt8], version: UInt8 = 4
  ) -> [UInt8] {
    data.update(hashedPart.span)
    if version == 3 { return data.finish() }
    var trailer: [UInt8] = [4, 0xFF]
    trailer.append(uint32: UInt32(truncatingIfNeeded: hashedPart.count))
    data.update(trailer.span)
    return data.finish()
  }

  /// Whether the key made this signature over the digest, with a hash function that still holds.
  func isGood(over digest: [UInt8], by key: CertificateKey) -> Bool {
    hash != .sha1 && [UInt8](digest.prefix(2)) == digestStart && isMade(over: digest, by: key)
  }

  /// Whether the key made this signature over the digest, with whatever hash function; the first bytes of
  /// the digest, which aren't signed, may be wrong.
  func isMade(over digest: [UInt8], by key: CertificateKey) -> Bool {
    guard let hash, key.signs(as: algorithm), let raw = raw(for: key.publicKey) else {
      return false
    }
    return key.publicKey.verify(raw.span, of: digest.span, hash: hash)
  }

  /// The signature as ``PublicKey`` takes it: every number filled up to the size of the key's.
  private func raw(for key: PublicKey) -> [UInt8]? {
    switch key {
    case .rsa(let modulus, _):
      guard numbers.count == 1 else { return nil }
      return numbers[0].leftPadded(to: modulus.count)
    case .ecdsa(let curve, _), .eddsa(let curve, _):
      guard numbers.count == 2,
        curve.hasStrings || (numbers[0].first != 0 && numbers[1].first != 0),
        let first = numbers[0].leftPadded(to: curve.coordinateSize),
        let second = numbers[1].leftPadded(to: curve.coordinateSize)
      else { return nil }
      return first + second
    case .ecdh: return nil
    }
  }

  /// The numbers of a raw signature by that key; nil if it has another size.
  static func numbers(of raw: Span<UInt8>, by key: PublicKey) -> [[UInt8]]? {
    switch key {
    case .rsa(let modulus, _):
      return raw.count == modulus.count ? [[UInt8](copying: raw)] : nil
    case .ecdsa(let curve, _), .eddsa(let curve, _):
      let size = curve.coordinateSize
      guard raw.count == 2 * size else { return nil }
      return [
        [UInt8](copying: raw.extracting(first: size)),
        [UInt8](copying: raw.extracting(droppingFirst: size)),
      ]
    case .ecdh: return nil
    }
  }
}

/// What a signature says of what it signs (RFC 9580 §5.2.1).
struct SignatureType: Equatable, Sendable {
  let rawValue: UInt8

  static let binary = SignatureType(rawValue: 0x00)
  static let text = SignatureType(rawValue: 0x01)
  static let positiveCertification = SignatureType(rawValue: 0x13)
  static let subkeyBinding = SignatureType(rawValue: 0x18)
  static let primaryKeyBinding = SignatureType(rawValue: 0x19)
  static let directKey = SignatureType(rawValue: 0x1F)
  static let keyRevocation = SignatureType(rawValue: 0x20)
  static let subkeyRevocation = SignatureType(rawValue: 0x28)
  static let certificationRevocation = SignatureType(rawValue: 0x30)

  /// 0x10 to 0x13: how well the signer looked makes no difference for one's own user id.
  var isCertification: Bool { (0x10...0x13).contains(rawValue) }

  /// Of a key, a subkey or a user id.
  var isRevocation: Bool {
    self == .keyRevocation || self == .subkeyRevocation || self == .certificationRevocation
  }
}

/// What a signature on a certificate is about (RFC 9580 §5.2.4).
enum SignedObject {
  case primary
  case userID([UInt8])
  case subkey(CertificateKey)

  /// Hashes it, behind its primary key.
  func digest(
    under primary: CertificateKey, _ hash: HashAlgorithm, _ hashedPart: [UInt8],
    version: UInt8 = 4
  ) throws(OpenPGPError) -> [UInt8] {
    do throws(CryptoError) {
      var digest = try MessageDigest(hash)
      digest.update(hashing(primary).span)
      switch self {
      case .primary: break
      case .userID(let bytes):
        if version == 4 {
          var header: [UInt8] = [0xB4]
          header.append(uint32: UInt32(truncatingIfNeeded: bytes.count))
          digest.update(header.span)
        }
        digest.update(bytes.span)
      case .subkey(let key): digest.update(hashing(key).span)
      }
      return SignaturePacket.finish(&digest, hashedPart, version: version)
    } catch {
      throw .crypto(error)
    }
  }

  private func hashing(_ key: CertificateKey) -> [UInt8] {
    var bytes: [UInt8] = [0x99]
    bytes.append(uint16: key.body.count)
    return bytes + key.body
  }
}
