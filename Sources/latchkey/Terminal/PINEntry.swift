import OpenPGPCard
import Secrets

/// A PIN on its way to one dongle: asked for with its tries left, and held back if it can only fail.
struct PINEntry {
  let dongle: Dongle
  let pin: PIN
  let source: SecretSource
  private let memory: PINMemory

  init(_ pin: PIN, of dongle: Dongle, from source: SecretSource, folders: SystemFolders) {
    self.dongle = dongle
    self.pin = pin
    self.source = source
    memory = PINMemory(folders)
  }

  /// Reads the PIN. The last try is spent only on a clear yes at the terminal, which `--yes` is not.
  func read(for purpose: String) throws(Failure) -> SecretBytes {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    guard tries > 0 else { throw Failure(CardError.blocked(pin), dongle: dongle.name) }
    if tries == 1 {
      try Question.confirm(
        "\(dongle.name) has only one try left for its \(pin.words). Go on?", assumed: nil)
    }
    let left = tries == 1 ? "1 try left" : "\(tries) tries left"
    let secret = try source.read(
      prompt: "\(source.name) of \(dongle.name) \(purpose) (\(left)): ", limit: 256)
    try memory.check(secret, as: pin, of: dongle)
    return secret
  }

  /// What to say of an error in the visit; a wrong PIN is remembered, so that it isn't sent again.
  func failure(_ error: CardError, after secret: borrowing SecretBytes) -> Failure {
    if case .wrongPIN = error {
      memory.remember(secret, as: pin, of: dongle)
    }
    return Failure(error, dongle: dongle.name)
  }
}
