import LibCrypto

/// A private key as the card's file holds it.
enum KeyMaterial: Codable, Equatable, Sendable {
  /// Public exponent and primes.
  case rsa(exponent: Hex, p: Hex, q: Hex)
  /// The secret as ``PrivateKey`` takes it.
  case curve(scalar: Hex)

  /// What `key` consists of.
  init(_ key: borrowing PrivateKey) throws(CryptoError) {
    if case .rsa = key.algorithm {
      let numbers = try key.rsaNumbers()
      self = .rsa(exponent: Hex(numbers.e), p: Hex(numbers.p), q: Hex(numbers.q))
    } else {
      self = .curve(scalar: Hex(try key.scalar()))
    }
  }

  /// The key, ready for use.
  func key(_ algorithm: KeyAlgorithm) throws(CryptoError) -> PrivateKey {
    switch self {
    case .rsa(let exponent, let p, let q):
      try PrivateKey(rsaExponent: exponent.bytes.span, primes: p.bytes.span, q.bytes.span)
    case .curve(let scalar):
      try PrivateKey(algorithm, scalar: scalar.bytes.span)
    }
  }
}
