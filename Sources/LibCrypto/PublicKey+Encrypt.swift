import CLibCrypto

extension PublicKey {
  /// `plain` encrypted with PKCS #1 v1.5 padding: as long as the modulus. RSA only.
  /// - Throws: ``CryptoError/invalidData`` if it is longer than the modulus less 11 bytes.
  package func encryptPKCS1(_ plain: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    guard case .rsa(let modulus, _) = self else { throw .invalidKey }
    guard plain.count <= modulus.count - 11 else { throw .invalidData }
    let key = try handle()
    return unsafe try key.withContext { context throws(CryptoError) in
      // RSA_PKCS1_PADDING is 1.
      guard unsafe EVP_PKEY_encrypt_init(context) == 1,
        unsafe EVP_PKEY_CTX_set_rsa_padding(context, 1) == 1
      else { throw .failed }
      var good = false
      // Safe: the output is as long as the modulus, which is what RSA writes.
      let out = unsafe [UInt8](unsafeUninitializedCapacity: modulus.count) { room, count in
        var written = modulus.count
        unsafe plain.withUnsafeBufferPointer { plain in
          good =
            unsafe EVP_PKEY_encrypt(
              context, room.baseAddress, &written, plain.baseAddress, plain.count) == 1
        }
        count = good ? written : 0
      }
      guard good, out.count == modulus.count else { throw .failed }
      return out
    }
  }
}
