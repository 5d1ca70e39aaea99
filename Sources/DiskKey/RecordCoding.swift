import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets

/// A record in bytes, all numbers big-endian:
///
///     "LKRECORD" ‖ version (2) ‖ volume block ‖ count of dongles (1) ‖ a block each
///
/// A block is its length (2) and its content; blocks may lie in blocks. Nothing may follow.
extension Record {
  /// The version that this library reads and writes.
  public static let version: UInt16 = 1
  private static let magic: StaticString = "LKRECORD"

  /// Reads a record. Never traps, whatever the bytes.
  /// - Throws: ``RecordFault``.
  public init(parsing bytes: Span<UInt8>) throws(RecordFault) {
    guard bytes.count <= Self.maximumSize else { throw .trailingBytes }
    var reader = ByteReader(bytes)
    guard bytes.count >= 8, Array(copying: try reader.take(8)).equals(Self.magic) else {
      throw .notARecord
    }
    let version = UInt16(truncatingIfNeeded: try reader.number(2))
    guard version == Self.version else { throw .version(version) }
    volume = try Volume(parsing: try reader.block())
    let count = Int(try reader.number(1))
    guard (1...Self.maximumDongles).contains(count) else { throw .dongleCount(count) }
    dongles = []
    for _ in 0..<count {
      dongles.append(try Dongle(parsing: try reader.block()))
    }
    try reader.end()
  }

  /// The record's bytes, as ``init(parsing:)`` reads them.
  public var encoded: [UInt8] {
    var out = [UInt8](Self.magic)
    out.append(UInt64(Self.version), size: 2)
    out.appendBlock(volume.encoded)
    out.append(UInt64(dongles.count), size: 1)
    for dongle in dongles { out.appendBlock(dongle.encoded) }
    return out
  }
}

extension Record.Volume {
  init(parsing bytes: Span<UInt8>) throws(RecordFault) {
    var reader = ByteReader(bytes)
    guard let uuid = VolumeUUID(try reader.take(36)) else { throw .volume }
    self.uuid = uuid
    luksVersion = UInt8(truncatingIfNeeded: try reader.number(1))
    keyslot = Int(try reader.number(1))
    keySize = Int(try reader.number(2))
    sectorSize = Int(try reader.number(2))
    // Beyond any header; and a number that fits Int.
    let offset = try reader.number(8)
    dataOffset = offset
    cipher = try reader.blockArray()
    mode = try reader.blockArray()
    digest = try reader.blockArray()
    volumeKeyDigest = Array(copying: try reader.take(32))
    blobDigest = Array(copying: try reader.take(32))
    personSlots = UInt32(truncatingIfNeeded: try reader.number(4))
    try reader.end()
    guard luksVersion == 1 || luksVersion == 2, keyslot < 32, keySize >= 16, keySize <= 128,
      sectorSize >= 512, sectorSize <= 4096, sectorSize & (sectorSize - 1) == 0,
      offset > 0, offset <= LUKSHeaderCopy.maximumSize, offset % 512 == 0,
      cipher.count <= 64, mode.count <= 64, (1...128).contains(digest.count)
    else { throw .volume }
  }

  var encoded: [UInt8] {
    var out = uuid.text
    out.append(luksVersion)
    out.append(UInt8(truncatingIfNeeded: keyslot))
    out.append(UInt64(keySize), size: 2)
    out.append(UInt64(sectorSize), size: 2)
    out.append(dataOffset, size: 8)
    out.appendBlock(cipher)
    out.appendBlock(mode)
    out.appendBlock(digest)
    out.append(contentsOf: volumeKeyDigest)
    out.append(contentsOf: blobDigest)
    out.append(UInt64(personSlots), size: 4)
    return out
  }
}

extension Record.Dongle {
  init(parsing bytes: Span<UInt8>) throws(RecordFault) {
    var reader = ByteReader(bytes)
    let flags = try reader.number(1)
    isTested = flags == 1
    name = try reader.blockArray()
    let manufacturer = UInt16(truncatingIfNeeded: try reader.number(2))
    let serial = UInt32(truncatingIfNeeded: try reader.number(4))
    let fingerprint = Array(copying: try reader.take(20))
    keyAgreement = try ECDHParameters.parse(try reader.take(2))
    let key = try PublicKey(recorded: try reader.block())
    let encoded = try reader.blockArray()
    let pinDerivation: KeyDerivation
    do throws(CardError) {
      pinDerivation = try KeyDerivation(parsing: encoded.span)
    } catch {
      throw .dongle
    }
    pinned = PinnedKey(
      identifier: CardIdentifier(manufacturer: manufacturer, serial: serial), slot: .decryption,
      fingerprint: fingerprint, publicKey: key, keyDerivation: pinDerivation)
    try reader.end()
    guard flags <= 1, name.count <= 64 else { throw .dongle }
    if case .ecdh = key {
      guard keyAgreement != nil else { throw .dongle }
    } else {
      guard keyAgreement == nil else { throw .dongle }
    }
    for byte in name where byte < 0x20 || byte > 0x7E { throw .dongle }
  }

  var encoded: [UInt8] {
    var out: [UInt8] = [isTested ? 1 : 0]
    out.appendBlock(name)
    out.append(UInt64(pinned.identifier.manufacturer), size: 2)
    out.append(UInt64(pinned.identifier.serial), size: 4)
    out.append(contentsOf: pinned.fingerprint)
    out.append(contentsOf: keyAgreement?.recorded ?? [0, 0])
    out.appendBlock(pinned.publicKey.recorded)
    out.appendBlock(pinned.keyDerivation.encoded)
    return out
  }
}

extension PublicKey {
  private enum Kind {
    static let rsa: UInt64 = 1
    static let ecdh: UInt64 = 2
  }

  /// Only keys that can decrypt.
  fileprivate init(recorded bytes: Span<UInt8>) throws(RecordFault) {
    var reader = ByteReader(bytes)
    switch try reader.number(1) {
    case Kind.rsa:
      let modulus = try reader.blockArray()
      let exponent = try reader.blockArray()
      guard (128...1024).contains(modulus.count), (1...8).contains(exponent.count),
        modulus[0] != 0, exponent[0] != 0
      else { throw .dongle }
      self = .rsa(modulus: modulus, exponent: exponent)
    case Kind.ecdh:
      guard let curve = Curve.named(oid: try reader.block()) else { throw .dongle }
      let point = try reader.blockArray()
      guard point.count == curve.pointSize else { throw .dongle }
      self = .ecdh(curve, point: point)
    default:
      throw .dongle
    }
    try reader.end()
  }

  /// The key's bytes in a record.
  var recorded: [UInt8] {
    var out: [UInt8] = []
    switch self {
    case .rsa(let modulus, let exponent):
      out.append(Kind.rsa, size: 1)
      out.appendBlock(modulus)
      out.appendBlock(exponent)
    case .ecdh(let curve, let point), .ecdsa(let curve, let point), .eddsa(let curve, let point):
      out.append(Kind.ecdh, size: 1)
      out.appendBlock(curve.oid)
      out.appendBlock(point)
    }
    return out
  }
}

extension ECDHParameters {
  /// The numbers of RFC 9580 §9.5 and §9.3; nil for two zeros.
  fileprivate static func parse(_ bytes: Span<UInt8>) throws(RecordFault) -> ECDHParameters? {
    let hash: HashAlgorithm
    switch bytes[0] {
    case 0 where bytes[1] == 0: return nil
    case 8: hash = .sha256
    case 9: hash = .sha384
    case 10: hash = .sha512
    default: throw .dongle
    }
    guard let cipher = SymmetricCipher(rawValue: bytes[1]) else { throw .dongle }
    return ECDHParameters(hash: hash, cipher: cipher)
  }

  fileprivate var recorded: [UInt8] {
    switch hash {
    case .sha1: [0, 0]
    case .sha256: [8, cipher.rawValue]
    case .sha384: [9, cipher.rawValue]
    case .sha512: [10, cipher.rawValue]
    }
  }
}
