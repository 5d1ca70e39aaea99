import CZlib

/// One member of a gzip file (RFC 1952), decompressed piece by piece; its checksum and length are checked
/// where it ends.
@safe
public struct GzipStream: ~Copyable {
  /// What one call of ``decompress(_:into:from:)`` did.
  public struct Step: Equatable, Sendable {
    /// Bytes of the input that were used.
    public let used: Int
    /// Bytes that came out.
    public let written: Int
    /// Whether the member ended behind what was used.
    public let isEnd: Bool
  }

  // Where it lies must not change: zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  /// At a member's start.
  /// - Throws: ``GzipError/damaged`` without memory for the window.
  public init() throws(GzipError) {
    // Safe: initialised before anything reads it, freed in deinit.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 16 beside the window's 15: gzip alone, with its checksum.
    // Safe: the version and size are those of the header this was built with.
    guard
      unsafe inflateInit2_(
        stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      unsafe stream.deallocate()
      throw .damaged
    }
    unsafe self.stream = stream
  }

  deinit {
    // Safe: the stream was set up, and nothing uses it any longer.
    _ = unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Goes on. Call it again with what was not used, and more, until the member ends.
  /// - Parameters:
  ///   - input: at least one byte.
  ///   - output: what comes out is written there, from `start` on; it needs room for a byte.
  /// - Throws: ``GzipError/damaged``.
  public mutating func decompress(
    _ input: Span<UInt8>, into output: inout [UInt8], from start: Int = 0
  ) throws(GzipError) -> Step {
    let available = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count - start)
    var status = Z_OK
    // Safe: zlib reads and writes only within the two buffers, and only within this call.
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = output.baseAddress.map { unsafe $0 + start }
        unsafe stream.pointee.avail_out = room
        unsafe status = CZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    let step = unsafe Step(
      used: Int(available - stream.pointee.avail_in),
      written: Int(room - stream.pointee.avail_out), isEnd: status == Z_STREAM_END)
    // Neither a byte in nor one out is no error of zlib's, and would never end.
    guard step.isEnd || (status == Z_OK && (step.used > 0 || step.written > 0)) else {
      throw .damaged
    }
    return step
  }
}
