import CLibCrypto

extension PublicKey {
  /// Whether `signature` is this key's over `digest`.
  /// - Parameters:
  ///   - signature: RSA: as long as the modulus; ECDSA: `r ‖ s`; EdDSA: `R ‖ S`, each half of the
  ///     curve's ``Curve/coordinateSize``.
  ///   - digest: the hash, which EdDSA in OpenPGP signs as its message (RFC 9580 §5.2.3.4).
  ///   - hash: what made the digest.
  package func verify(_ signature: Span<UInt8>, of digest: Span<UInt8>, hash: HashAlgorithm) -> Bool
  {
    guard digest.count == hash.digestSize else { return false }
    do throws(CryptoError) {
      let key = try handle()
      switch self {
      case .rsa(let modulus, _):
        guard signature.count == modulus.count else { return false }
        return unsafe try key.withContext { context throws(CryptoError) in
          // RSA_PKCS1_PADDING is 1.
          guard unsafe EVP_PKEY_verify_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, 1) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(context, hash.method) == 1
          else { throw .failed }
          return unsafe Self.verify(context, signature, digest)
        }
      case .ecdsa(let curve, _):
        guard signature.count == 2 * curve.coordinateSize else { return false }
        let der = ECDSASignature.der(fromRaw: signature)
        return unsafe try key.withContext { context throws(CryptoError) in
          guard unsafe EVP_PKEY_verify_init(context) == 1 else { throw .failed }
          return unsafe Self.verify(context, der.span, digest)
        }
      case .eddsa(let curve, _):
        guard signature.count == 2 * curve.coordinateSize else { return false }
        return try Self.verifyEdwards(key, signature, digest)
      case .ecdh:
        return false
      }
    } catch {
      return false
    }
  }

  @unsafe
  private static func verify(
    _ context: OpaquePointer, _ signature: Span<UInt8>, _ digest: Span<UInt8>
  ) -> Bool {
    // Safe: both are read within the call, with their lengths.
    unsafe signature.withUnsafeBufferPointer { signature in
      unsafe digest.withUnsafeBufferPointer { digest in
        unsafe EVP_PKEY_verify(
          context, signature.baseAddress, signature.count, digest.baseAddress, digest.count) == 1
      }
    }
  }

  private static func verifyEdwards(
    _ key: borrowing PKeyHandle, _ signature: Span<UInt8>, _ message: Span<UInt8>
  ) throws(CryptoError) -> Bool {
    // Safe: the context is freed on every way out; both spans are read within the call.
    guard let context = unsafe EVP_MD_CTX_new() else { throw .failed }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key.pointer, nil) == 1 else {
      throw .failed
    }
    return unsafe signature.withUnsafeBufferPointer { signature in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_DigestVerify(
          context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
      }
    }
  }
}
