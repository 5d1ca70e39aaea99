import CLibCrypto
package import Secrets

/// HKDF with SHA-256 (RFC 5869): extract and expand.
package enum HKDF {
  /// Adds `count` bytes, derived from `secret`, to `out`, which must have the room.
  /// - Parameters:
  ///   - secret: the input keying material; not empty.
  ///   - salt: may be empty.
  ///   - info: what tells one use from another; may be empty.
  package static func sha256(
    _ secret: Span<UInt8>, salt: Span<UInt8>, info: Span<UInt8>, count: Int,
    appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    guard count > 0, count <= 255 * 32, count <= out.capacity - out.count, !secret.isEmpty,
      let secretSize = Int32(exactly: secret.count), let saltSize = Int32(exactly: salt.count),
      let infoSize = Int32(exactly: info.count)
    else { throw .invalidData }
    // Safe: the context is freed on every way out, which wipes the copies in it; names are
    // zero-terminated.
    guard let context = unsafe EVP_PKEY_CTX_new_id(NID_hkdf, nil) else { throw .failed }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_derive_init(context) == 1,
      unsafe EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
    else { throw .failed }
    // Safe: each is copied within the call.
    let ready = unsafe secret.withUnsafeBufferPointer { secret in
      unsafe salt.withUnsafeBufferPointer { salt in
        unsafe info.withUnsafeBufferPointer { info in
          unsafe EVP_PKEY_CTX_set1_hkdf_key(context, secret.baseAddress, secretSize) == 1
            && (saltSize == 0
              || EVP_PKEY_CTX_set1_hkdf_salt(context, salt.baseAddress, saltSize) == 1)
            && (infoSize == 0
              || EVP_PKEY_CTX_add1_hkdf_info(context, info.baseAddress, infoSize) == 1)
        }
      }
    }
    guard ready else { throw .failed }
    var good = false
    // Safe: it writes `count` bytes, for which there is room, as checked.
    unsafe out.append { room in
      var size = count
      good = unsafe EVP_PKEY_derive(context, room.baseAddress, &size) == 1 && size == count
      return good ? count : 0
    }
    guard good else { throw .failed }
  }
}
