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
    var stream = try GzipStream()
    var room = [UInt8](repeating: 0, count: 64 << 10)
    var used = 0
    while true {
      let step = try stream.decompress(bytes.extracting(droppingFirst: used), into: &room)
      used += step.used
      guard plain.count + step.written <= limit else { throw .tooLarge(limit: limit) }
      plain += room[..<step.written]
      if step.isEnd { return used }
    }
  }
}
