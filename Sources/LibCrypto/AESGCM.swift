import CLibCrypto
package import Secrets

/// AES in Galois/counter mode (NIST SP 800-38D) with 12-byte nonces and 16-byte tags. The key's size, 16,
/// 24 or 32 bytes, says which AES.
package enum AESGCM {
  /// Bytes of a nonce.
  package static let nonceSize = 12

  /// Adds what `sealed`, ciphertext and tag, holds to `plain`, which must have the room.
  /// - Throws: ``CryptoError/invalidData`` if the tag isn't right; nothing is added then.
  package static func open(
    _ sealed: Span<UInt8>, key: Span<UInt8>, nonce: Span<UInt8>, authenticating data: Span<UInt8>,
    appendingTo plain: inout SecretBytes
  ) throws(CryptoError) {
    try context(false, key, nonce, data).open(sealed, appendingTo: &plain)
  }

  /// `plain` as ciphertext and tag.
  package static func seal(
    _ plain: Span<UInt8>, key: Span<UInt8>, nonce: Span<UInt8>, authenticating data: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    try context(true, key, nonce, data).seal(plain)
  }

  private static func context(
    _ sealing: Bool, _ key: Span<UInt8>, _ nonce: Span<UInt8>, _ data: Span<UInt8>
  ) throws(CryptoError) -> AuthenticatedCipher {
    let cipher: OpaquePointer?
    switch key.count {
    case 16: unsafe cipher = EVP_aes_128_gcm()
    case 24: unsafe cipher = EVP_aes_192_gcm()
    case 32: unsafe cipher = EVP_aes_256_gcm()
    default: throw .invalidKey
    }
    guard nonce.count == nonceSize else { throw .invalidData }
    return unsafe try AuthenticatedCipher(
      cipher, sealing: sealing, key: key, nonce: nonce, authenticating: data)
  }
}
