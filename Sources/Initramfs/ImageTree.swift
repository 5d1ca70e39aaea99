import CSystem

/// The files of a built initramfs: all archives of the image laid over each other, as the kernel does.
public struct ImageTree: Sendable {
  /// A file, a folder or a link.
  public struct Node: Sendable {
    /// Type and permissions, as in stat(2).
    public let mode: UInt32
    /// Who owns it.
    public let owner: UInt32
    /// A file's bytes, a link's target.
    public let content: ArraySlice<UInt8>

    var isLink: Bool { mode & 0o170000 == 0o120000 }
    var isFile: Bool { mode & 0o170000 == 0o100000 }
    /// Whether others than root could have written it.
    var isWritableByOthers: Bool { owner != 0 || mode & 0o022 != 0 }
  }

  /// By path, without a slash or dot in front.
  public private(set) var nodes: [String: Node] = [:]
  /// The most bytes of an image, as it is and decompressed.
  private static let limit = 2 << 30

  /// Of nothing.
  init() {}

  /// Reads an image: archives, zeros between them, and at the end what is compressed.
  /// - Throws: ``ImageError``.
  public init(image path: String) throws(ImageError) {
    // Safe: a C string for the call.
    let descriptor = unsafe system_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .unreadable(errno: system_errno()) }
    defer { close(descriptor) }
    let bytes = try Self.read(descriptor)
    var place = 0
    while true {
      place = try add(archivesOf: bytes, at: place)
      guard place < bytes.count else { break }
      guard let compression = Compression(of: bytes[place...]) else {
        throw nodes.isEmpty ? .notAnImage : .unknownCompression(at: place)
      }
      let content = try Self.decompress(bytes, by: compression, descriptor, from: place)
      guard try add(archivesOf: content, at: 0) == content.count else {
        throw .damaged(.notAnArchive, at: place)
      }
      break
    }
    guard !nodes.isEmpty else { throw .notAnImage }
  }

  /// What is compressed from a place to the end. Zeros that somebody filled the last block up with are no
  /// part of it, and most programs take them for damage.
  private static func decompress(
    _ bytes: [UInt8], by compression: Compression, _ descriptor: Int32, from place: Int
  ) throws(ImageError) -> [UInt8] {
    let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
    do throws(ImageError) {
      return try compression.decompress(descriptor, from: place, limit: limit)
    } catch {
      guard case .cannotDecompress = error, end < bytes.count else { throw error }
    }
    // A checksum may end in zeros of its own.
    for zeros in 0...min(8, bytes.count - end) {
      // Safe: the bytes are borrowed for the call.
      let file = unsafe bytes[place..<(end + zeros)].withUnsafeBytes { part in
        unsafe system_filter_input(part.baseAddress, part.count)
      }
      guard file >= 0 else { throw .unreadable(errno: system_errno()) }
      defer { close(file) }
      do throws(ImageError) {
        return try compression.decompress(file, from: 0, limit: limit)
      } catch {
        guard case .cannotDecompress = error else { throw error }
      }
    }
    throw .cannotDecompress(compression)
  }

  /// Adds the archives from a place on.
  /// - Returns: where they end.
  mutating func add(archivesOf bytes: [UInt8], at start: Int) throws(ImageError) -> Int {
    var place = start
    while true {
      while place < bytes.count, bytes[place] == 0 { place += 1 }
      guard CPIOArchive.begins(in: bytes.span, at: place) else { return place }
      do throws(CPIOFault) {
        let archive = try CPIOArchive(in: bytes.span, at: place)
        add(archive, bytes)
        place = archive.end
      } catch {
        throw .damaged(error, at: place)
      }
    }
  }

  private mutating func add(_ archive: CPIOArchive, _ bytes: [UInt8]) {
    // Only one of a file's names has its content.
    var contents: [UInt32: Range<Int>] = [:]
    for entry in archive.entries where !entry.content.isEmpty {
      contents[entry.inode] = entry.content
    }
    for entry in archive.entries {
      var range = entry.content
      if range.isEmpty, entry.mode & 0o170000 == 0o100000 {
        range = contents[entry.inode] ?? range
      }
      nodes[Self.plain(entry.name)] = Node(
        mode: entry.mode, owner: entry.owner, content: bytes[range])
    }
  }

  /// The node that a path leads to, through links; nil if there is none.
  public func node(_ path: String) -> Node? {
    var rest = Self.parts(path)[...]
    var done: [String] = []
    var links = 0
    while let part = rest.popFirst() {
      if part == ".." {
        _ = done.popLast()
        continue
      }
      guard let node = nodes[(done + [part]).joined(separator: "/")] else {
        // Some makers write no folders.
        done.append(part)
        continue
      }
      guard node.isLink else {
        done.append(part)
        continue
      }
      links += 1
      guard links <= 40 else { return nil }
      let target = String(decoding: node.content, as: UTF8.self)
      if target.hasPrefix("/") { done = [] }
      rest = Self.parts(target) + rest
    }
    return nodes[done.joined(separator: "/")]
  }

  /// The text of a file; nil if there is none.
  public func text(_ path: String) -> String? {
    guard let node = node(path), node.isFile else { return nil }
    return String(decoding: node.content, as: UTF8.self)
  }

  private static func plain(_ path: String) -> String { parts(path).joined(separator: "/") }

  private static func parts(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }

  private static func read(_ descriptor: Int32) throws(ImageError) -> [UInt8] {
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .unreadable(errno: system_errno())
    }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { throw .notAnImage }
    guard status.st_size <= limit else { throw .tooLarge }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      // Safe: the array is exclusively ours, and the count is the room that is left.
      let got = unsafe bytes.withUnsafeMutableBytes { room in
        unsafe CSystem.read(
          descriptor, room.baseAddress.map { unsafe $0 + filled }, room.count - filled)
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got > 0 else { throw .unreadable(errno: got < 0 ? system_errno() : EIO) }
      filled += got
    }
    return bytes
  }
}
