import CLibCrypto

/// An RSA private key from its exponent and primes: the rest is computed.
enum RSANumbers {
  /// - Throws: ``CryptoError/invalidKey`` if the primes make no such key.
  static func handle(
    exponent: Span<UInt8>, _ first: Span<UInt8>, _ second: Span<UInt8>
  ) throws(CryptoError) -> PKeyHandle {
    // Safe: all handles live to the end of this function, and numbers are passed as their own type.
    guard let context = unsafe BN_CTX_secure_new() else { throw .failed }
    defer { unsafe BN_CTX_free(context) }
    let e = try BigNumber(exponent)
    let p = try BigNumber(first)
    let q = try BigNumber(second)
    let one = try BigNumber([1].span)
    let n = try BigNumber()
    let pLess = try BigNumber()
    let qLess = try BigNumber()
    let phi = try BigNumber()
    let d = try BigNumber()
    let dP = try BigNumber()
    let dQ = try BigNumber()
    let qInverse = try BigNumber()
    guard unsafe BN_cmp(p.pointer, one.pointer) > 0, unsafe BN_cmp(q.pointer, one.pointer) > 0,
      unsafe BN_mul(n.pointer, p.pointer, q.pointer, context) == 1,
      unsafe BN_sub(pLess.pointer, p.pointer, one.pointer) == 1,
      unsafe BN_sub(qLess.pointer, q.pointer, one.pointer) == 1,
      unsafe BN_mul(phi.pointer, pLess.pointer, qLess.pointer, context) == 1,
      unsafe BN_mod_inverse(d.pointer, e.pointer, phi.pointer, context) != nil,
      unsafe BN_div(nil, dP.pointer, d.pointer, pLess.pointer, context) == 1,
      unsafe BN_div(nil, dQ.pointer, d.pointer, qLess.pointer, context) == 1,
      unsafe BN_mod_inverse(qInverse.pointer, q.pointer, p.pointer, context) != nil
    else { throw .invalidKey }

    guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .failed }
    defer { unsafe OSSL_PARAM_BLD_free(builder) }
    guard unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.modulus.cString, n.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.exponent.cString, e.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.privateExponent.cString, d.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.firstPrime.cString, p.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.secondPrime.cString, q.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.firstExponent.cString, dP.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.secondExponent.cString, dQ.pointer) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.coefficient.cString, qInverse.pointer)
        == 1
    else { throw .failed }
    // The builder only points at the numbers.
    defer {
      extendLifetime(e)
      extendLifetime(p)
      extendLifetime(q)
      extendLifetime(n)
      extendLifetime(d)
      extendLifetime(dP)
      extendLifetime(dQ)
      extendLifetime(qInverse)
    }
    return unsafe try PKeyHandle(
      PKeyHandle.make("RSA", selection: Int32(libcrypto_keypair), builder))
  }
}
