import CZlib

/// Why the bytes of a gzip file can't be decompressed.
public enum GzipError: Error, Equatable, Sendable {
  /// They are no gzip, or damaged, or end too early.
  case damaged
  /// More would come out than is allowed.
  case tooLarge(limit: Int)
}

/// A file as gzip(1) writes it (RFC 1952), of things that are no secret: rotated logs.
public enum GzipFile {
  /// All that is in its members, one behind the other.
  /// - Parameter limit: the most bytes that may come out.
  /// - Throws: ``GzipError``; nothing of a damaged file is given.
  public static func decompress(
    _ bytes: Span<UInt8>, limit: Int
  ) throws(GzipError) -> [UInt8] {
    var plain: [UInt8] = []
    var place = 0
    repeat {
      place += try decompressMember(bytes.extracting(droppingFirst: place), limit, into: &plain)
    } while place < bytes.count
    return plain
  }

  /// - Returns: how many bytes the member has.
  private static func decompressMember(
    _ bytes: Span<UInt8>, _ limit: Int, into plain: inout [UInt8]
  ) throws(GzipError) -> Int {
    guard let available = UInt32(exactly: bytes.count) else { throw .tooLarge(limit: limit) }
    var stream = unsafe z_stream()
    // 16 beside the window's 15: gzip alone, with its checksum.
    // Safe: the version and size are those of the header this was built with.
    guard
      unsafe inflateInit2_(
        &stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .damaged }
    // Safe: the stream was just set up.
    defer { _ = unsafe inflateEnd(&stream) }
    var room = [UInt8](repeating: 0, count: 64 << 10)
    var status = Z_OK
    var used = 0
    while status == Z_OK {
      var written = 0
      // Safe: zlib reads and writes only within the two buffers, and only within this call.
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe room.withUnsafeMutableBufferPointer { output in
          unsafe stream.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress.map { unsafe $0 + used })
          unsafe stream.avail_in = available - UInt32(used)
          unsafe stream.next_out = output.baseAddress
          unsafe stream.avail_out = UInt32(output.count)
          unsafe status = CZlib.inflate(&stream, Z_NO_FLUSH)
          unsafe written = output.count - Int(stream.avail_out)
          used = Int(available - (unsafe stream.avail_in))
        }
      }
      guard plain.count + written <= limit else { throw .tooLarge(limit: limit) }
      plain += room[..<written]
    }
    guard status == Z_STREAM_END else { throw .damaged }
    return used
  }
}
