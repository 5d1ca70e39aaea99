import CSystem

/// A file of many gigabytes, such as an ISO image, that is read piece by piece.
public final class MediaFile {
  /// As it was given.
  public let path: String
  /// Bytes.
  public let size: Int
  /// Open for reading, at any place, as long as this lives.
  public let descriptor: Int32
  private let before: stat

  /// Opens a regular file; a link to one is followed.
  public init(_ path: String) throws(MediaError) {
    self.path = path
    // Safe: a C string for the call. O_NONBLOCK, so that a pipe in its place can't hold us up.
    descriptor = unsafe system_open(path, O_RDONLY | O_NONBLOCK, 0)
    guard descriptor >= 0 else { throw .system("open", path, system_errno()) }
    var status = stat()
    // Safe: a structure of ours.
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = system_errno()
      close(descriptor)
      throw .system("open", path, code)
    }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
      close(descriptor)
      throw .notRegular(path)
    }
    size = Int(status.st_size)
    before = status
  }

  deinit { close(descriptor) }

  /// The last part of the path.
  public var name: [UInt8] {
    Array(path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed())
  }

  /// Lets the kernel forget what it has of the file, so that it is read from the disk.
  public func forget() {
    _ = fsync(descriptor)
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
  }

  /// Reads it from its beginning to its end.
  /// - Parameters:
  ///   - progress: is told how many bytes were read, now and then.
  ///   - body: gets the pieces.
  /// - Throws: ``MediaError/changed(_:)`` if it was written to in the meantime.
  public func read(
    progress: (Int) -> Void, _ body: (Span<UInt8>) -> Void
  ) throws(MediaError) {
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var place = 0
    while true {
      // Safe: the array is ours, and pread is told its size.
      let got = unsafe piece.withUnsafeMutableBytes { room in
        unsafe pread(descriptor, room.baseAddress, room.count, off_t(place))
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got >= 0 else { throw .system("read", path, system_errno()) }
      if got == 0 { break }
      body(piece.span.extracting(first: got))
      place += got
      progress(place)
    }
    guard place == size, try isAsBefore() else { throw .changed(path) }
  }

  private func isAsBefore() throws(MediaError) -> Bool {
    var now = stat()
    // Safe: a structure of ours.
    guard unsafe fstat(descriptor, &now) == 0 else {
      throw .system("open", path, system_errno())
    }
    return now.st_size == before.st_size && now.st_mtim.tv_sec == before.st_mtim.tv_sec
      && now.st_mtim.tv_nsec == before.st_mtim.tv_nsec
      && now.st_ctim.tv_sec == before.st_ctim.tv_sec
      && now.st_ctim.tv_nsec == before.st_ctim.tv_nsec
  }
}
