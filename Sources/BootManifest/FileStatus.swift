import CSystem
import Glibc

/// What tells a file from another, and its content now from its content later: the kernel sets a
/// file's change time at each write and nobody else can.
struct Identity: Equatable, Sendable {
  let device: UInt64
  let inode: UInt64
  let size: Int
  let modified: Int
  let changed: Int
}

/// What stat(2) says, as far as it matters here.
struct FileStatus {
  let type: FileType
  let mode: UInt16
  let identity: Identity

  init(_ found: stat) {
    type =
      switch found.st_mode & S_IFMT {
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      default: .file
      }
    mode = UInt16(truncatingIfNeeded: found.st_mode & 0o7777)
    identity = Identity(
      device: UInt64(found.st_dev), inode: UInt64(found.st_ino), size: Int(found.st_size),
      modified: found.st_mtim.tv_sec &* 1_000_000_000 &+ found.st_mtim.tv_nsec,
      changed: found.st_ctim.tv_sec &* 1_000_000_000 &+ found.st_ctim.tv_nsec)
  }
}
