public import Secrets

/// What undoes the compression inside of a message. The initramfs program has none.
public protocol Decompression {
  /// Adds the decompressed bytes to `plain`.
  /// - Parameters:
  ///   - algorithm: 1 for raw deflate, 2 for zlib, 3 for bzip2 (RFC 9580 §9.4).
  ///   - compressed: all of the compressed bytes.
  ///   - limit: at most so many bytes may come out, for which `plain` has room.
  /// - Throws: ``OpenPGPError/unsupportedCompression(_:)``, ``OpenPGPError/tooLarge(limit:)``, or
  ///   ``OpenPGPError/malformed(tag:)`` for broken data or bytes behind its end.
  func decompress(
    algorithm: UInt8, _ compressed: Span<UInt8>, limit: Int, into plain: inout SecretBytes
  ) throws(OpenPGPError)
}

/// Undoes nothing, and says by what the message is compressed.
public struct NoDecompression: Decompression {
  /// Nothing to be set up.
  public init() {}

  /// Throws ``OpenPGPError/unsupportedCompression(_:)``.
  public func decompress(
    algorithm: UInt8, _ compressed: Span<UInt8>, limit: Int, into plain: inout SecretBytes
  ) throws(OpenPGPError) {
    throw .unsupportedCompression(algorithm)
  }
}
