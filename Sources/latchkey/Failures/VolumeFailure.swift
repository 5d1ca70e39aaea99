import DiskKey
import OpenPGP

extension Failure {
  /// Why a volume didn't open. `dongle` is empty where none was asked yet.
  init(_ error: DiskKeyError, device: String, dongle: String) {
    let volume = Escaped.text(device)
    switch error {
    case .card(let error): self.init(error, dongle: dongle)
    case .file(let file, let number):
      self.init(
        .system,
        file == .device
          ? "\(volume) can't be opened: \(SystemError(number))"
          : "the \(file.words) of \(volume) can't be read or written: \(SystemError(number))",
        next: Self.isForbidden(number) ? "Run this as root." : "Check the path.")
    case .fileTooLarge(let file):
      self.init(
        .system, "the \(file.words) of \(volume) is too large to be one",
        next: "Restore it from a backup, or enroll again: latchkey enroll \(volume).")
    case .writableByOthers(let file):
      self.init(
        .doesNotHold, "others than root can write the \(file.words) of \(volume)",
        next: "It can't be trusted, and no PIN was sent. See who changed its permissions, then "
          + "enroll again: latchkey enroll \(volume).")
    case .record(let fault):
      self.init(
        .doesNotHold, "the record of \(volume) is damaged: \(fault.words)",
        next: "Enroll again: latchkey enroll \(volume). The passphrase still opens it.")
    case .recordNotVouchedFor:
      self.init(
        .doesNotHold, "the record of \(volume) is not the one that was signed",
        next: "No PIN was sent. latchkey verify says what changed.")
    case .blobChanged:
      self.init(
        .doesNotHold, "the key.pgp of \(volume) is not the one that was recorded",
        next: "No PIN was sent. Enroll again: latchkey enroll \(volume).")
    case .notForThisDongle:
      self.init(
        .noDongle, "the key.pgp of \(volume) is not encrypted to \(dongle)",
        next: "Plug in another dongle, or use the passphrase.")
    case .message(let error):
      self.init(
        .doesNotHold, "the key.pgp of \(volume) can't be read: \(error.words)",
        next: "Enroll again: latchkey enroll \(volume). The passphrase still opens it.")
    case .unproven:
      self.init(
        .doesNotHold, "\(dongle) took the PIN and then could not decrypt: it did not prove itself",
        next: "Somebody may have your PIN now. Change it on your own dongle at once: "
          + "latchkey card pin change.")
    case .header(let fault):
      self.init(
        fault == .notLUKS ? .system : .doesNotHold,
        fault == .notLUKS
          ? "\(volume) is no LUKS volume"
          : "the header of \(volume) is not as recorded: \(fault.words)",
        next: fault == .notLUKS
          ? "Check the path."
          : "It got no key. If you changed it (cryptsetup), enroll again; if not, don't trust it.")
    case .activation(let number):
      self.init(
        .system, "\(volume) can't be mapped: \(SystemError(number))",
        next: "Is it open already (ls /dev/mapper)? Mapping needs root.")
    case .crypto:
      self.init(.system, "libcrypto failed", next: "Is the machine out of memory?")
    }
  }
}

extension Failure {
  /// Why it can't be remembered, or forgotten, in that folder which PINs failed.
  init(_ error: DiskKeyError, folder: String) {
    let what = "the list of PINs that failed, \(Escaped.text(folder + "/failed-pins")),"
    if case .file(_, let number) = error {
      self.init(
        .system, "\(what) can't be written: \(SystemError(number))",
        next: "Nothing was forgotten. See who owns that folder.")
    } else {
      self.init(
        .system, "\(what) can't be written: others than you can write the folder",
        next: "Nothing was forgotten. See who owns that folder.")
    }
  }
}

extension DiskKeyError.File {
  /// In words.
  var words: String {
    switch self {
    case .record: "record"
    case .blob: "key.pgp"
    case .device: "device"
    case .failedPINs: "list of PINs that failed"
    }
  }
}
