import CSystem
import Glibc

/// An open file or folder, closed at the end of its life. Names are relative to it, and no call
/// follows a link in the last component.
struct Descriptor: ~Copyable {
  let number: Int32

  init(adopting number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a folder at a path of the caller's: links in it are followed.
  static func folder(at path: [UInt8]) throws(BootError) -> Descriptor {
    // Safe: open(2) reads the name alone.
    let number = unsafe withName(path) { unsafe system_open($0, O_RDONLY | O_DIRECTORY, 0) }
    guard number >= 0 else { throw .noFolder(EscapedName(path), code: errno) }
    return Descriptor(adopting: number)
  }

  /// Opens a folder in this one.
  func folder(_ name: [UInt8], path: [UInt8]) throws(BootError) -> Descriptor {
    try open(name.span, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, path: path)
  }

  /// Opens a file in this one for reading; a pipe does not block.
  func file(_ name: [UInt8], path: [UInt8]) throws(BootError) -> Descriptor {
    try open(name.span, Descriptor.toRead, path: path)
  }

  /// Opens the file that `path` ends with, from `start` on.
  func file(_ path: [UInt8], from start: Int) throws(BootError) -> Descriptor {
    try open(path.span.extracting(start...), Descriptor.toRead, path: path)
  }

  /// Nothing is followed, waited for or made the terminal of this process.
  private static var toRead: Int32 { O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY }

  private func open(
    _ name: Span<UInt8>, _ flags: Int32, path: [UInt8]
  ) throws(BootError) -> Descriptor {
    let folder = number
    // Safe: openat(2) reads the name alone.
    let opened = unsafe withName(name) { unsafe system_openat(folder, $0, flags, 0) }
    guard opened >= 0 else {
      let code = errno
      // A link where a file or a folder was seen, or nothing any more.
      if code == ELOOP || code == ENOTDIR || code == ENOENT {
        throw .changedMeanwhile(EscapedName(path))
      }
      throw .system(operation: "open", name: EscapedName(path), code: code)
    }
    return Descriptor(adopting: opened)
  }

  /// What the descriptor itself is.
  func status(path: [UInt8]) throws(BootError) -> FileStatus {
    var found = stat()
    // Safe: fstat(2) fills the struct it is given.
    guard unsafe fstat(number, &found) == 0 else {
      throw .system(operation: "stat", name: EscapedName(path), code: errno)
    }
    return FileStatus(found)
  }

  /// What a name in this folder is, a link itself included; nil if there is no such name.
  func status(of name: [UInt8], path: [UInt8]) throws(BootError) -> FileStatus? {
    try status(of: name.span, path: path)
  }

  /// The same of the name that `path` ends with, from `start` on.
  func status(of path: [UInt8], from start: Int) throws(BootError) -> FileStatus? {
    try status(of: path.span.extracting(start...), path: path)
  }

  private func status(of name: Span<UInt8>, path: [UInt8]) throws(BootError) -> FileStatus? {
    var found = stat()
    let folder = number
    // Safe: fstatat(2) fills the struct it is given.
    let result = unsafe withName(name) { unsafe fstatat(folder, $0, &found, AT_SYMLINK_NOFOLLOW) }
    if result != 0 {
      let code = errno
      if code == ENOENT { return nil }
      throw .system(operation: "stat", name: EscapedName(path), code: code)
    }
    return FileStatus(found)
  }

  /// Where a link in this folder points.
  func target(of name: [UInt8], path: [UInt8]) throws(BootError) -> [UInt8] {
    let folder = number
    var length = 0
    // Safe: what readlinkat(2) wrote is what counts as initialized.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX) + 1) { buffer, count in
      // Safe: readlinkat(2) writes no more than the room it is told.
      length = unsafe withName(name) {
        unsafe readlinkat(folder, $0, buffer.baseAddress.unsafelyUnwrapped, buffer.count)
      }
      count = max(0, length)
    }
    guard length >= 0, length <= Int(PATH_MAX) else {
      throw .changedMeanwhile(EscapedName(path))
    }
    return bytes
  }

  /// The names in this folder, without `.` and `..`, in no order.
  func names(path: [UInt8]) throws(BootError) -> [[UInt8]] {
    let names = try folderNames(path: path)
    return (0..<names.count).map { Array(names[$0]) }
  }

  /// The same, in one piece.
  func folderNames(path: [UInt8]) throws(BootError) -> FolderNames {
    // Safe: openat(2) reads the name alone.
    let own = unsafe withName(Array(".".utf8)) {
      unsafe system_openat(number, $0, O_RDONLY | O_DIRECTORY, 0)
    }
    // Safe: fdopendir(3) takes the descriptor over, closedir(3) closes it.
    guard own >= 0 else {
      throw .system(operation: "read", name: EscapedName(path), code: errno)
    }
    guard let stream = unsafe fdopendir(own) else {
      close(own)
      throw .system(operation: "read", name: EscapedName(path), code: errno)
    }
    // Safe: the stream is ours, and nothing uses it later.
    defer { unsafe closedir(stream) }
    var names = FolderNames()
    while true {
      errno = 0
      // Safe: the entry is valid until the next readdir(3) of this stream, and its name is ended by 0.
      guard let entry = unsafe readdir(stream) else { break }
      unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        let start = unsafe UnsafeRawPointer(field)
        let length = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
        unsafe names.append(UnsafeRawBufferPointer(start: start, count: length))
      }
      if names.count > Limits.entries { throw .beyondLimit(EscapedName(path)) }
    }
    guard errno == 0 else {
      throw .system(operation: "read", name: EscapedName(path), code: errno)
    }
    return names
  }

  /// Has the kernel drop its copy of a file that is on the disk, so that it is read from there. Where it
  /// has no other copy, as on tmpfs, nothing happens.
  func forget() { _ = posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED) }

  /// Reads into `buffer` from where the last read ended: how many bytes, 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, path: [UInt8]) throws(BootError) -> Int {
    while true {
      // Safe: read(2) writes no more than the room it is told.
      let count = unsafe Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR {
        throw .system(operation: "read", name: EscapedName(path), code: errno)
      }
    }
  }

  /// All that is left to read, at most `limit` bytes; `size` is how many are expected.
  func contents(limit: Int, size: Int, path: [UInt8]) throws(BootError) -> [UInt8] {
    // One more than expected tells that nothing follows.
    var room = max(1, min(size, limit) + 1)
    var bytes: [UInt8] = []
    while true {
      var count = 0
      var failure: BootError?
      // Safe: what was there before and what read(2) wrote is what counts as initialized.
      let longer = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
        _ = unsafe buffer.update(fromContentsOf: bytes)
        count = bytes.count
        while count < room, failure == nil {
          do throws(BootError) {
            let rest = unsafe UnsafeMutableRawBufferPointer(
              UnsafeMutableBufferPointer(rebasing: buffer[count...]))
            let more = try unsafe read(into: rest, path: path)
            if more == 0 { break }
            count += more
          } catch {
            failure = error
          }
        }
        initialized = count
      }
      if let failure { throw failure }
      guard count <= limit else { throw .beyondLimit(EscapedName(path)) }
      guard count == room else { return longer }
      bytes = longer
      room = min(2 * room, limit + 1)
    }
  }
}

/// Bounds that no real /boot comes near.
enum Limits {
  /// Entries under /boot, and in a list.
  static let entries = 200_000
  /// Folders within folders.
  static let depth = 64
  /// Bytes of a `kexec*.txt`: the hashes of a desktop's whole /usr are some 50 MB.
  static let list = 128 << 20
  /// Bytes of all `kexec*.txt` together.
  static let lists = 192 << 20
  /// Bytes of `kexec.sig`.
  static let signature = 64 << 10
  /// `kexec*.txt` files.
  static let setFiles = 64
}

/// Lends `name` as C wants it, ended by a zero byte. No name from readdir(3) or a list holds one.
func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  // Safe: as below.
  unsafe withName(name.span, body)
}

/// The same of borrowed bytes.
func withName<Result>(_ name: Span<UInt8>, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  // Safe: all of the room is initialized before it is lent, and lives for the length of the call.
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + 1) { room in
    for index in name.indices {
      unsafe room.initializeElement(at: index, to: CChar(bitPattern: name[index]))
    }
    unsafe room.initializeElement(at: name.count, to: 0)
    return unsafe body(UnsafePointer(room.baseAddress.unsafelyUnwrapped))
  }
}
