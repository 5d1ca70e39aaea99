import CLibCrypto
package import Secrets

/// AES in full-block CFB mode with a zero IV, as OpenPGP's integrity-protected data use it (RFC 9580
/// §5.13.1). The key's size, 16, 24 or 32 bytes, says which AES.
@safe
public struct AESCFB: ~Copyable {
  /// Which way.
  package enum Direction: Equatable, Sendable {
    /// Plaintext in, ciphertext out.
    case encrypt
    /// Ciphertext in, plaintext out.
    case decrypt
  }

  private let context: OpaquePointer

  /// Starts with `key`.
  package init(_ direction: Direction, key: Span<UInt8>) throws(CryptoError) {
    let cipher: OpaquePointer?
    switch key.count {
    case 16: unsafe cipher = EVP_aes_128_cfb128()
    case 24: unsafe cipher = EVP_aes_192_cfb128()
    case 32: unsafe cipher = EVP_aes_256_cfb128()
    default: throw .invalidKey
    }
    // Safe: the context is ours, freed in deinit, which wipes the key in it.
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed }
    let iv = InlineArray<16, UInt8>(repeating: 0)
    // Safe: key and IV have the sizes that the cipher reads, and are read within the call.
    let good = unsafe key.withUnsafeBufferPointer { key in
      unsafe iv.span.withUnsafeBufferPointer { iv in
        unsafe EVP_CipherInit_ex2(
          context, cipher, key.baseAddress, iv.baseAddress, direction == .encrypt ? 1 : 0, nil)
      }
    }
    guard good == 1 else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw .failed
    }
    unsafe self.context = context
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe EVP_CIPHER_CTX_free(context)
  }

  /// Turns `bytes` into as many more, added to `out`.
  /// - Throws: ``CryptoError/invalidData`` if `out` has no room for them.
  package mutating func update(
    _ bytes: Span<UInt8>, appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    guard bytes.count <= out.capacity - out.count, let size = Int32(exactly: bytes.count) else {
      throw .invalidData
    }
    guard size > 0 else { return }
    var good = false
    // Safe: CFB writes as many bytes as it reads, and the room was just checked.
    unsafe out.append { room in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        var written: Int32 = 0
        good =
          unsafe EVP_CipherUpdate(
            context, room.baseAddress, &written, bytes.baseAddress, size) == 1
        return good ? Int(written) : 0
      }
    }
    guard good else { throw .failed }
  }
}
