import CLibCrypto

/// The MD5 of bytes, as package managers keep it for the files they ship: it tells an accident, not an
/// attack.
/// - Returns: 16 bytes; nil where libcrypto was built without it.
package func md5(of bytes: Span<UInt8>) -> [UInt8]? {
  var size = 0
  var digest = [UInt8](repeating: 0, count: 16)
  // Safe: the bytes are borrowed for the call, which writes MD5's 16 bytes.
  let done = unsafe bytes.withUnsafeBufferPointer { input in
    unsafe digest.withUnsafeMutableBufferPointer { output in
      unsafe EVP_Q_digest(
        nil, "MD5", nil, input.baseAddress, input.count, output.baseAddress, &size)
    }
  }
  return done == 1 && size == 16 ? digest : nil
}
