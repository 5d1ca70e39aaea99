import BootManifest
import CSystem
import Storage
import VirtualCard

extension Failure {
  /// What is wrong with a virtual card's file.
  init(_ error: CardFileError) {
    switch error {
    case .unreadable(let path):
      self.init(
        .noDongle, "the virtual card \(Escaped.text(path)) can't be read",
        next: "Make one: virtual-card create --profile cards/nitrokey-3.json \(Escaped.text(path))")
    case .damaged(let path, let what):
      self.init(
        .system, "\(Escaped.text(path)) is no virtual card's file: \(Escaped.text(what))",
        next: "Check the path; make a new card with virtual-card create.")
    case .tooNew(let path):
      self.init(
        .system, "\(Escaped.text(path)) was made by a newer virtual-card", next: "Update Latchkey.")
    case .exists(let path):
      self.init(.wrongUse, "\(Escaped.text(path)) is there already", next: "Choose another name.")
    case .inUse(let path):
      self.init(
        .dongleRefuses, "another program runs the virtual card \(Escaped.text(path))",
        next: "End it (virtual-card run), or use its reader without --virtual-card.")
    case .unwritable(let path, let reason):
      self.init(
        .system, "the virtual card \(Escaped.text(path)) can't be written: \(reason)",
        next: "Nothing was changed on it. Make room or fix its permissions.")
    }
  }

  /// What is wrong with a file of Latchkey's own.
  init(_ error: StorageError) {
    let path = Escaped.text(error.path)
    guard error.code != StorageError.writableByOthers else {
      self.init(
        .system, "others than root and you can write \(path): what it says can't be trusted",
        next: "See who put what there; then: chown root \(path); chmod go-w \(path)")
      return
    }
    self.init(
      .system, "can't \(error.operation) \(path): \(SystemError(error.code))",
      next: Self.isForbidden(error.code)
        ? "Run this as root."
        : error.code == ENOSPC
          ? "Make room on its file system and run this again."
          : error.code == EROFS
            ? "Mount its file system writable and run this again." : "Check the path.")
  }

  /// Whether an errno value means that somebody else may do it.
  static func isForbidden(_ code: Int32) -> Bool { code == EACCES || code == EPERM }

  /// What is wrong with /boot at `path`.
  init(_ error: BootError, at path: String) {
    let boot = Escaped.text(path)
    switch error {
    case .noFolder(let name, let code):
      self.init(
        .system, "\(name) can't be opened: \(SystemError(code))",
        next: Self.isForbidden(code) ? "Run this as root." : "Give the folder with --boot.")
    case .system(let operation, let name, let code):
      self.init(
        .system, "can't \(operation) \(name) in \(boot): \(SystemError(code))",
        next: Self.isForbidden(code) ? "Run this as root." : "Check the disk and run this again.")
    case .readOnly:
      self.init(
        .system, "\(boot) is mounted read-only",
        next: "Mount it writable (mount -o remount,rw \(boot)) and run this again.")
    case .busy:
      self.init(
        .system, "another latchkey is signing \(boot)", next: "Wait for it and run this again.")
    case .notPermitted(let name):
      self.init(.system, "not allowed to write \(name) in \(boot)", next: "Run this as root.")
    case .full(let needed, let free):
      // Nothing is known of the room where a name could not be changed.
      self.init(
        .system,
        needed == 0
          ? "\(boot) is full" : "\(boot) is full: \(needed) bytes are needed and \(free) are free",
        next: (needed == 0 ? "" : "The old set is as it was. ")
          + "Remove an old kernel (apt autoremove) and run this again.")
    case .forbiddenNames(let names):
      self.init(
        .doesNotHold,
        "Heads refuses names with such characters: "
          + names.map(\.description).joined(separator: ", "),
        next: "Nothing was written. Rename or remove them and run this again.")
    case .notRegular(let name):
      self.init(
        .doesNotHold, "\(name) in \(boot) is a link or no regular file",
        next: "Nothing was written. Remove it and run this again.")
    case .sameNameInAnotherCase(let name):
      self.init(
        .doesNotHold, "\(name) is there twice, in capitals and not", next: "Rename one of them.")
    case .changedMeanwhile(let name):
      self.init(
        .doesNotHold, "\(name) changed while \(boot) was looked at",
        next: "Something is at work there (an upgrade?). Run this again when it is done.")
    case .beyondLimit(let name):
      self.init(.system, "\(name) is beyond what any \(boot) has", next: "Is that a /boot?")
    case .nothingToSign:
      self.init(.system, "\(boot) has no file to sign", next: "Is it mounted?")
    case .badSignature(let problem):
      self.init(
        .doesNotHold, "the dongle's signature does not hold: \(problem.words)",
        next: "Nothing was written; the old set is as it was.")
    case .writtenDiffers(let name):
      self.init(
        .system, "\(name) reads back differently from what was written",
        next: "The disk is failing, or something else writes to \(boot).")
    case .clockBehind(let now, let remembered):
      self.init(
        .system,
        "the clock says \(Moment.text(now)), before the last signature of "
          + Moment.text(remembered), next: "Set the clock and run this again.")
    case .newerMemory(let name):
      self.init(
        .system,
        "\(name) in /var/lib/latchkey, which remembers the last signature, was written by a newer Latchkey",
        next: "Update Latchkey.")
    case .damagedMemory(let name):
      self.init(
        .system, "\(name) in /var/lib/latchkey, which remembers the last signature, is damaged",
        next: "Remove it if you are sure that \(boot) is as you signed it, and run this again.")
    case .crypto:
      self.init(.system, "libcrypto failed", next: "Is the machine out of memory?")
    }
  }
}
