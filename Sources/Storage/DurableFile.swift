import CSystem

/// Why a file was not written or read; the old one is as it was.
public struct StorageError: Error, Equatable, Sendable {
  /// What failed, as in "rename".
  public let operation: StaticString
  /// The file's path.
  public let path: String
  /// errno, or ``writableByOthers``.
  public let code: Int32

  /// The code of a file or folder that others than root and this user own or can write.
  public static let writableByOthers: Int32 = -1

  /// A call on a path that failed with an errno value.
  public init(_ operation: StaticString, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The same path and errno value.
  public static func == (left: StorageError, right: StorageError) -> Bool {
    left.path == right.path && left.code == right.code
  }
}

/// Files that a cut of power leaves as they were or as they shall be, never between.
public enum DurableFile {
  /// Puts `bytes` in place of what is at `path`: a new file beside it, synced, renamed, and its folder
  /// synced.
  /// - Parameters:
  ///   - mode: the permission bits, whatever the umask is.
  ///   - replacing: with false, a file that is there already stays, and the error is `EEXIST`.
  ///   - needsMode: with false, a file system that has no such bits, as FAT, is no error.
  public static func write(
    _ bytes: [UInt8], to path: String, mode: UInt32, replacing: Bool = true, needsMode: Bool = true
  ) throws(StorageError) {
    try write(bytes.span, to: path, mode: mode, replacing: replacing, needsMode: needsMode)
  }

  /// The same for bytes that are not in an array, such as a secret's.
  public static func write(
    _ bytes: Span<UInt8>, to path: String, mode: UInt32, replacing: Bool = true,
    needsMode: Bool = true
  ) throws(StorageError) {
    let temporary = path + ".new-\(getpid())"
    // Safe: paths are passed as C strings for the calls; the descriptor is closed on every way out.
    let file = unsafe system_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw StorageError("create", path, code: system_errno()) }
    var isOpen = true
    defer { if isOpen { close(file) } }
    do throws(StorageError) {
      try write(bytes, to: file, path: path)
      guard fchmod(file, mode) == 0 || (!needsMode && system_errno() == EPERM) else {
        throw StorageError("chmod", path, code: system_errno())
      }
      guard fsync(file) == 0 else { throw StorageError("fsync", path, code: system_errno()) }
      isOpen = false
      guard close(file) == 0 else { throw StorageError("close", path, code: system_errno()) }
      if replacing {
        guard unsafe rename(temporary, path) == 0 else {
          throw StorageError("rename", path, code: system_errno())
        }
      } else {
        guard unsafe link(temporary, path) == 0 else {
          throw StorageError("create", path, code: system_errno())
        }
        _ = unsafe unlink(temporary)
      }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
    try syncFolder(of: path)
  }

  /// Removes a file for good; one that isn't there is no error.
  public static func remove(_ path: String) throws(StorageError) {
    // Safe: a C string for the call.
    guard unsafe unlink(path) == 0 || system_errno() == ENOENT else {
      throw StorageError("remove", path, code: system_errno())
    }
    try syncFolder(of: path)
  }

  /// All bytes of a regular file, at most `limit`; nil if it isn't there.
  /// - Parameter isOurs: whether nobody but root and this user may be able to write the file or its
  ///   folder; else the error is ``StorageError/writableByOthers``.
  public static func read(
    _ path: String, limit: Int, isOurs: Bool = false
  ) throws(StorageError) -> [UInt8]? {
    // Safe: as above. O_NONBLOCK, so that a pipe in the file's place cannot hold us up.
    let file = unsafe system_open(path, O_RDONLY | O_NONBLOCK, 0)
    if file < 0, system_errno() == ENOENT { return nil }
    guard file >= 0 else { throw StorageError("open", path, code: system_errno()) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else {
      throw StorageError("open", path, code: system_errno())
    }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
      throw StorageError("open", path, code: EINVAL)
    }
    if isOurs {
      try checkOwner(status, path)
      try checkFolder(parent(of: path) ?? ".")
    }
    guard status.st_size <= limit else { throw StorageError("read", path, code: EFBIG) }
    // One byte more than there should be, to see the end; files of /proc say that they have none.
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), limit) + 1)
    var count = 0
    while count <= limit {
      if count == bytes.count {
        bytes += [UInt8](repeating: 0, count: min(max(count, 4096), limit + 1 - count))
      }
      // Safe: the array is ours, and the room behind `count` is what is left of it.
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe CSystem.read(
          file, buffer.baseAddress.unsafelyUnwrapped + count, buffer.count - count)
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got >= 0 else { throw StorageError("read", path, code: system_errno()) }
      if got == 0 { return Array(bytes[..<count]) }
      count += got
    }
    throw StorageError("read", path, code: EFBIG)
  }

  /// Makes a folder and those above it, with `mode` for the last; one that is there stays as it is.
  public static func makeFolder(_ path: String, mode: UInt32) throws(StorageError) {
    // Safe: C strings for the calls.
    if unsafe mkdir(path, mode) == 0 {
      return try syncFolder(of: path)
    }
    switch system_errno() {
    case EEXIST: return
    case ENOENT:
      guard let parent = parent(of: path), parent != path else {
        throw StorageError("create", path, code: ENOENT)
      }
      try makeFolder(parent, mode: 0o755)
      guard unsafe mkdir(path, mode) == 0 || system_errno() == EEXIST else {
        throw StorageError("create", path, code: system_errno())
      }
      try syncFolder(of: path)
    default: throw StorageError("create", path, code: system_errno())
    }
  }

  private static func write(
    _ bytes: Span<UInt8>, to file: Int32, path: String
  ) throws(StorageError) {
    var start = 0
    while start < bytes.count {
      // Safe: the bytes are borrowed for the call.
      let written = unsafe bytes.extracting(start...).withUnsafeBytes { buffer in
        unsafe CSystem.write(file, buffer.baseAddress, buffer.count)
      }
      if written < 0, system_errno() == EINTR { continue }
      guard written > 0 else { throw StorageError("write", path, code: system_errno()) }
      start += written
    }
  }

  /// Says that nobody but root and this user can add files to a folder, or take some away.
  private static func checkFolder(_ path: String) throws(StorageError) {
    var status = stat()
    // Safe: a C string for the call, and a structure of ours.
    guard unsafe stat(path, &status) == 0 else {
      throw StorageError("open", path, code: system_errno())
    }
    try checkOwner(status, path)
  }

  private static func checkOwner(_ status: stat, _ path: String) throws(StorageError) {
    guard isOurs(status) else {
      throw StorageError("trust", path, code: StorageError.writableByOthers)
    }
  }

  /// Whether root or this user owns something, and nobody else can write it.
  static func isOurs(_ status: stat) -> Bool {
    (status.st_uid == 0 || status.st_uid == geteuid()) && status.st_mode & 0o022 == 0
  }

  private static func syncFolder(of path: String) throws(StorageError) {
    // Safe: a C string for the call; the descriptor is closed below.
    let folder = unsafe system_open(parent(of: path) ?? ".", O_RDONLY | O_DIRECTORY, 0)
    guard folder >= 0 else { throw StorageError("open", path, code: system_errno()) }
    defer { close(folder) }
    // Some file systems have nothing to sync in a folder, and say EINVAL.
    guard fsync(folder) == 0 || system_errno() == EINVAL else {
      throw StorageError("fsync", path, code: system_errno())
    }
  }

  /// The path of the folder that holds `path`; nil for a bare name.
  private static func parent(of path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }
}
