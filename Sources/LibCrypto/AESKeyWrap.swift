import CLibCrypto
package import Secrets

/// AES key wrap (RFC 3394) with its default initial value. The key's size, 16, 24 or 32 bytes, says
/// which AES.
package enum AESKeyWrap {
  /// `plain`, a multiple of 8 bytes and at least 16, wrapped: 8 bytes longer.
  package static func wrap(
    _ plain: Span<UInt8>, key: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    guard plain.count >= 16, plain.count % 8 == 0, plain.count <= 4096 else { throw .invalidData }
    var out = SecretBytes(capacity: plain.count + 16)
    try run(plain, key: key, wrapping: true, appendingTo: &out)
    var wrapped: [UInt8] = []
    wrapped.reserveCapacity(out.count)
    for index in out.bytes.indices { wrapped.append(out.bytes[index]) }
    return wrapped
  }

  /// Adds what `wrapped` holds, 8 bytes shorter, to `out`, which must have room for `wrapped.count`.
  /// - Throws: ``CryptoError/invalidData`` if the key is not the one it was wrapped with.
  package static func unwrap(
    _ wrapped: Span<UInt8>, key: Span<UInt8>, appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    guard wrapped.count >= 24, wrapped.count % 8 == 0, wrapped.count <= 4096,
      wrapped.count <= out.capacity - out.count
    else { throw .invalidData }
    try run(wrapped, key: key, wrapping: false, appendingTo: &out)
  }

  private static func run(
    _ input: Span<UInt8>, key: Span<UInt8>, wrapping: Bool, appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    let cipher: OpaquePointer?
    switch key.count {
    case 16: unsafe cipher = EVP_aes_128_wrap()
    case 24: unsafe cipher = EVP_aes_192_wrap()
    case 32: unsafe cipher = EVP_aes_256_wrap()
    default: throw .invalidKey
    }
    // Safe: the context is freed on every way out, which wipes the key in it.
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    // Safe: EVP_CIPHER_CTX_FLAG_WRAP_ALLOW (1) is what OpenSSL asks for before a wrap mode.
    unsafe EVP_CIPHER_CTX_set_flags(context, 1)
    let ready = unsafe key.withUnsafeBufferPointer { key in
      unsafe EVP_CipherInit_ex2(context, cipher, key.baseAddress, nil, wrapping ? 1 : 0, nil)
    }
    guard ready == 1 else { throw .failed }
    var good = false
    // Safe: the callers made sure of room for the input and 8 bytes more.
    unsafe out.append { room in
      unsafe input.withUnsafeBufferPointer { input in
        var written: Int32 = 0
        good =
          unsafe EVP_CipherUpdate(
            context, room.baseAddress, &written, input.baseAddress, Int32(input.count)) == 1
        return good ? Int(written) : 0
      }
    }
    guard good else { throw .invalidData }
  }
}
