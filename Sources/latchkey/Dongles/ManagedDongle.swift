import OpenPGP
import OpenPGPCard
import Secrets

/// A dongle that a `card` command works on: who it is, how its PINs are derived, and visits that begin
/// only after it has been held against both.
struct ManagedDongle {
  let dongle: Dongle
  /// As recorded on this system; for a dongle never used here, as it says itself.
  let derivation: KeyDerivation
  private let options: GlobalOptions
  private let pinned: PinnedKey?

  /// The one dongle that is meant.
  init(_ options: GlobalOptions) throws(Failure) {
    self.options = options
    dongle = try Dongles.look(options).one("that fits")
    derivation = try DongleStore(options.folders).keyDerivation(of: dongle)
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
    showTries()
    let entry = PINEntry(Use.pin, of: dongle, from: source, folders: folders)
    let pin = PINGiven(Use.pin, of: self, entry, try entry.enter(for: words, derivedBy: derivation))
    return try pin.visit { (card, entered) throws(CardError) in
      var authorization = try entered.authorize(purpose, on: &card, derivedBy: derivation)
      return try body(&authorization)
    }
  }

  /// Shows the tries left, before any PIN is asked for.
  func showTries() {
    let status = application.pinStatus
    Output.note(
      "\(name): tries left: PIN \(status.triesLeft(.user)), "
        + "reset code \(status.triesLeft(.resetCode)), admin PIN \(status.triesLeft(.admin))")
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

  /// Where failed PINs are remembered.
  var memory: PINMemory { PINMemory(options.folders) }
  /// What this system knows of dongles.
  var store: DongleStore { DongleStore(options.folders) }
  /// Latchkey's folders.
  var folders: SystemFolders { options.folders }

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

/// A PIN that was given, on its way to one dongle.
final class PINGiven {
  private let pin: PIN
  private let managed: ManagedDongle
  private let entry: PINEntry
  private let entered: EnteredPIN

  /// One that was typed, or is to be on the pad.
  init(_ pin: PIN, of managed: ManagedDongle, _ entry: PINEntry, _ entered: EnteredPIN) {
    self.pin = pin
    self.managed = managed
    self.entry = entry
    self.entered = entered
  }

  /// One that is typed or read here.
  convenience init(
    _ pin: PIN, of managed: ManagedDongle, from source: SecretSource, for words: String
  ) throws(Failure) {
    managed.showTries()
    let entry = PINEntry(pin, of: managed.dongle, from: source, folders: managed.folders)
    self.init(pin, of: managed, entry, EnteredPIN(try entry.read(for: words)))
  }

  /// The PIN, where it is here.
  var secret: SecretBytes { _read { yield entered.secret } }

  /// One visit; a PIN that turns out wrong is remembered.
  func visit<Result>(
    _ body: (inout OpenPGPCard<ReaderTransport>, EnteredPIN) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    var card = try managed.visit()
    do throws(CardError) {
      return try body(&card, entered)
    } catch {
      throw failure(error)
    }
  }

  /// One visit; a PIN that turns out wrong is remembered.
  func visit<Result>(
    _ body: (inout OpenPGPCard<ReaderTransport>, borrowing SecretBytes) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    var card = try managed.visit()
    do throws(CardError) {
      return try body(&card, entered.secret)
    } catch {
      throw failure(error)
    }
  }

  /// What to say of an error in the visit.
  func failure(_ error: CardError) -> Failure {
    let failure = entry.failure(error, after: entered)
    guard case .wrongPIN(let tries) = error, pin != .user else { return failure }
    let left = tries.map { $0 == 1 ? ": 1 try is left" : ": \($0) tries are left" } ?? ""
    return Failure(
      failure.status, "wrong \(pin.words) for \(managed.name)\(left)",
      next: tries == 0
        ? "It is blocked now."
        : "Nothing was done. Check the \(pin.words) before you try again.")
  }
}
