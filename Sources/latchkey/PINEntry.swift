import DiskKey
import OpenPGPCard
import Secrets
import Storage

/// A PIN on its way to one dongle: asked for with its tries left, and held back if it can only fail.
struct PINEntry {
  let dongle: Dongle
  let pin: PIN
  let source: SecretSource
  private let failed: FailedPINs
  private let folder: String

  init(_ pin: PIN, of dongle: Dongle, from source: SecretSource, folders: SystemFolders) {
    self.dongle = dongle
    self.pin = pin
    self.source = source
    folder = folders.run
    failed = FailedPINs(folder: Array(folder.utf8))
  }

  /// Reads the PIN. The last try is spent only on a clear yes at the terminal, which `--yes` is not.
  func read(for purpose: String) throws(Failure) -> SecretBytes {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    guard tries > 0 else { throw Failure(CardError.blocked(pin), dongle: dongle.name) }
    if tries == 1 {
      try Question.confirm(
        "\(dongle.name) has only one try left for its \(pin.words). Go on?", assumed: false)
    }
    let left = tries == 1 ? "1 try left" : "\(tries) tries left"
    let secret = try source.read(
      prompt: "\(source.name) of \(dongle.name) \(purpose) (\(left)): ", limit: 256)
    try checkFailed(secret)
    return secret
  }

  /// What to say of an error in the visit; a wrong PIN is remembered, so that it isn't sent again.
  func failure(_ error: CardError, after secret: borrowing SecretBytes) -> Failure {
    if case .wrongPIN = error {
      remember(secret)
    }
    return Failure(error, dongle: dongle.name)
  }

  private func remember(_ secret: borrowing SecretBytes) {
    try? DurableFile.makeFolder(folder, mode: 0o700)
    do throws(DiskKeyError) {
      try failed.remember(secret, on: dongle.identifier)
    } catch {
      Output.note(
        "latchkey: that this PIN failed can't be remembered in \(Escaped.text(folder)): take care "
          + "not to give it again.")
    }
  }

  private func checkFailed(_ secret: borrowing SecretBytes) throws(Failure) {
    let known: Bool
    do throws(DiskKeyError) {
      known = try failed.contains(secret, on: dongle.identifier)
    } catch {
      return
    }
    guard !known else {
      throw Failure(
        .doesNotHold, "this \(pin.words) already failed on \(dongle.name) since the last boot",
        next: "It was not sent again, so no try was used.")
    }
  }
}
