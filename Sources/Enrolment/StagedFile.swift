import CSystem
import Secrets
import Storage

/// A file that is written under another name first, where a full disk shows, and takes its place by a
/// rename, which needs no room.
struct StagedFile {
  /// Its folder, which is made when it is staged.
  let folder: String
  /// Its name in the folder.
  let name: String
  /// Its permission bits.
  let mode: UInt32

  private var path: String { folder + "/" + name }
  private var staged: String { path + ".new" }

  func stage(_ bytes: [UInt8]) throws(EnrolmentError) {
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o755)
      try DurableFile.write(bytes, to: staged, mode: mode)
    } catch {
      throw .storage(error)
    }
  }

  /// Puts it in place; one that isn't staged is in place already.
  func commit() throws(EnrolmentError) {
    // Safe: C strings for the calls.
    if unsafe rename(staged, path) != 0 {
      guard system_errno() == ENOENT else {
        throw .storage(StorageError("rename", path, code: system_errno()))
      }
    }
    let opened = unsafe system_open(folder, O_RDONLY | O_DIRECTORY, 0)
    guard opened >= 0 else { throw .storage(StorageError("open", folder, code: system_errno())) }
    defer { close(opened) }
    guard fsync(opened) == 0 || system_errno() == EINVAL else {
      throw .storage(StorageError("fsync", folder, code: system_errno()))
    }
  }

  /// Takes back what is staged, and what a cut left of it; then the folder, if it is empty.
  func discard() {
    // Safe: C strings for the calls; the folder is closed.
    guard let listing = unsafe opendir(folder) else { return }
    var leftovers: [String] = []
    while let entry = unsafe readdir(listing) {
      let found = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if found.hasPrefix(name + ".new") { leftovers.append(folder + "/" + found) }
    }
    unsafe closedir(listing)
    for leftover in leftovers { _ = unsafe unlink(leftover) }
    _ = unsafe rmdir(folder)
  }
}
