import CLibCrypto

/// AES in CBC mode with a zero IV and no padding: what a card's PSO: ENCIPHER and DECIPHER do with
/// its AES key (OpenPGP card 3.4.1 §7.2.11, §7.2.12). For the virtual card.
package enum AESCBC {
  /// Which way.
  package enum Direction: Equatable, Sendable {
    /// Plaintext in, ciphertext out.
    case encrypt
    /// Ciphertext in, plaintext out.
    case decrypt
  }

  /// Turns whole blocks of 16 bytes into as many others. The key has 16, 24 or 32 bytes.
  /// - Throws: ``CryptoError/invalidData`` for anything but whole blocks.
  package static func process(
    _ blocks: Span<UInt8>, _ direction: Direction, key: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    let cipher: OpaquePointer?
    switch key.count {
    case 16: unsafe cipher = EVP_aes_128_cbc()
    case 24: unsafe cipher = EVP_aes_192_cbc()
    case 32: unsafe cipher = EVP_aes_256_cbc()
    default: throw .invalidKey
    }
    guard blocks.count % 16 == 0, let size = Int32(exactly: blocks.count) else {
      throw .invalidData
    }
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    let iv = InlineArray<16, UInt8>(repeating: 0)
    // Safe: key and IV have the sizes that the cipher reads, and are read within the call.
    let ready = unsafe key.withUnsafeBufferPointer { key in
      unsafe iv.span.withUnsafeBufferPointer { iv in
        unsafe EVP_CipherInit_ex2(
          context, cipher, key.baseAddress, iv.baseAddress, direction == .encrypt ? 1 : 0, nil)
      }
    }
    guard ready == 1, unsafe EVP_CIPHER_CTX_set_padding(context, 0) == 1 else { throw .failed }
    var good = false
    // Safe: without padding CBC writes as many bytes as it reads; one more block is room to spare.
    let out = unsafe [UInt8](unsafeUninitializedCapacity: blocks.count + 16) { room, count in
      var written: Int32 = 0
      unsafe blocks.withUnsafeBufferPointer { blocks in
        good =
          unsafe EVP_CipherUpdate(
            context, room.baseAddress, &written, blocks.baseAddress, size) == 1
      }
      count = good ? Int(written) : 0
    }
    guard good, out.count == blocks.count else { throw .failed }
    return out
  }
}
