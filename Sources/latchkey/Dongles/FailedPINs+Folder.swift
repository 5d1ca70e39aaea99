import CSystem
import DiskKey
import FoundationEssentials
import OpenPGPCard
import Secrets
import Storage

/// Where the PINs that failed are remembered: until the next boot, or the user's last logout.
extension FailedPINs {
  /// Root's memory is in `/run/latchkey`, another user's in `$XDG_RUNTIME_DIR/latchkey`.
  convenience init(_ folders: SystemFolders) {
    let folder = Self.folder(folders)
    self.init(folder: Array(folder.utf8))
    // The last of them is made, and checked, when there is something to remember.
    if geteuid() == 0 { try? DurableFile.makeFolder(folder, mode: 0o700) }
  }

  /// The folder, as messages name it.
  static func folder(_ folders: SystemFolders) -> String {
    guard geteuid() != 0 else { return folders.run }
    // Safe: the environment is not changed while this program runs.
    let named = unsafe getenv("XDG_RUNTIME_DIR").map { unsafe String(cString: $0) }
    for parent in [named ?? "", "/run/user/\(geteuid())"] where isOwn(parent) {
      return parent + "/latchkey"
    }
    return folders.run
  }

  /// What root heeds as well: a PIN that failed for another user would fail for root. Each file must be
  /// that user's own.
  static func others(_ folders: SystemFolders) -> [FailedPINs] {
    guard geteuid() == 0, folders.isRunning else { return [] }
    let base = "/run/user"
    return ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).compactMap { name in
      UInt32(name).map { FailedPINs(folder: Array("\(base)/\(name)/latchkey".utf8), of: $0) }
    }
  }

  /// Forgets all that was sent to a card: it was emptied, or all of its PINs are others now.
  func forgetAll(of card: CardIdentifier) {
    for pin in PIN.allCases { forget(pin, of: card) }
  }

  /// Whether that is an absolute path to a folder that nobody else can write.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    // Safe: a C string for the call, and the structure is ours.
    guard path.hasPrefix("/"), unsafe lstat(path, &status) == 0 else { return false }
    return status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) && status.st_uid == geteuid()
      && status.st_mode & 0o022 == 0
  }
}
