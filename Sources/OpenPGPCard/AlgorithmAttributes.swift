public import LibCrypto

/// What a slot's key is, or is to be: the content of C1, C2, C3 and of FA's entries (OpenPGP card
/// 3.4.1 §4.4.3.9, §4.4.3.10; EdDSA and Curve25519 as Gnuk began it).
public struct AlgorithmAttributes: Equatable, Sendable {
  /// The bytes as on the card.
  public let encoded: [UInt8]

  /// The content of an attributes object, whatever it is.
  public init(encoded: [UInt8]) { self.encoded = encoded }

  /// Kind and size, or nil where this library has no such algorithm.
  public var algorithm: KeyAlgorithm? {
    guard let identifier = encoded.first else { return nil }
    if identifier == 0x01 {
      guard encoded.count >= 5 else { return nil }
      let bits = Int(encoded[1]) << 8 | Int(encoded[2])
      return bits >= 1024 ? .rsa(bits: bits) : nil
    }
    // A last FF says that an import takes the public key too; no identifier here ends with it.
    let end = encoded.last == 0xFF ? encoded.count - 1 : encoded.count
    guard end > 1, let curve = Curve.named(oid: encoded.span.extracting(1..<end)) else {
      return nil
    }
    switch (identifier, curve.form) {
    case (0x12, .weierstrass), (0x12, .montgomery): return .ecdh(curve)
    case (0x13, .weierstrass): return .ecdsa(curve)
    case (0x16, .edwards): return .eddsa(curve)
    // Yubikeys before firmware 5.7 list Curve25519 under EdDSA's number, and keep it where it is put.
    case (0x16, .montgomery): return .ecdh(curve)
    default: return nil
    }
  }

  /// These, with ECDH's own number where a card lists Curve25519 under EdDSA's.
  var corrected: AlgorithmAttributes {
    guard encoded.first == 0x16, case .ecdh = algorithm else { return self }
    return AlgorithmAttributes(encoded: [0x12] + encoded.dropFirst())
  }

  /// Attributes of an elliptic curve, without the import's public key; nil for RSA, whose exponent
  /// size differs by brand.
  static func curve(_ algorithm: KeyAlgorithm) -> AlgorithmAttributes? {
    switch algorithm {
    case .rsa: nil
    case .ecdh(let curve): AlgorithmAttributes(encoded: [0x12] + curve.oid)
    case .ecdsa(let curve): AlgorithmAttributes(encoded: [0x13] + curve.oid)
    case .eddsa(let curve): AlgorithmAttributes(encoded: [0x16] + curve.oid)
    }
  }

  /// For RSA: these attributes with another size of the modulus. Nil if they are no RSA's.
  func resized(toBits bits: Int) -> AlgorithmAttributes? {
    guard encoded.count >= 5, encoded[0] == 0x01, (1024...16384).contains(bits) else { return nil }
    var changed = encoded
    changed[1] = UInt8(bits >> 8)
    changed[2] = UInt8(bits & 0xFF)
    return AlgorithmAttributes(encoded: changed)
  }

  /// For RSA: bytes of the exponent in an import.
  var exponentSize: Int {
    guard encoded.count >= 5, encoded[0] == 0x01 else { return 0 }
    return (Int(encoded[3]) << 8 | Int(encoded[4])) / 8 + ((encoded[4] & 7) == 0 ? 0 : 1)
  }

  /// Which numbers an import carries.
  var importForm: ImportForm {
    guard encoded.first == 0x01 else {
      return encoded.last == 0xFF ? .withPublicKey : .plain
    }
    switch encoded.count > 5 ? encoded[5] : 0 {
    case 0x01: return .withPublicKey
    case 0x02: return .remainders
    case 0x03: return .remaindersWithPublicKey
    default: return .plain
    }
  }

  /// Which numbers an import carries.
  enum ImportForm: Equatable {
    /// RSA e, p, q; a curve's scalar.
    case plain
    /// The modulus or the point too.
    case withPublicKey
    /// RSA: 1/q, dp, dq too.
    case remainders
    /// RSA: all of them.
    case remaindersWithPublicKey

    /// Whether the modulus or the point goes along.
    var hasPublicKey: Bool { self == .withPublicKey || self == .remaindersWithPublicKey }
    /// Whether 1/q, dp and dq go along.
    var hasRemainders: Bool { self == .remainders || self == .remaindersWithPublicKey }
  }
}
