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

  /// Removes it, and its folder if it is empty then.
  func remove() throws(EnrolmentError) {
    do throws(StorageError) {
      // Safe: C strings for the calls. Where there is no folder, there is no file.
      guard unsafe access(folder, F_OK) == 0 else { return }
      try DurableFile.remove(path)
      _ = unsafe rmdir(folder)
    } catch {
      throw .storage(error)
    }
  }

  /// Takes back what is staged, and what a cut left of it; then the folder, if it is empty.
  func discard() {
    let leftovers = FolderNames.all(in: folder).filter { $0.hasPrefix(name + ".new") }
      .map { folder + "/" + $0 }
    // Safe: C strings for the calls.
    for leftover in leftovers { _ = unsafe unlink(leftover) }
    _ = unsafe rmdir(folder)
  }
}
