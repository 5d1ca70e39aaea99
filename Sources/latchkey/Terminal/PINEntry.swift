import DiskKey
import OpenPGPCard
import Provisioning
import Secrets
import SmartCard
import Synchronization

/// A PIN on its way to one dongle: the only way by which this command sends one. It is asked for with the
/// tries that are left, held back if it can only fail, and goes out on the terms that were asked about.
final class PINEntry {
  let dongle: Dongle
  let pin: PIN
  /// Where it came from.
  let source: SecretSource
  /// The PIN's text; empty where it is typed on the reader's pad.
  let text: SecretHolder
  /// What was shown and agreed to.
  let terms: PINTerms<FailedPINs>
  private let isOnPad: Bool
  private let folders: SystemFolders

  /// The most bytes of a text that is taken for a PIN.
  static let maximumSize = 256

  private init(
    _ pin: PIN, of dongle: Dongle, from source: SecretSource, _ secret: consuming SecretBytes,
    isOnPad: Bool = false, sendsAgain: Bool = false, isEmptiedFirst: Bool = false,
    _ folders: SystemFolders
  ) {
    self.pin = pin
    self.dongle = dongle
    self.source = source
    text = SecretHolder(secret)
    self.isOnPad = isOnPad
    self.folders = folders
    // A dongle that is emptied has other tries then, and its PIN is no secret.
    let tries = isEmptiedFirst ? 0 : dongle.application.pinStatus.triesLeft(pin)
    // Where it is the last one, a person has said yes: see `confirmTries`.
    terms = PINTerms(
      triesShown: tries, spendsLastTry: isEmptiedFirst || tries == 1, sendsAgain: sendsAgain,
      memory: FailedPINs(folders))
  }

  /// Has the PIN typed, or reads it.
  /// - Parameters:
  ///   - purpose: what it is for, as in "to sign".
  ///   - derivation: how the dongle's PINs are derived; nil where nobody has looked yet.
  ///   - isNew: nothing is recorded of the dongle: a person must say that it may have the PIN.
  ///   - instruction: what to type on the reader's pad when the card asks for it; nil where it is read here.
  ///     See ``padInstruction(_:of:from:for:derivedBy:)``.
  static func ask(
    _ pin: PIN, of dongle: Dongle, from source: SecretSource, for purpose: String,
    derivedBy derivation: KeyDerivation?, isNew: Bool, onPad instruction: String? = nil,
    _ options: GlobalOptions
  ) throws(Failure) -> PINEntry {
    if isNew { try confirm(stranger: dongle, pin, options) }
    try confirmTries(pin, of: dongle)
    let folders = options.folders
    if let instruction {
      Output.note("\(instruction) (\(left(pin, of: dongle))).")
      return PINEntry(
        pin, of: dongle, from: source, SecretBytes(capacity: 1), isOnPad: true, folders)
    }
    let secret = try source.read(
      prompt: "\(source.name) of \(dongle.name) \(purpose) (\(left(pin, of: dongle))): ",
      limit: maximumSize)
    try check(secret, pin, of: dongle, derivation)
    let fate = try fate(of: secret, pin, of: dongle, folders)
    if fate == .unknown {
      try Question.confirm(
        "This \(pin.words) was sent to \(dongle.name) before, and no answer came: it may be wrong. "
          + "Send it once more?", assumed: nil,
        otherwise: "It was not sent. If it is right: latchkey card pin forget, then run this again."
      )
    }
    return PINEntry(
      pin, of: dongle, from: source, secret, sendsAgain: fate == .unknown, folders)
  }

  /// The same within a visit, of a dongle that is recorded: nil where a person would have to be asked.
  static func unasked(
    _ pin: PIN, of dongle: Dongle, from source: SecretSource, derivedBy derivation: KeyDerivation,
    _ options: GlobalOptions
  ) throws(Failure) -> PINEntry? {
    guard dongle.application.pinStatus.triesLeft(pin) > 1 else { return nil }
    let secret = try source.read(prompt: "", limit: maximumSize)
    try check(secret, pin, of: dongle, derivation)
    guard try fate(of: secret, pin, of: dongle, options.folders) == nil else { return nil }
    return PINEntry(pin, of: dongle, from: source, secret, options.folders)
  }

  /// A factory PIN, for a dongle that is to be emptied before it gets that.
  static func factory(
    _ pin: PIN, of dongle: Dongle, _ options: GlobalOptions
  ) throws(Failure) -> PINEntry {
    let source = SecretSource.factory(pin)
    return PINEntry(
      pin, of: dongle, from: source, try source.read(prompt: ""), isEmptiedFirst: true,
      options.folders)
  }

  // MARK: The reader's pad

  /// What to type on the pad of the dongle's reader; nil where the PIN isn't typed there.
  static func padInstruction(
    _ pin: PIN, of dongle: Dongle, from source: SecretSource, for purpose: String,
    derivedBy derivation: KeyDerivation
  ) -> String? {
    guard usesPad(of: dongle, from: source, derivation, changing: false) else { return nil }
    return "Type the \(source.name) of \(dongle.name) \(purpose) on the pad of "
      + dongle.place.description
  }

  /// The same for a PIN and the new one that takes its place.
  static func padInstruction(
    changing pin: PIN, of dongle: Dongle, from source: SecretSource,
    derivedBy derivation: KeyDerivation
  ) -> String? {
    guard usesPad(of: dongle, from: source, derivation, changing: true) else { return nil }
    return
      "Type on the pad of \(dongle.place.description) the \(pin.words) of \(dongle.name) as it is "
      + "now, then the new one, then the new one once more"
  }

  private static func usesPad(
    of dongle: Dongle, from source: SecretSource, _ derivation: KeyDerivation, changing: Bool
  ) -> Bool {
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

  // MARK: What is asked and checked before

  /// A dongle that nothing is recorded of gets a PIN only if somebody named it: at the terminal, or by
  /// `--card` or `--yes`; where nobody can be asked, by the virtual card's file too.
  private static func confirm(
    stranger dongle: Dongle, _ pin: PIN, _ options: GlobalOptions
  ) throws(Failure) {
    if options.yes || !options.card.isEmpty { return }
    if named.withLock({ $0.contains(dongle.identifier) }) { return }
    if case .file = dongle.place, !Question.canAsk { return }
    try Question.confirm(
      "\(dongle.name) was never used on this system. Send it the \(pin.words)?", assumed: false,
      otherwise: "No PIN was sent. If the dongle is yours, name it: --card \(dongle.serial).")
    _ = named.withLock { $0.insert(dongle.identifier) }
  }

  /// The dongles that a person said yes to: each is asked about once in a run.
  private static let named = Mutex<Set<CardIdentifier>>([])

  /// The last try is spent only on a clear yes at the terminal, which `--yes` is not.
  private static func confirmTries(_ pin: PIN, of dongle: Dongle) throws(Failure) {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    guard tries > 0 else { throw Failure(CardError.blocked(pin), dongle: dongle.name) }
    guard tries == 1 else { return }
    try Question.confirm(
      "\(dongle.name) has only one try left for its \(pin.words). Go on?", assumed: nil)
  }

  /// How many tries are left.
  private static func left(_ pin: PIN, of dongle: Dongle) -> String {
    let tries = dongle.application.pinStatus.triesLeft(pin)
    return tries == 1 ? "1 try left" : "\(tries) tries left"
  }

  private static func check(
    _ secret: borrowing SecretBytes, _ pin: PIN, of dongle: Dongle, _ derivation: KeyDerivation?
  ) throws(Failure) {
    let status = dongle.application.pinStatus
    let isPossible =
      derivation.map { status.isPossible(secret, as: pin, derivedBy: $0) }
      ?? (secret.count >= pin.minimumLength)
    guard isPossible else {
      throw Failure(CardError.impossiblePIN, dongle: dongle.name)
    }
  }

  /// Stops a PIN that can only fail.
  /// - Returns: whether no answer came to it the last time.
  private static func fate(
    of secret: borrowing SecretBytes, _ pin: PIN, of dongle: Dongle, _ folders: SystemFolders
  ) throws(Failure) -> PINFate? {
    var found: PINFate?
    for memory in [FailedPINs(folders)] + FailedPINs.others(folders) {
      guard !memory.isFromLaterRelease else {
        throw Failure(
          .system,
          "which PINs failed was remembered by a later Latchkey, in "
            + Escaped.text(FailedPINs.folder(folders) + "/failed-pins"),
          next: "No PIN was sent. Use that Latchkey; or remove the file, and take care.")
      }
      switch memory.fate(of: secret, as: pin, on: dongle.identifier) {
      case .failed: throw Failure(CardError.failedBefore(pin), dongle: dongle.name)
      case .unknown: found = .unknown
      case nil: break
      }
    }
    return found
  }

  // MARK: On its way

  /// Verifies it on a card that nothing is recorded of.
  func authorize<Use: Purpose>(
    _ purpose: Use, on card: inout OpenPGPCard<ReaderTransport>, derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<ReaderTransport, Use> {
    isOnPad
      ? try card.authorizeOnPad(purpose, under: terms, derivedBy: derivation)
      : try card.authorize(purpose, with: text.secret, under: terms, derivedBy: derivation)
  }

  /// Verifies it on a card that has to be the recorded one.
  func authorize<Use: Purpose>(
    _ purpose: Use, on card: inout OpenPGPCard<ReaderTransport>, pinned: PinnedKey
  ) throws(CardError) -> Authorization<ReaderTransport, Use> {
    isOnPad
      ? try card.authorizeOnPad(purpose, under: terms, pinned: pinned)
      : try card.authorize(purpose, with: text.secret, under: terms, pinned: pinned)
  }

  /// Puts a new PIN in its place.
  func change(
    to new: borrowing SecretBytes, on card: inout OpenPGPCard<ReaderTransport>,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try card.changePIN(pin, from: text.secret, under: terms, to: new, derivedBy: derivation)
  }

  /// Has a new PIN put in its place on the pad.
  func changeOnPad(
    on card: inout OpenPGPCard<ReaderTransport>, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try card.changePINOnPad(pin, under: terms, derivedBy: derivation)
  }

  /// Sets a new user PIN, which this one, the reset code, may.
  func resetUserPIN(
    to new: borrowing SecretBytes, on card: inout OpenPGPCard<ReaderTransport>,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try card.resetUserPIN(with: text.secret, under: terms, to: new, derivedBy: derivation)
  }

  /// What to say of an error in the visit. Where it can't be remembered that the PIN was sent, it says so.
  func failure(_ error: CardError) -> Failure {
    warn()
    return Failure(error, dongle: dongle.name)
  }

  /// Says that the PIN can't be remembered, where that is so.
  func warn() {
    guard terms.memory.problem != nil else { return }
    Output.note(
      "latchkey: that this \(pin.words) was sent can't be remembered in "
        + "\(Escaped.text(FailedPINs.folder(folders))): take care not to give a wrong one again.")
  }
}
