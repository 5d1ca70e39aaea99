public import LibCrypto

/// How an ECDH key's shared secret becomes the key that wraps the session key (RFC 9580 §5.5.5.6). Part of
/// the public-key packet, and so of the fingerprint.
public struct ECDHParameters: Equatable, Sendable {
  /// The hash function of the derivation.
  public let hash: HashAlgorithm
  /// The cipher that wraps.
  public let cipher: SymmetricCipher

  /// Those two.
  public init(hash: HashAlgorithm, cipher: SymmetricCipher) {
    self.hash = hash
    self.cipher = cipher
  }

  /// What gpg and RFC 9580 §11.5.1 use for a curve.
  public init(for curve: Curve) {
    if curve.coordinateSize <= 32 {
      self.init(hash: .sha256, cipher: .aes128)
    } else if curve.coordinateSize <= 48 {
      self.init(hash: .sha384, cipher: .aes192)
    } else {
      self.init(hash: .sha512, cipher: .aes256)
    }
  }

  /// All that a key may have, the likely ones first: programs differ from ``init(for:)`` (gpg 2.4 has
  /// `03010909` for P-384 where gpg 2.2 has `03010908`).
  static var all: [ECDHParameters] {
    var candidates: [ECDHParameters] = []
    for hash in [HashAlgorithm.sha384, .sha512, .sha256] {
      for cipher in [SymmetricCipher.aes256, .aes192, .aes128] {
        candidates.append(ECDHParameters(hash: hash, cipher: cipher))
      }
    }
    return candidates
  }

  /// The field as the packet has it: `03 01 hash cipher`.
  var bytes: [UInt8] { [3, 1, hash.openPGP, cipher.rawValue] }

  /// Reads the field.
  init(reading reader: inout ByteReader) throws(OpenPGPError) {
    let size = try reader.byte()
    let reserved = try reader.byte()
    let hashNumber = try reader.byte()
    let cipherNumber = try reader.byte()
    guard size == 3, reserved == 1, let hash = HashAlgorithm(openPGP: hashNumber), hash != .sha1,
      let cipher = SymmetricCipher(rawValue: cipherNumber)
    else { throw .malformed(tag: PacketTag.publicKey) }
    self.init(hash: hash, cipher: cipher)
  }
}
