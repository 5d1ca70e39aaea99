import CLibCrypto
package import Secrets

/// A hash in the making (`EVP_MD_CTX`).
///
/// The type is public, as are all here with a deinit, though its members aren't: the Embedded build doesn't
/// see the deinit of a package type of another module.
@safe
public struct MessageDigest: ~Copyable, @unchecked Sendable {
  private let context: OpaquePointer
  private let method: OpaquePointer
  /// The hash function.
  package let algorithm: HashAlgorithm

  /// Starts a hash.
  package init(_ algorithm: HashAlgorithm) throws(CryptoError) {
    guard let method = unsafe DigestMethods.method(for: algorithm) else { throw .failed }
    // Safe: the context is ours, freed in deinit.
    guard let context = unsafe EVP_MD_CTX_new() else { throw .failed }
    guard unsafe EVP_DigestInit_ex2(context, method, nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      throw .failed
    }
    unsafe self.context = context
    unsafe self.method = method
    self.algorithm = algorithm
  }

  deinit {
    // Safe: nothing uses it any longer; libcrypto wipes the state.
    unsafe EVP_MD_CTX_free(context)
  }

  /// Adds bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    // Safe: the pointer is used only within the call. EVP_DigestUpdate cannot fail on a context that
    // was initialised.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      _ = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
  }

  /// The digest; the hash then starts anew.
  package mutating func finish() -> [UInt8] {
    let size = algorithm.digestSize
    // Safe: the room is what the algorithm writes.
    let digest = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      _ = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      count = size
    }
    restart()
    return digest
  }

  /// The digest into `room`, which must be as long; the hash then starts anew.
  package mutating func finish(into room: inout MutableSpan<UInt8>) {
    precondition(room.count == algorithm.digestSize)
    // Safe: the room was just checked.
    unsafe room.withUnsafeMutableBufferPointer { buffer in
      _ = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
    }
    restart()
  }

  /// Adds the digest to `secret`, which must have the room; the hash then starts anew.
  package mutating func finish(into secret: inout SecretBytes) {
    let size = algorithm.digestSize
    precondition(secret.capacity - secret.count >= size)
    // Safe: the room was just checked.
    unsafe secret.append { buffer in
      _ = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      return size
    }
    restart()
  }

  private mutating func restart() {
    // Safe: both handles live as long as self.
    _ = unsafe EVP_DigestInit_ex2(context, method, nil)
  }
}

/// The hash functions, each fetched from libcrypto once a process: fetching costs more than a small
/// hash does.
private enum DigestMethods {
  // Safe: libcrypto's methods are immutable and never freed here.
  nonisolated(unsafe) static let sha1 = unsafe fetch("SHA1")
  nonisolated(unsafe) static let sha256 = unsafe fetch("SHA256")
  nonisolated(unsafe) static let sha384 = unsafe fetch("SHA384")
  nonisolated(unsafe) static let sha512 = unsafe fetch("SHA512")

  private static func fetch(_ name: StaticString) -> OpaquePointer? {
    // Safe: a C string that lives forever.
    unsafe EVP_MD_fetch(nil, name.cString, nil)
  }

  @unsafe
  static func method(for algorithm: HashAlgorithm) -> OpaquePointer? {
    switch algorithm {
    case .sha1: unsafe sha1
    case .sha256: unsafe sha256
    case .sha384: unsafe sha384
    case .sha512: unsafe sha512
    }
  }
}

extension HashAlgorithm {
  /// libcrypto's own handle of it, borrowed for ever.
  @unsafe
  var method: OpaquePointer? { unsafe DigestMethods.method(for: self) }
}

/// The digest of `bytes`.
package func digest(
  _ algorithm: HashAlgorithm, of bytes: Span<UInt8>
) throws(CryptoError) -> [UInt8] {
  var hash = try MessageDigest(algorithm)
  hash.update(bytes)
  return hash.finish()
}

/// Whether both are the same bytes, in a time that tells nothing about where they differ.
package func equalInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  // Safe: both pointers are used only within the call, with their common length.
  return unsafe left.withUnsafeBufferPointer { left in
    unsafe right.withUnsafeBufferPointer { right in
      unsafe left.isEmpty || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
    }
  }
}
