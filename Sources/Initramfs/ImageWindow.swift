import CSystem

/// An image's bytes by their place, read in blocks from the front to the back.
struct ImageWindow: ~Copyable {
  private let descriptor: Int32
  /// Bytes of the image.
  let size: Int
  private var block: [UInt8] = []
  private var start = 0

  /// - Parameter descriptor: open while this is used.
  init(_ descriptor: Int32, size: Int) {
    self.descriptor = descriptor
    self.size = size
  }

  /// So many bytes from a place on; nil if the image ends before.
  mutating func bytes(_ count: Int, at place: Int) throws(ImageError) -> ArraySlice<UInt8>? {
    guard count <= size - place else { return nil }
    if place < start || place + count > start + block.count {
      block = [UInt8](repeating: 0, count: min(max(count, 64 << 10), size - place))
      start = place
      var filled = 0
      while filled < block.count {
        let got = try readImage(descriptor, at: start + filled, into: &block, from: filled)
        // Cut while it is read.
        guard got > 0 else { throw .unreadable(errno: EIO) }
        filled += got
      }
    }
    return block[(place - start)..<(place - start + count)]
  }

  /// One byte; nil behind the end.
  mutating func byte(at place: Int) throws(ImageError) -> Int? {
    try bytes(1, at: place)?.first.map(Int.init)
  }

  /// A number, its lowest byte first; nil if the image ends before.
  mutating func little(_ count: Int, at place: Int) throws(ImageError) -> Int? {
    try bytes(count, at: place)?.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A number, its highest byte first; nil if the image ends before.
  mutating func big(_ count: Int, at place: Int) throws(ImageError) -> Int? {
    try bytes(count, at: place)?.reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Reads from a place in a file as much as there is room for behind `start`.
/// - Returns: how many bytes; 0 at the file's end.
func readImage(
  _ descriptor: Int32, at place: Int, into buffer: inout [UInt8], from start: Int
) throws(ImageError) -> Int {
  while true {
    // Safe: the array is exclusively ours, and the count is the room that is left.
    let got = unsafe buffer.withUnsafeMutableBytes { room in
      unsafe pread(
        descriptor, room.baseAddress.map { unsafe $0 + start }, room.count - start, off_t(place))
    }
    if got >= 0 { return got }
    guard system_errno() == EINTR else { throw .unreadable(errno: system_errno()) }
  }
}
