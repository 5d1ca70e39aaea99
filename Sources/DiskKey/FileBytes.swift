package import CSystem
import Secrets

/// An open file.
package struct OpenFile: ~Copyable {
  /// Its descriptor.
  package let descriptor: Int32

  /// Opens for reading.
  /// - Parameters:
  ///   - path: its bytes, without a zero.
  ///   - file: what the error calls it.
  package init(
    reading path: [UInt8], as file: DiskKeyError.File
  ) throws(DiskKeyError) {
    // Safe: a C string. Not blocking: a fifo in a file's place must not hang the boot.
    let opened = unsafe system_open(path.cString, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0)
    guard opened >= 0 else { throw .file(file, errno: system_errno()) }
    descriptor = opened
  }

  /// Takes a descriptor over.
  package init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// What fstat(2) says.
  package func status(as file: DiskKeyError.File) throws(DiskKeyError) -> stat {
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(file, errno: system_errno()) }
    return status
  }

  /// All bytes of a regular file, at most `limit`.
  package func bytes(limit: Int, as file: DiskKeyError.File) throws(DiskKeyError) -> [UInt8] {
    guard try status(as: file).st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
      throw .file(file, errno: EINVAL)
    }
    var out = [UInt8](repeating: 0, count: limit + 1)
    var filled = 0
    while filled < out.count {
      // Safe: the array is exclusively ours, and the count is its room.
      let got = unsafe out.withUnsafeMutableBytes { room in
        unsafe read(descriptor, room.baseAddress.map { unsafe $0 + filled }, room.count - filled)
      }
      if got < 0 {
        guard system_errno() == EINTR else { throw .file(file, errno: system_errno()) }
        continue
      }
      guard got > 0 else {
        out.removeLast(out.count - filled)
        return out
      }
      filled += got
    }
    throw .fileTooLarge(file)
  }
}
