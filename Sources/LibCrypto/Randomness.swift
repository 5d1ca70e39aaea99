import CLibCrypto
package import Secrets

/// Random bytes that may become public: salts, identifiers, padding.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
  var good = false
  // Safe: the buffer has `count` bytes.
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
    good = unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1
    used = good ? count : 0
  }
  guard good else { throw .failed }
  return bytes
}

extension SecretBytes {
  /// Adds `count` random bytes from libcrypto's generator for secrets. Traps beyond ``capacity``.
  package mutating func appendRandom(_ count: Int) throws(CryptoError) {
    precondition(count <= capacity - self.count)
    var good = false
    // Safe: the room was just checked.
    unsafe append { buffer in
      good = unsafe RAND_priv_bytes(buffer.baseAddress, Int32(count)) == 1
      return good ? count : 0
    }
    guard good else { throw .failed }
  }
}
