import DiskKey
import OpenPGP
import OpenPGPCard

/// A dongle that a `card` command works on: who it is, how its PINs are derived, and visits that begin
/// only after it has been held against both.
struct ManagedDongle {
  let dongle: Dongle
  /// As recorded on this system; for a dongle never used here, as it says itself.
  let derivation: KeyDerivation
  private let options: GlobalOptions
  private let pinned: PinnedKey?
  /// Nothing is recorded of it on this system.
  private let isNew: Bool

  /// The one dongle that is meant.
  init(_ options: GlobalOptions) throws(Failure) {
    self.options = options
    dongle = try Dongles.look(options).one("that fits")
    let store = DongleStore(options.folders)
    isNew = try store.known(dongle.identifier) == nil
    derivation = try store.keyDerivation(of: dongle)
    pinned = try Self.pinned(dongle, derivation, options.folders)
  }

  var name: String { dongle.name }
  var application: ApplicationData { dongle.application }

  /// What a trusted certificate says of one of its keys; nil where no such certificate is here.
  private static func pinned(
    _ dongle: Dongle, _ derivation: KeyDerivation, _ folders: SystemFolders
  ) throws(Failure) -> PinnedKey? {
    let trust = try TrustStore(files: [], folders: folders)
    for slot in KeySlot.allCases {
      guard let fingerprint = dongle.application.fingerprint(of: slot),
        let found = trust.key(fingerprint)
      else { continue }
      return PinnedKey(
        identifier: dongle.identifier, slot: slot, fingerprint: fingerprint,
        publicKey: found.key.publicKey, keyDerivation: derivation)
    }
    return nil
  }

  /// A visit to the same dongle as before: serial, keys and KDF-DO, and by a trusted certificate the
  /// key itself, are held against what they must be, before any PIN.
  func visit() throws(Failure) -> OpenPGPCard<ReaderTransport> {
    var card = try dongle.visit()
    do throws(CardError) {
      guard card.application.identifier == dongle.identifier else {
        throw .notThePinned(.serial)
      }
      for slot in KeySlot.allCases
      where card.application.fingerprint(of: slot) != application.fingerprint(of: slot) {
        throw .notThePinned(.fingerprint)
      }
      if let pinned {
        try card.confirm(pinned)
      } else if try card.keyDerivation() != derivation {
        throw .notThePinned(.keyDerivation)
      }
    } catch {
      throw Failure(error, dongle: name)
    }
    return card
  }

  /// A visit without a PIN.
  func read<Result>(
    _ body: (inout OpenPGPCard<ReaderTransport>) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    var card = try visit()
    do throws(CardError) {
      return try body(&card)
    } catch {
      throw Failure(error, dongle: name)
    }
  }

  /// Asks for the PIN that `purpose` takes, with its tries left, and makes one visit with it.
  /// - Parameter words: what the PIN is for, as in "to make a key".
  func authorize<Use: Purpose, Result>(
    _ purpose: Use, with source: SecretSource, for words: String,
    _ body: (inout Authorization<ReaderTransport, Use>) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    let entry = try ask(
      Use.pin, from: source, for: words,
      onPad: PINEntry.padInstruction(
        Use.pin, of: dongle, from: source, for: words, derivedBy: derivation))
    return try visit(with: entry) { (card) throws(CardError) in
      var authorization = try entry.authorize(purpose, on: &card, derivedBy: derivation)
      return try body(&authorization)
    }
  }

  /// Asks for a PIN, with the tries left of all.
  /// - Parameter instruction: what to type on the reader's pad; nil where the PIN is typed or read here.
  func ask(
    _ pin: PIN, from source: SecretSource, for words: String, onPad instruction: String? = nil
  ) throws(Failure) -> PINEntry {
    let status = application.pinStatus
    Output.note(
      "\(name): tries left: PIN \(status.triesLeft(.user)), "
        + "reset code \(status.triesLeft(.resetCode)), admin PIN \(status.triesLeft(.admin))")
    return try PINEntry.ask(
      pin, of: dongle, from: source, for: words, derivedBy: derivation, isNew: isNew,
      onPad: instruction, options)
  }

  /// One visit with a PIN. A dongle that took it is known from then on.
  func visit<Result>(
    with entry: PINEntry, _ body: (inout OpenPGPCard<ReaderTransport>) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    let result: Result
    do {
      var card = try visit()
      do throws(CardError) {
        result = try body(&card)
      } catch {
        throw entry.failure(error)
      }
    }
    if isNew { store.remember(dongle, derivation) }
    return result
  }

  /// Refuses what is longer than the dongle keeps, where it says how much that is.
  func requireRoom(for data: [UInt8], atMost most: Int?) throws(Failure) {
    guard let most, data.count > most else { return }
    throw Failure(
      .dongleRefuses, "\(data.count) bytes are more than \(name) keeps: \(most)",
      next: "Nothing was changed.")
  }

  /// Asks before something is lost.
  func confirm(_ question: String) throws(Failure) {
    try Question.confirm(question, assumed: options.yes)
  }

  /// Where PINs that failed are remembered.
  var memory: FailedPINs { FailedPINs(options.folders) }
  /// What this system knows of dongles.
  var store: DongleStore { DongleStore(options.folders) }

  /// Renews what this system knows of the dongle's keys, where it knows it at all.
  func renewRecord() throws(Failure) {
    guard try store.known(dongle.identifier) != nil else { return }
    do throws(Dongle.ConnectionError) {
      store.remember(try Dongle(at: dongle.place), derivation)
    } catch {
      throw Failure(error, dongle: name)
    }
  }
}
