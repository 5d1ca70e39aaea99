import CLibCrypto
import Secrets

/// One use of an AEAD mode of libcrypto's, with 16-byte tags: what the two of ``AEADMode`` have in common.
@safe
struct AuthenticatedCipher: ~Copyable {
  /// Bytes of a tag.
  static let tagSize = 16

  private let context: OpaquePointer

  /// Sets key, nonce and authenticated data.
  /// - Parameter cipher: a mode for keys of that size; nil is an invalid key.
  init(
    _ cipher: OpaquePointer?, sealing: Bool, key: Span<UInt8>, nonce: Span<UInt8>,
    authenticating data: Span<UInt8>
  ) throws(CryptoError) {
    guard let cipher = unsafe cipher, unsafe EVP_CIPHER_get_key_length(cipher) == key.count else {
      throw .invalidKey
    }
    guard let nonceSize = Int32(exactly: nonce.count), let size = Int32(exactly: data.count) else {
      throw .invalidData
    }
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed }
    let direction: Int32 = sealing ? 1 : 0
    // Safe: key and nonce have the sizes that the cipher was told to read, and are read within the calls.
    let good = unsafe key.withUnsafeBufferPointer { key in
      unsafe nonce.withUnsafeBufferPointer { nonce in
        unsafe data.withUnsafeBufferPointer { data in
          var written: Int32 = 0
          return unsafe EVP_CipherInit_ex2(context, cipher, nil, nil, direction, nil) == 1
            && EVP_CIPHER_CTX_ctrl(
              context, EVP_CTRL_AEAD_SET_IVLEN, nonceSize, nil) == 1
            && EVP_CipherInit_ex2(
              context, nil, key.baseAddress, nonce.baseAddress, direction, nil) == 1
            && (size == 0
              || EVP_CipherUpdate(context, nil, &written, data.baseAddress, size) == 1)
        }
      }
    }
    guard good else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw .failed
    }
    unsafe self.context = context
  }

  deinit {
    // Safe: nothing uses it any longer; libcrypto wipes the key in it.
    unsafe EVP_CIPHER_CTX_free(context)
  }

  /// Checks `sealed`, ciphertext and tag, and adds what it holds to `plain`, which must have room for all
  /// of it.
  consuming func open(
    _ sealed: Span<UInt8>, appendingTo plain: inout SecretBytes
  ) throws(CryptoError) {
    guard sealed.count >= Self.tagSize else { throw .invalidData }
    let before = plain.count
    let end = sealed.count - Self.tagSize
    var tag = [UInt8](repeating: 0, count: Self.tagSize)
    for index in tag.indices { tag[index] = sealed[end + index] }
    // Safe: the tag has the size that is told.
    let isSet = unsafe tag.withUnsafeMutableBytes { tag in
      unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), tag.baseAddress) == 1
    }
    guard isSet else { throw .failed }
    guard try run(sealed.extracting(first: end), appendingTo: &plain) else {
      plain.truncate(to: before)
      throw .invalidData
    }
  }

  /// `plain` as ciphertext and tag.
  consuming func seal(_ plain: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    var sealed = SecretBytes(capacity: plain.count)
    guard try run(plain, appendingTo: &sealed) else { throw .failed }
    var bytes: [UInt8] = []
    sealed.withBytes { sealed in
      for index in sealed.indices { bytes.append(sealed[index]) }
    }
    var tag = [UInt8](repeating: 0, count: Self.tagSize)
    // Safe: the tag has the size that is told.
    let isRead = unsafe tag.withUnsafeMutableBytes { tag in
      unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag.baseAddress) == 1
    }
    guard isRead else { throw .failed }
    return bytes + tag
  }

  /// Turns `bytes` into as many more; false if the end was not good.
  private func run(
    _ bytes: Span<UInt8>, appendingTo out: inout SecretBytes
  ) throws(CryptoError) -> Bool {
    guard bytes.count <= out.capacity - out.count, let size = Int32(exactly: bytes.count) else {
      throw .invalidData
    }
    var good = false
    var end = InlineArray<32, UInt8>(repeating: 0)
    // Safe: the modes write as many bytes in all as they read, for which there is room; what the end
    // brings is at most a block.
    unsafe out.append { room in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        var written: Int32 = 0
        if size > 0 {
          guard
            unsafe EVP_CipherUpdate(
              context, room.baseAddress, &written, bytes.baseAddress, size) == 1
          else { return 0 }
        }
        var last: Int32 = 0
        var span = end.mutableSpan
        let finished = unsafe span.withUnsafeMutableBufferPointer { end in
          unsafe EVP_CipherFinal_ex(context, end.baseAddress, &last)
        }
        guard finished == 1, written + last == size else { return Int(written) }
        for index in 0..<Int(last) { unsafe room[Int(written) + index] = span[index] }
        good = true
        return Int(size)
      }
    }
    return good
  }
}
