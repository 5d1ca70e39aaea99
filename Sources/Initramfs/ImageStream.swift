import CSystem
import LibCrypto

/// Reads an image from its start to its end, decompressing on the way: never more of it than one file is in
/// memory.
struct ImageStream: ~Copyable {
  /// The most bytes of an image, as it is and decompressed.
  private static let limit = 2 << 30
  /// The most entries.
  private static let maximumEntries = 500_000

  private let image: Int32
  /// What is read now: the image, or what a program makes of it.
  private var source: Int32
  private var program: DecompressionProgram?
  private var compression: Compression?
  private var buffer = [UInt8](repeating: 0, count: 256 << 10)
  private var start = 0
  private var end = 0
  /// Bytes of the source before `start`.
  private var place = 0
  private var count = 0
  private let keeping: Int
  private let take: (ImageListing.Entry, [UInt8]?) -> Void

  /// - Parameters:
  ///   - keeping: files up to so many bytes are handed on whole.
  ///   - take: gets each entry as the archives have them, and a file's bytes.
  init(
    image path: String, keeping: Int, _ take: @escaping (ImageListing.Entry, [UInt8]?) -> Void
  ) throws(ImageError) {
    // Safe: a C string for the call.
    image = unsafe system_open(path, O_RDONLY | O_NONBLOCK, 0)
    guard image >= 0 else { throw .unreadable(errno: system_errno()) }
    source = image
    self.keeping = keeping
    self.take = take
  }

  deinit {
    close(image)
  }

  /// Reads all of it.
  mutating func read() throws(ImageError) {
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(image, &status) == 0 else { throw .unreadable(errno: system_errno()) }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { throw .notAnImage }
    try archives()
    if try fill(1) {
      try beginProgram()
      try archives()
      guard try !fill(1) else { throw .damaged(.notAnArchive, at: place) }
      try endProgram()
    }
    guard count > 0 else { throw .notAnImage }
  }

  // MARK: Archives

  /// The archives from here on, and zeros between them.
  private mutating func archives() throws(ImageError) {
    while true {
      while try fill(1), buffer[start] == 0 { skip(1) }
      guard try fill(6), CPIOArchive.begins(in: buffer.span, at: start) else { return }
      let begin = place
      do throws(StreamFault) { try archive() } catch {
        switch error {
        case .image(let error): throw error
        case .cpio(let fault): throw .damaged(fault, at: begin)
        }
      }
    }
  }

  private enum StreamFault: Error {
    case image(ImageError)
    case cpio(CPIOFault)
  }

  private mutating func archive() throws(StreamFault) {
    let begin = place
    // Only one of a file's names has its content, and not always the first.
    var empty: [(entry: ImageListing.Entry, inode: UInt32)] = []
    var contents: [UInt32: [UInt8]] = [:]
    while true {
      let header = try self.header()
      let name = try self.name(header.nameSize, from: begin)
      if name.elementsEqual(CPIOArchive.trailer.utf8) {
        try align(from: begin, isLast: true)
        break
      }
      count += 1
      guard count <= Self.maximumEntries else { throw .image(.tooLarge) }
      let path = ImageListing.plain(name)
      let (digest, bytes) = try content(header.contentSize, whole: header.mode)
      try align(from: begin, isLast: false)
      let entry: ImageListing.Entry
      switch header.mode & 0o170000 {
      case 0o100000:
        entry = ImageListing.Entry(path: path, mode: header.mode, content: .file(digest))
        if header.contentSize > 0 {
          contents[header.inode] = digest
        } else {
          empty.append((entry, header.inode))
          continue
        }
      case 0o120000:
        entry = ImageListing.Entry(path: path, mode: header.mode, content: .link(bytes ?? []))
      default: entry = ImageListing.Entry(path: path, mode: header.mode, content: .other)
      }
      take(entry, bytes)
    }
    for (entry, inode) in empty {
      take(
        contents[inode].map {
          ImageListing.Entry(path: entry.path, mode: entry.mode, content: .file($0))
        } ?? entry, contents[inode] == nil ? [] : nil)
    }
  }

  private mutating func header() throws(StreamFault) -> CPIOHeader {
    guard try filled(CPIOHeader.size) else { throw .cpio(.truncated) }
    guard CPIOArchive.begins(in: buffer.span, at: start) else { throw .cpio(.truncated) }
    let bytes = Array(buffer[start..<(start + CPIOHeader.size)])
    skip(CPIOHeader.size)
    do throws(CPIOFault) { return try CPIOHeader(bytes) } catch { throw .cpio(error) }
  }

  private mutating func name(_ size: Int, from begin: Int) throws(StreamFault) -> [UInt8] {
    guard try filled(size) else { throw .cpio(.truncated) }
    let name = Array(buffer[start..<(start + size - 1)])
    guard buffer[start + size - 1] == 0, !name.contains(0) else { throw .cpio(.name) }
    skip(size)
    try align(from: begin, isLast: false)
    return name
  }

  /// What fills a block up; at the end of all it may be cut off.
  private mutating func align(from begin: Int, isLast: Bool) throws(StreamFault) {
    let rest = CPIOArchive.padded(place - begin) - (place - begin)
    guard rest > 0 else { return }
    guard try filled(rest) else {
      if isLast { return skip(end - start) }
      throw .cpio(.truncated)
    }
    skip(rest)
  }

  /// A digest of the content, and its bytes if they are to be kept.
  private mutating func content(
    _ size: Int, whole mode: UInt32
  ) throws(StreamFault) -> ([UInt8], [UInt8]?) {
    let isLink = mode & 0o170000 == 0o120000
    guard !isLink || size <= 4096 else { throw .cpio(.name) }
    var bytes: [UInt8]? = isLink || size <= keeping ? [] : nil
    var digest: MessageDigest
    do throws(CryptoError) { digest = try MessageDigest(.sha256) } catch {
      throw .image(.unreadable(errno: ENOMEM))
    }
    var rest = size
    while rest > 0 {
      guard try filled(1) else { throw .cpio(.truncated) }
      let piece = min(rest, end - start)
      digest.update(buffer.span.extracting(start..<(start + piece)))
      bytes?.append(contentsOf: buffer[start..<(start + piece)])
      skip(piece)
      rest -= piece
    }
    return (digest.finish(), bytes)
  }

  // MARK: Bytes

  private mutating func skip(_ count: Int) {
    start += count
    place += count
  }

  private mutating func filled(_ wanted: Int) throws(StreamFault) -> Bool {
    do throws(ImageError) { return try fill(wanted) } catch { throw .image(error) }
  }

  /// Has so many bytes in the buffer, if there are as many.
  private mutating func fill(_ wanted: Int) throws(ImageError) -> Bool {
    if end - start >= wanted { return true }
    if start > 0 {
      for index in start..<end { buffer[index - start] = buffer[index] }
      end -= start
      start = 0
    }
    while end < wanted {
      // Safe: the array is exclusively ours, and the count is the room that is left.
      let got = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe CSystem.read(source, room.baseAddress.map { unsafe $0 + end }, room.count - end)
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got >= 0 else { throw .unreadable(errno: system_errno()) }
      if got == 0 { return false }
      end += got
      guard place + end <= Self.limit else { throw .tooLarge }
    }
    return true
  }

  // MARK: Programs

  /// What follows is compressed, to the image's end.
  private mutating func beginProgram() throws(ImageError) {
    _ = try fill(16)
    guard let compression = Compression(of: buffer[start..<end]) else {
      throw count == 0 ? .notAnImage : .unknownCompression(at: place)
    }
    guard lseek(image, off_t(place), SEEK_SET) == off_t(place) else {
      throw .unreadable(errno: system_errno())
    }
    let program = try DecompressionProgram(compression, reading: image)
    source = program.output
    self.program = consume program
    self.compression = compression
    (start, end, place) = (0, 0, 0)
  }

  private mutating func endProgram() throws(ImageError) {
    source = image
    guard let compression, let status = program.take()?.end() else { return }
    // gzip's 2 is a warning: zeros behind the end, as some boot loaders want them.
    guard status == 0 || (compression == .gzip && status == 2) else {
      throw .cannotDecompress(compression)
    }
  }
}
