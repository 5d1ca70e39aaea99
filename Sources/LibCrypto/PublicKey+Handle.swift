import CLibCrypto

extension PublicKey {
  /// libcrypto's key of these numbers.
  /// - Throws: ``CryptoError/invalidKey`` for numbers that make no key: a point off its curve, an even
  ///   modulus, sizes out of bounds.
  func handle() throws(CryptoError) -> PKeyHandle {
    switch self {
    case .rsa(let modulus, let exponent):
      guard (2048...16384).contains(algorithm.bits), let last = modulus.last, last & 1 == 1,
        let low = exponent.last, low & 1 == 1, exponent.count <= 4, exponent != [1]
      else { throw .invalidKey }
      return try Self.rsaHandle(modulus, exponent)
    case .ecdsa(let curve, let point), .ecdh(let curve, let point), .eddsa(let curve, let point):
      guard point.count == curve.pointSize else { throw .invalidKey }
      return try Self.curveHandle(curve, point)
    }
  }

  private static func rsaHandle(
    _ modulus: [UInt8], _ exponent: [UInt8]
  ) throws(CryptoError) -> PKeyHandle {
    let n = try BigNumber(modulus.span)
    let e = try BigNumber(exponent.span)
    // Safe: the builder borrows the numbers, which outlive it.
    guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .failed }
    defer { unsafe OSSL_PARAM_BLD_free(builder) }
    guard unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.modulus.cString, n.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.exponent.cString, e.pointer) == 1
    else { throw .failed }
    defer {
      extendLifetime(n)
      extendLifetime(e)
    }
    return unsafe try PKeyHandle(
      PKeyHandle.make("RSA", selection: Int32(libcrypto_public_key), builder))
  }

  private static func curveHandle(
    _ curve: Curve, _ point: [UInt8]
  ) throws(CryptoError) -> PKeyHandle {
    // Safe: names are zero-terminated, and the point is read within the calls.
    if curve.form != .weierstrass {
      let key = unsafe point.withUnsafeBufferPointer { point in
        unsafe EVP_PKEY_new_raw_public_key_ex(
          nil, curve.cName, nil, point.baseAddress, point.count)
      }
      return unsafe try PKeyHandle(key)
    }
    guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .failed }
    defer { unsafe OSSL_PARAM_BLD_free(builder) }
    let made = unsafe point.withUnsafeBufferPointer { point -> OpaquePointer? in
      guard
        unsafe OSSL_PARAM_BLD_push_utf8_string(builder, KeyParameter.group.cString, curve.cName, 0)
          == 1,
        unsafe OSSL_PARAM_BLD_push_octet_string(
          builder, KeyParameter.point.cString, point.baseAddress, point.count) == 1
      else { return nil }
      return unsafe PKeyHandle.make("EC", selection: Int32(libcrypto_public_key), builder)
    }
    let key = unsafe try PKeyHandle(made)
    unsafe try key.withContext { context throws(CryptoError) in
      guard unsafe EVP_PKEY_public_check(context) == 1 else { throw .invalidKey }
    }
    return key
  }
}

extension KeyAlgorithm {
  /// The modulus' bits, or zero where there is none.
  var bits: Int {
    if case .rsa(let bits) = self { bits } else { 0 }
  }
}

extension Curve {
  /// ``groupName`` as C has it.
  @unsafe
  var cName: UnsafePointer<CChar> { unsafe groupName.cString }
}

extension StaticString {
  /// The string as C has it.
  @unsafe
  var cString: UnsafePointer<CChar> {
    // Safe: a static string lives for ever and ends with a zero.
    unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
