import DiskKey
import Enrolment

extension Failure {
  /// Why a volume was not enrolled. It and the files are as they were.
  init(_ error: EnrolmentError, device: String, dongle: String) {
    let volume = Escaped.text(device)
    let unchanged = "Nothing was changed."
    switch error {
    case .device(let number):
      self.init(
        .system, "\(volume) can't be opened: \(SystemError(number))",
        next: Self.isForbidden(number) ? "Run this as root." : "Check the path.")
    case .readOnlyDevice:
      self.init(
        .system, "\(volume) can't be written",
        next: "\(unchanged) Run this as root, or mount it writable.")
    case .notLUKS:
      self.init(
        .system, "\(volume) is no LUKS volume",
        next: "\(unchanged) Check the path; cryptsetup luksDump shows what it is.")
    case .header(let fault):
      self.init(
        .doesNotHold, "the header of \(volume) is not one that gets a key: \(fault.words)",
        next:
          "\(unchanged) Latchkey opens aes-xts-plain64 only, with nothing unusual in the header.")
    case .wrongPassphrase:
      self.init(
        .doesNotHold, "the passphrase opens no keyslot of \(volume)",
        next: "\(unchanged) Give the one that opens the volume now.")
    case .noFreeKeyslot:
      self.init(
        .system, "all keyslots of \(volume) are in use",
        next: "\(unchanged) Remove one that you don't need: cryptsetup luksKillSlot.")
    case .noRoomInHeader:
      self.init(
        .system, "the header of \(volume) has no room for one more keyslot",
        next: "\(unchanged) Remove one that you don't need: cryptsetup luksKillSlot.")
    case .keyslot(let number):
      self.init(
        .system, "libcryptsetup can't change \(volume): \(SystemError(number))",
        next:
          "The keyslots that were there are as they were; cryptsetup luksDump \(volume) shows them. "
          + "Run this again.")
    case .backup(let number):
      self.init(
        .system, "the header of \(volume) can't be backed up: \(SystemError(number))",
        next: "\(unchanged) Make room below /var/lib/latchkey.")
    case .storage(let error): self.init(error)
    case .dongleCount(let count):
      self.init(.wrongUse, "\(count) dongles can't be enrolled", next: "Between 1 and 32 can.")
    case .sameDongleTwice:
      self.init(
        .wrongUse, "the same dongle was given twice", next: "\(unchanged) Give each one once.")
    case .noDongleTested:
      self.init(
        .noDongle, "no dongle was there to try the new key",
        next: "\(unchanged) Plug at least one in: a key that was never tried doesn't count.")
    case .diskKey(let error): self.init(error, device: device, dongle: dongle)
    case .wrongKeyFromDongle:
      self.init(
        .doesNotHold, "\(dongle) gave another key than it was given",
        next: "\(unchanged) The dongle is broken, or not what it seems.")
    case .encryption(let error):
      self.init(
        .system, "the key can't be encrypted: \(error.words)",
        next: "\(unchanged) latchkey card show says which keys the dongle has.")
    case .crypto:
      self.init(
        .system, "libcrypto failed", next: "\(unchanged) Is the machine out of memory?")
    case .busy:
      self.init(
        .system, "another latchkey is changing volumes", next: "Wait for it, then try again.")
    case .notEnrolled:
      self.init(
        .noDongle, "no dongle is enrolled for \(volume)",
        next: "\(unchanged) Enroll one: latchkey enroll \(volume).")
    case .keyRefused:
      self.init(
        .doesNotHold, "the key that \(dongle) gave doesn't open its keyslot of \(volume)",
        next: "\(unchanged) Somebody changed the keyslots. Give a passphrase instead: "
          + "--passphrase-file, or latchkey enroll \(volume).")
    case .unprovenKeyslot(let number):
      self.init(
        .doesNotHold,
        "nothing proves that keyslot \(number) of \(volume) is the dongles', as was recorded",
        next: "\(unchanged) Open it by a dongle that is there, without a passphrase; or look at "
          + "cryptsetup luksDump \(volume), and remove it: cryptsetup luksKillSlot \(volume) \(number)."
      )
    case .passphraseOfDongles:
      self.init(
        .doesNotHold, "that passphrase opens the dongles' own keyslot of \(volume)",
        next: "\(unchanged) Give one of a person's, which stays.")
    case .message(let error):
      self.init(
        .wrongUse, "the file to adopt can't be read: \(error.words)",
        next: "\(unchanged) It must be an OpenPGP message, as gpg --encrypt writes it.")
    case .notForAnyDongle:
      self.init(
        .noDongle, "the file to adopt is encrypted to none of the dongles that are there",
        next: "\(unchanged) Plug in one that opens it, or make a new key: "
          + "latchkey enroll \(volume).")
    case .adoptedKeyOpensNothing:
      self.init(
        .doesNotHold, "what the file to adopt holds opens no keyslot of \(volume)",
        next: "\(unchanged) It belongs to another volume, or its keyslot is gone. A new key: "
          + "latchkey enroll \(volume).")
    case .adoptedKeyTooShort(let count):
      self.init(
        .doesNotHold,
        "what the file to adopt holds has \(count) bytes only: it may be a person's passphrase",
        next: "\(unchanged) Its keyslot can't be opened at boot as it is. Make a new key: "
          + "latchkey enroll \(volume).")
    case .initramfs(let initramfs, let failure):
      self.init(
        .system, "the initramfs was not made anew: \(failure.words(initramfs))",
        next:
          "The old key and the new one both open \(volume) until it is, and the next boot works "
          + "as before. See what it said, then run this again: it goes on from there. By hand: "
          + "\(Escaped.text(initramfs.command)).")
    case .damagedJournal(let path):
      self.init(
        .system, "\(Escaped.text(path)), the journal of an interrupted run, is damaged",
        next: "\(unchanged) Look at cryptsetup luksDump \(volume), then remove that file.")
    case .cut: self.init(.system, "interrupted", next: "Run this again.")
    }
  }
}

extension Initramfs.Failure {
  /// In words.
  func words(_ initramfs: Initramfs) -> String {
    let program = Escaped.text(initramfs.program)
    return switch self {
    case .start(let number): "\(program) can't be run: \(SystemError(number))"
    case .ended(let status): "\(program) ended with exit code \(status)"
    }
  }
}
