import CSystem
import Glibc

extension FileCalls {
  /// Writes a new file and has it on the disk.
  func write(_ bytes: [UInt8], as name: [UInt8], in folder: Int32) throws(BootError) {
    let created = create(folder, name)
    try check(created, "create", name)
    let file = Descriptor(adopting: created)
    var written = 0
    while written < bytes.count {
      let result = write(file.number, bytes.span.extracting(written..<bytes.count))
      if result == -Int(EINTR) { continue }
      try check(result > 0 ? 0 : result < 0 ? Int32(result) : -ENOSPC, "write", name)
      written += result
    }
    try synchronize(file.number, EscapedName(name))
  }

  /// Has a file's or a folder's content on the disk.
  func synchronize(_ descriptor: Int32, _ name: EscapedName) throws(BootError) {
    let outcome = sync(descriptor)
    // Some file systems have nothing to sync in a folder, and say so.
    try check(outcome == -EINVAL ? 0 : outcome, "sync", name.bytes)
  }

  /// Throws what a negative outcome means.
  func check(_ outcome: Int32, _ operation: String, _ name: [UInt8]) throws(BootError) {
    guard outcome < 0 else { return }
    switch -outcome {
    case EROFS: throw .readOnly
    case ENOSPC, EDQUOT: throw .full(needed: 0, free: 0)
    case EACCES, EPERM: throw .notPermitted(EscapedName(name))
    default:
      throw .system(operation: operation, name: EscapedName(name), code: -outcome)
    }
  }
}
