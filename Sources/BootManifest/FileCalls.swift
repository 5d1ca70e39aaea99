import CSystem
import Glibc

/// The calls that change a disk, and what the file system says of itself: one value, so that a test
/// can cut the power before, in and after each. All names are relative to a folder's descriptor.
/// Each call returns 0 or more, or the negated errno.
package struct FileCalls: Sendable {
  /// Creates a file that isn't there yet and opens it for writing: its descriptor.
  package var create: @Sendable (_ folder: Int32, _ name: [UInt8]) -> Int32
  /// Writes as much as it can: how many bytes.
  package var write: @Sendable (_ file: Int32, _ bytes: Span<UInt8>) -> Int
  /// Has a file's or a folder's content on the disk.
  package var sync: @Sendable (_ descriptor: Int32) -> Int32
  /// Has all that was written to the file system of a folder on the disk.
  package var syncAll: @Sendable (_ folder: Int32) -> Int32
  /// Gives a file another name, in place of what had that name.
  package var rename: @Sendable (_ folder: Int32, _ old: [UInt8], _ new: [UInt8]) -> Int32
  /// Removes a name.
  package var remove: @Sendable (_ folder: Int32, _ name: [UInt8]) -> Int32
  /// What the file system under a folder says of itself.
  package var fileSystem: @Sendable (_ folder: Int32) -> FileSystem

  /// The kernel's own.
  package static let kernel = FileCalls(
    create: { folder, name in
      // Safe: openat(2) reads the name alone.
      unsafe withName(name) {
        outcome(
          unsafe system_openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644))
      }
    },
    write: { file, bytes in
      // Safe: write(2) reads no more than the bytes it is told of.
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress, $0.count)
      }
      return written < 0 ? -Int(errno) : written
    },
    sync: { outcome(fsync($0)) },
    syncAll: { outcome(system_syncfs($0)) },
    rename: { folder, old, new in
      // Safe: renameat(2) reads both names alone.
      unsafe withName(old) { old in
        unsafe withName(new) { new in outcome(unsafe renameat(folder, old, folder, new)) }
      }
    },
    remove: { folder, name in
      // Safe: unlinkat(2) reads the name alone.
      unsafe withName(name) { outcome(unsafe unlinkat(folder, $0, 0)) }
    },
    fileSystem: { FileSystem(under: $0) })

  private static func outcome(_ result: Int32) -> Int32 { result < 0 ? -errno : result }
}

/// What a file system says of itself.
package struct FileSystem: Sendable {
  /// Bytes free for whom we are; nil if it doesn't say.
  package var free: Int?
  /// Bytes of a block.
  package var block: Int
  /// Whether it is mounted read-only.
  package var isReadOnly: Bool
  /// Whether files have permission bits of their own.
  package var keepsModes: Bool

  /// Of given figures.
  package init(free: Int?, block: Int, isReadOnly: Bool, keepsModes: Bool) {
    self.free = free
    self.block = block
    self.isReadOnly = isReadOnly
    self.keepsModes = keepsModes
  }

  init(under descriptor: Int32) {
    var found = statfs()
    // Safe: fstatfs(2) fills the struct it is given.
    guard unsafe fstatfs(descriptor, &found) == 0 else {
      self.init(free: nil, block: 4096, isReadOnly: false, keepsModes: true)
      return
    }
    // statfs(2): MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC; ST_RDONLY is 1.
    let modeless: [Int] = [0x4D44, 0x2011_BAB0]
    let blocks = geteuid() == 0 ? found.f_bfree : found.f_bavail
    let block = max(1, Int(found.f_bsize))
    let (free, overflow) = block.multipliedReportingOverflow(by: Int(clamping: blocks))
    self.init(
      free: overflow ? Int.max : free, block: block, isReadOnly: found.f_flags & 1 != 0,
      keepsModes: !modeless.contains(Int(found.f_type)))
  }
}
