import CSystem
import Inflate

/// The bytes of an image in their order, and of what its compressed parts hold. Never more than a buffer of
/// them is in memory.
struct ImageInput: ~Copyable {
  private let image: Int32
  /// Bytes of the image.
  let size: Int
  /// What is at hand.
  private(set) var buffer = [UInt8](repeating: 0, count: 256 << 10)
  /// Where in the buffer the next byte is, and where the bytes end.
  private(set) var start = 0
  private var end = 0
  /// How many bytes were taken: of the image, or of what the member holds.
  private(set) var place = 0
  /// Of the image, what is read next.
  private var next = 0
  private var member: Member?
  private var gzip: GzipStream?
  private var program: DecompressionProgram?
  private var packed: [UInt8] = []
  private var unpacked = 0
  private var members = 0

  /// A compressed part.
  private struct Member {
    let compression: Compression
    /// Where it begins and ends in the image; the end of gzip's is known when it was read.
    let start: Int
    var end: Int?
    /// What its program writes.
    var output: Int32 = -1
  }

  /// - Throws: ``ImageError``: it is no ordinary file, can't be read, or is too large.
  init(image path: String) throws(ImageError) {
    // Safe: a C string for the call.
    let image = unsafe system_open(path, O_RDONLY | O_NONBLOCK, 0)
    guard image >= 0 else { throw .unreadable(errno: system_errno()) }
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(image, &status) == 0 else {
      let failure = system_errno()
      close(image)
      throw .unreadable(errno: failure)
    }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG),
      status.st_size <= ImageLimits.size
    else {
      close(image)
      if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) { throw .tooLarge }
      throw .notAnImage
    }
    self.image = image
    size = Int(status.st_size)
  }

  deinit { close(image) }

  /// Where in the image something is to be named: the place, or that of the compressed part.
  func named(_ place: Int) -> Int { member?.start ?? place }

  // MARK: Bytes

  /// The next bytes; nil if there aren't as many. No more than the buffer has room for.
  mutating func peek(_ count: Int) throws(ImageError) -> ArraySlice<UInt8>? {
    try fill(count) ? buffer[start..<(start + count)] : nil
  }

  /// Goes on behind bytes that are at hand.
  mutating func skip(_ count: Int) {
    start += count
    place += count
  }

  /// How many of the next bytes are at hand, at most so many; 0 at the end.
  mutating func available(_ most: Int) throws(ImageError) -> Int {
    try fill(1) ? min(most, end - start) : 0
  }

  /// Goes behind the zeros that follow.
  mutating func skipZeros() throws(ImageError) {
    let begin = place
    while try fill(1), buffer[start] == 0 {
      var index = start
      while index < end, buffer[index] == 0 { index += 1 }
      skip(index - start)
      guard place - begin <= ImageLimits.zeros else { throw .damaged(.padding, at: named(begin)) }
    }
  }

  private mutating func fill(_ wanted: Int) throws(ImageError) -> Bool {
    if end - start >= wanted { return true }
    if start > 0 {
      for index in start..<end { buffer[index - start] = buffer[index] }
      end -= start
      start = 0
    }
    while end < wanted {
      let got = try more()
      if got == 0 { return false }
      end += got
    }
    return true
  }

  private mutating func more() throws(ImageError) -> Int {
    guard let member else {
      let got = try readImage(image, at: next, into: &buffer, from: end)
      // It may grow while it is read.
      guard next + got <= size else { throw .unreadable(errno: EIO) }
      next += got
      return got
    }
    let got = try member.compression == .gzip ? inflate() : read(member.output)
    unpacked += got
    guard
      unpacked
        <= min(ImageLimits.size, ImageLimits.smallSize + ImageLimits.ratio * size)
    else { throw .tooLarge }
    return got
  }

  private mutating func inflate() throws(ImageError) -> Int {
    while member?.end == nil {
      if packed.isEmpty {
        packed = [UInt8](repeating: 0, count: 64 << 10)
        let got = try readImage(image, at: next, into: &packed, from: 0)
        packed.removeLast(packed.count - got)
        next += got
      }
      guard var stream = gzip.take() else { return 0 }
      let step: GzipStream.Step
      let input = packed
      do throws(GzipError) {
        step = try stream.decompress(input.span, into: &buffer, from: end)
      } catch {
        throw .cannotDecompress(.gzip)
      }
      gzip = consume stream
      packed = Array(input.dropFirst(step.used))
      if step.isEnd { member?.end = next - packed.count }
      if step.written > 0 { return step.written }
    }
    return 0
  }

  private mutating func read(_ descriptor: Int32) throws(ImageError) -> Int {
    while true {
      // Safe: the array is exclusively ours, and the count is the room that is left.
      let got = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe CSystem.read(descriptor, room.baseAddress.map { unsafe $0 + end }, room.count - end)
      }
      if got >= 0 { return got }
      guard system_errno() == EINTR else { throw .unreadable(errno: system_errno()) }
    }
  }

  // MARK: Compressed parts

  /// What follows is what the compressed part that begins here holds.
  mutating func enter(_ compression: Compression) throws(ImageError) {
    members += 1
    guard members <= ImageLimits.members else { throw .tooLarge }
    let begin = place
    let end = try CompressedMember(compression, in: image, size: size, from: begin).end()
    var member = Member(compression: compression, start: begin)
    if compression == .gzip {
      do throws(GzipError) { gzip = try GzipStream() } catch { throw .unreadable(errno: ENOMEM) }
      packed = []
    } else {
      member.end = end
      // Up to the end the program may read the image itself.
      let part =
        end == size ? image : system_part_of_file(image, off_t(begin), end - begin)
      guard part >= 0 else { throw .unreadable(errno: system_errno()) }
      defer { if part != image { close(part) } }
      if part == image, lseek(image, off_t(begin), SEEK_SET) != off_t(begin) {
        throw .unreadable(errno: system_errno())
      }
      let program = try DecompressionProgram(compression, reading: part)
      member.output = program.output
      self.program = consume program
    }
    self.member = member
    (start, self.end, place, next) = (0, 0, 0, begin)
  }

  /// Back to the image, behind the compressed part.
  /// - Throws: ``ImageError``: there is more in it, or it is damaged.
  mutating func leave() throws(ImageError) {
    let isAtEnd = try !fill(1)
    guard let member else { return }
    self.member = nil
    gzip = nil
    if let program = program.take(), program.end() != 0 {
      throw .cannotDecompress(member.compression)
    }
    guard isAtEnd, let behind = member.end else {
      throw .damaged(.notAnArchive, at: member.start)
    }
    (start, end, place, next) = (0, 0, behind, behind)
  }
}
