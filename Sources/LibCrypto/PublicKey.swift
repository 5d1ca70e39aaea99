/// A public key's numbers, as a card and a certificate both give them.
public enum PublicKey: Equatable, Sendable {
  /// Modulus and exponent, big-endian without leading zeros.
  case rsa(modulus: [UInt8], exponent: [UInt8])
  /// Signs with ECDSA. The point as its curve's ``Curve/Form`` writes it.
  case ecdsa(Curve, point: [UInt8])
  /// Agrees on a secret with ECDH. The point as its curve's ``Curve/Form`` writes it.
  case ecdh(Curve, point: [UInt8])
  /// Signs with EdDSA. The bare point.
  case eddsa(Curve, point: [UInt8])

  /// Its kind and size.
  public var algorithm: KeyAlgorithm {
    switch self {
    case .rsa(let modulus, _):
      .rsa(bits: modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0))
    case .ecdsa(let curve, _): .ecdsa(curve)
    case .ecdh(let curve, _): .ecdh(curve)
    case .eddsa(let curve, _): .eddsa(curve)
    }
  }
}

/// A key's kind and size.
public enum KeyAlgorithm: Equatable, Sendable {
  /// RSA with a modulus of that many bits.
  case rsa(bits: Int)
  /// ECDSA on a curve.
  case ecdsa(Curve)
  /// ECDH on a curve.
  case ecdh(Curve)
  /// EdDSA on a curve.
  case eddsa(Curve)
}

/// What a card's decipher operation is given: the encrypted session key in its raw form.
public enum Cryptogram: Equatable, Sendable {
  /// An RSA cryptogram, left-padded to the size of the modulus.
  case rsa([UInt8])
  /// The sender's ephemeral point, as the curve's ``Curve/Form`` writes it.
  case ecdh(point: [UInt8])
}
