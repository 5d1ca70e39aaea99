import CLibCrypto
package import Secrets

/// AES with authentication, 16-byte tags; the key's size, 16, 24 or 32 bytes, says which AES. The numbers
/// are those of RFC 9580 §9.6, whose EAX, 1, libcrypto hasn't.
package enum AEADMode: UInt8 {
  /// OCB (RFC 7253), with 15-byte nonces.
  case ocb = 2
  /// Galois/counter mode (NIST SP 800-38D), with 12-byte nonces.
  case gcm = 3

  /// Bytes of a nonce.
  package var nonceSize: Int { self == .ocb ? 15 : 12 }

  /// Adds what `sealed`, ciphertext and tag, holds to `plain`, which must have the room.
  /// - Throws: ``CryptoError/invalidData`` if the tag isn't right; nothing is added then.
  package func open(
    _ sealed: Span<UInt8>, key: Span<UInt8>, nonce: Span<UInt8>, authenticating data: Span<UInt8>,
    appendingTo plain: inout SecretBytes
  ) throws(CryptoError) {
    try context(false, key, nonce, data).open(sealed, appendingTo: &plain)
  }

  /// `plain` as ciphertext and tag.
  package func seal(
    _ plain: Span<UInt8>, key: Span<UInt8>, nonce: Span<UInt8>, authenticating data: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    try context(true, key, nonce, data).seal(plain)
  }

  private func context(
    _ sealing: Bool, _ key: Span<UInt8>, _ nonce: Span<UInt8>, _ data: Span<UInt8>
  ) throws(CryptoError) -> AuthenticatedCipher {
    let cipher: OpaquePointer?
    switch (self, key.count) {
    case (.ocb, 16): unsafe cipher = EVP_aes_128_ocb()
    case (.ocb, 24): unsafe cipher = EVP_aes_192_ocb()
    case (.ocb, 32): unsafe cipher = EVP_aes_256_ocb()
    case (.gcm, 16): unsafe cipher = EVP_aes_128_gcm()
    case (.gcm, 24): unsafe cipher = EVP_aes_192_gcm()
    case (.gcm, 32): unsafe cipher = EVP_aes_256_gcm()
    default: throw .invalidKey
    }
    guard nonce.count == nonceSize else { throw .invalidData }
    return unsafe try AuthenticatedCipher(
      cipher, sealing: sealing, key: key, nonce: nonce, authenticating: data)
  }
}
