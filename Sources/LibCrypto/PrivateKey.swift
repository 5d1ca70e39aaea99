import CLibCrypto

/// A private key in software: the virtual card's, and the ephemeral one of an encrypted message.
public struct PrivateKey: ~Copyable, Sendable {
  /// Its kind and size.
  package let algorithm: KeyAlgorithm
  let handle: PKeyHandle

  init(_ algorithm: KeyAlgorithm, _ handle: consuming PKeyHandle) {
    self.algorithm = algorithm
    self.handle = handle
  }

  /// A new key. RSA gets the public exponent 65537.
  package static func generate(_ algorithm: KeyAlgorithm) throws(CryptoError) -> PrivateKey {
    // Safe: names are zero-terminated; contexts are freed on every way out; what comes back is ours.
    var key: OpaquePointer?
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, algorithm.typeName.cString, nil)
    else { throw .failed }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_keygen_init(context) == 1 else { throw .failed }
    switch algorithm {
    case .rsa(let bits):
      guard (2048...4096).contains(bits),
        unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1
      else { throw .invalidKey }
    case .ecdsa(let curve) where curve.form == .weierstrass,
      .ecdh(let curve) where curve.form == .weierstrass:
      guard unsafe EVP_PKEY_CTX_set_group_name(context, curve.cName) == 1 else {
        throw .invalidKey
      }
    default: break
    }
    guard unsafe EVP_PKEY_generate(context, &key) == 1 else { throw .failed }
    return PrivateKey(algorithm, unsafe try PKeyHandle(key))
  }

  /// The RSA key of a public exponent and two primes, all big-endian.
  package init(
    rsaExponent exponent: Span<UInt8>, primes p: Span<UInt8>, _ q: Span<UInt8>
  ) throws(CryptoError) {
    let handle = try RSANumbers.handle(exponent: exponent, p, q)
    let modulus = try BigNumber("n", of: handle).bytes()
    self.init(PublicKey.rsa(modulus: modulus, exponent: []).algorithm, handle)
  }

  /// The key on a curve with a secret scalar: on a Weierstrass curve the big-endian number, for EdDSA
  /// the seed (RFC 8032), for X25519 the little-endian string of RFC 7748.
  package init(_ algorithm: KeyAlgorithm, scalar: Span<UInt8>) throws(CryptoError) {
    switch algorithm {
    case .rsa: throw .invalidKey
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve):
      guard scalar.count <= curve.coordinateSize else { throw .invalidKey }
      if curve.form == .weierstrass {
        self.init(algorithm, try WeierstrassScalar.handle(curve, scalar))
      } else {
        guard scalar.count == curve.coordinateSize else { throw .invalidKey }
        // Safe: the scalar is read within the call.
        let key = unsafe scalar.withUnsafeBufferPointer { scalar in
          unsafe EVP_PKEY_new_raw_private_key_ex(
            nil, curve.cName, nil, scalar.baseAddress, scalar.count)
        }
        self.init(algorithm, unsafe try PKeyHandle(key))
      }
    }
  }

  /// Its public half.
  package func publicKey() throws(CryptoError) -> PublicKey {
    switch algorithm {
    case .rsa:
      return .rsa(
        modulus: try BigNumber("n", of: handle).bytes(),
        exponent: try BigNumber("e", of: handle).bytes())
    case .ecdsa(let curve): return .ecdsa(curve, point: try point(on: curve))
    case .ecdh(let curve): return .ecdh(curve, point: try point(on: curve))
    case .eddsa(let curve): return .eddsa(curve, point: try point(on: curve))
    }
  }

  private func point(on curve: Curve) throws(CryptoError) -> [UInt8] {
    var good = false
    // Safe: the room has the point's size, and libcrypto is told so.
    let point = unsafe [UInt8](unsafeUninitializedCapacity: curve.pointSize) { room, count in
      var written = curve.pointSize
      if curve.form == .weierstrass {
        good =
          unsafe EVP_PKEY_get_octet_string_param(
            handle.pointer, StaticString("encoded-pub-key").cString, room.baseAddress, room.count,
            &written) == 1
      } else {
        good = unsafe EVP_PKEY_get_raw_public_key(handle.pointer, room.baseAddress, &written) == 1
      }
      count = good ? written : 0
    }
    guard good, point.count == curve.pointSize else { throw .failed }
    return point
  }

  /// An RSA key's numbers, big-endian: the exponent and the modulus without leading zeros, the primes
  /// padded to half the modulus.
  package func rsaNumbers() throws(CryptoError) -> (
    e: [UInt8], p: [UInt8], q: [UInt8], n: [UInt8]
  ) {
    guard case .rsa(let bits) = algorithm else { throw .invalidKey }
    let half = (bits + 15) / 16
    return (
      try BigNumber("e", of: handle).bytes(),
      try BigNumber("rsa-factor1", of: handle).bytes(paddedTo: half),
      try BigNumber("rsa-factor2", of: handle).bytes(paddedTo: half),
      try BigNumber("n", of: handle).bytes()
    )
  }

  /// A curve key's secret, as ``init(_:scalar:)`` takes it.
  package func scalar() throws(CryptoError) -> [UInt8] {
    switch algorithm {
    case .rsa: throw .invalidKey
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve):
      if curve.form == .weierstrass {
        return try BigNumber("priv", of: handle).bytes(paddedTo: curve.coordinateSize)
      }
      var good = false
      // Safe: the room has the secret's size, and libcrypto is told so.
      let scalar = unsafe [UInt8](unsafeUninitializedCapacity: curve.coordinateSize) {
        room, count in
        var written = curve.coordinateSize
        good = unsafe EVP_PKEY_get_raw_private_key(handle.pointer, room.baseAddress, &written) == 1
        count = good ? written : 0
      }
      guard good else { throw .failed }
      return scalar
    }
  }
}

extension KeyAlgorithm {
  /// libcrypto's name of the kind of key.
  fileprivate var typeName: StaticString {
    switch self {
    case .rsa: "RSA"
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve):
      curve.form == .weierstrass ? "EC" : curve.groupName
    }
  }
}
