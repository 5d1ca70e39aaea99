import CSystem
import Storage

/// The turn to ask about /boot: one process has it at a time, until it gives it back or ends.
struct Turn {
  private let file: Int32

  /// Takes it; nil if another process has it.
  init?(_ folders: SystemFolders) {
    do throws(StorageError) { try DurableFile.makeFolder(folders.run, mode: 0o700) } catch {}
    // Safe: a C string for the call; `end` closes the descriptor.
    let file = unsafe system_open(
      folders.run + "/after-upgrade.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return nil }
    guard system_lock_byte(file, 0, true) else {
      close(file)
      return nil
    }
    self.file = file
  }

  /// Gives it back.
  func end() { close(file) }
}
