import OpenPGPCard
import Secrets
import SmartCard

/// A PIN on its way to one dongle: asked for with its tries left, and held back if it can only fail.
struct PINEntry {
  let dongle: Dongle
  let pin: PIN
  let source: SecretSource
  private let memory: PINMemory

  /// The most bytes of a text that is taken for a PIN.
  static let maximumSize = 256

  init(_ pin: PIN, of dongle: Dongle, from source: SecretSource, folders: SystemFolders) {
    self.dongle = dongle
    self.pin = pin
    self.source = source
    memory = PINMemory(folders)
  }

  /// Has the PIN typed on the reader's pad where that can be done and it isn't given otherwise: when the
  /// card asks for it. Else reads it.
  func enter(for purpose: String, derivedBy derivation: KeyDerivation) throws(Failure) -> EnteredPIN
  {
    guard usesPad(derivation, changing: false) else { return EnteredPIN(try read(for: purpose)) }
    try confirmTries()
    Output.note(
      "Type the \(source.name) of \(dongle.name) \(purpose) on the pad of \(place) (\(left)).")
    return EnteredPIN.onPad
  }

  /// Whether the PIN is typed on the reader's pad.
  /// - Parameter changing: a new one as well.
  func usesPad(_ derivation: KeyDerivation, changing: Bool) -> Bool {
    guard !source.isGiven, let pad = dongle.pad, changing ? pad.changes : pad.verifies else {
      return false
    }
    guard derivation.derivedSize == nil else {
      Output.note(
        "\(dongle.name) wants its PINs derived (KDF), which the pad of its reader can't do: type "
          + "them here.")
      return false
    }
    return true
  }

  /// The reader's name.
  var place: String { dongle.place.description }

  /// How many tries are left.
  var left: String {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    return tries == 1 ? "1 try left" : "\(tries) tries left"
  }

  /// The last try is spent only on a clear yes at the terminal, which `--yes` is not.
  func confirmTries() throws(Failure) {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    guard tries > 0 else { throw Failure(CardError.blocked(pin), dongle: dongle.name) }
    if tries == 1 {
      try Question.confirm(
        "\(dongle.name) has only one try left for its \(pin.words). Go on?", assumed: nil)
    }
  }

  /// Reads the PIN. The last try is spent only on a clear yes at the terminal, which `--yes` is not.
  func read(for purpose: String) throws(Failure) -> SecretBytes {
    try confirmTries()
    let secret = try source.read(
      prompt: "\(source.name) of \(dongle.name) \(purpose) (\(left)): ", limit: Self.maximumSize)
    try memory.check(secret, as: pin, of: dongle)
    return secret
  }

  /// What to say of an error in the visit; a wrong PIN that was typed here is remembered, so that it
  /// isn't sent again.
  func failure(_ error: CardError, after entered: EnteredPIN) -> Failure {
    entered.isOnPad
      ? Failure(error, dongle: dongle.name) : failure(error, after: entered.secret)
  }

  /// What to say of an error in the visit; a wrong PIN is remembered, so that it isn't sent again.
  func failure(_ error: CardError, after secret: borrowing SecretBytes) -> Failure {
    if case .wrongPIN = error {
      memory.remember(secret, as: pin, of: dongle)
    }
    return Failure(error, dongle: dongle.name)
  }
}
