import CLibCrypto

/// The MD5 of bytes, as package managers keep it for the files they ship: it tells an accident, not an
/// attack.
@safe
public struct FileChecksum: ~Copyable, @unchecked Sendable {
  private let context: OpaquePointer?

  /// Starts one.
  package init() {
    // Safe: the context is ours, freed in deinit.
    let context = unsafe EVP_MD_CTX_new()
    if let context = unsafe context {
      // Safe: the name is a C string that lives forever; libcrypto keeps the method with the context.
      let method = unsafe EVP_MD_fetch(nil, "MD5", nil)
      let started = unsafe method != nil && EVP_DigestInit_ex2(context, method, nil) == 1
      unsafe EVP_MD_free(method)
      if started {
        unsafe self.context = context
        return
      }
      unsafe EVP_MD_CTX_free(context)
    }
    unsafe self.context = nil
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe EVP_MD_CTX_free(context)
  }

  /// Adds bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    guard let context = unsafe context else { return }
    // Safe: the pointer is used only within the call.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      _ = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
  }

  /// The checksum, of which nothing more can be made.
  /// - Returns: 16 bytes; nil where libcrypto was built without it.
  package consuming func finish() -> [UInt8]? {
    guard let context = unsafe context else { return nil }
    var sum = [UInt8](repeating: 0, count: 16)
    // Safe: MD5 writes 16 bytes.
    let done = unsafe sum.withUnsafeMutableBufferPointer { output in
      unsafe EVP_DigestFinal_ex(context, output.baseAddress, nil)
    }
    return done == 1 ? sum : nil
  }
}

/// The MD5 of bytes that are all there; see ``FileChecksum``.
/// - Returns: 16 bytes; nil where libcrypto was built without it.
package func md5(of bytes: Span<UInt8>) -> [UInt8]? {
  var checksum = FileChecksum()
  checksum.update(bytes)
  return checksum.finish()
}
