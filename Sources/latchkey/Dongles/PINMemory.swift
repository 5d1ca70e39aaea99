import DiskKey
import OpenPGPCard
import Secrets
import Storage

/// The PINs that failed since the boot: none goes to the same dongle twice, from whatever process.
struct PINMemory {
  private let failed: FailedPINs
  private let folder: String

  init(_ folders: SystemFolders) {
    folder = folders.run
    failed = FailedPINs(folder: Array(folder.utf8))
  }

  /// Stops a PIN that can only fail.
  func check(_ secret: borrowing SecretBytes, as pin: PIN, of dongle: Dongle) throws(Failure) {
    let isKnown: Bool
    do throws(DiskKeyError) {
      isKnown = try failed.contains(secret, as: pin, on: dongle.identifier)
    } catch {
      return
    }
    guard isKnown else { return }
    throw Failure(
      .doesNotHold, "this \(pin.words) already failed on \(dongle.name) since the last boot",
      next: "It was not sent again, so no try was used.")
  }

  /// Forgets all: a PIN was changed, and what failed before may be right now.
  func forget() { failed.forgetAll() }

  /// Keeps a PIN that failed, as a salted digest. Where that can't be done, it says so.
  func remember(_ secret: borrowing SecretBytes, as pin: PIN, of dongle: Dongle) {
    try? DurableFile.makeFolder(folder, mode: 0o700)
    do throws(DiskKeyError) {
      try failed.remember(secret, as: pin, on: dongle.identifier)
    } catch {
      Output.note(
        "latchkey: that this PIN failed can't be remembered in \(Escaped.text(folder)): take care "
          + "not to give it again.")
    }
  }
}
