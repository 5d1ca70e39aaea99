import DiskKey
import Inflate
import LibCrypto
import OpenPGP
import OpenPGPCard
import Provisioning
import Secrets
import SmartCard

/// A dongle that a volume is being enrolled to: what is recorded of it and, if it is there, its PIN.
final class EnrollingDongle {
  /// What the record will say.
  let recorded: Record.Dongle
  /// Its PIN, and how it is reached; nil if it isn't there.
  let entry: PINEntry?
  /// What this system knows of dongles, where it doesn't know this one yet.
  private let store: DongleStore?

  /// A dongle that is there: looks at its decryption key, and asks for its PIN.
  init(
    _ dongle: Dongle, pin: SecretSource, trust: TrustStore, _ options: GlobalOptions, device: String
  ) throws(Failure) {
    guard let fingerprint = dongle.application.fingerprint(of: .decryption) else {
      throw Failure(CardError.noKey(.decryption), dongle: dongle.name)
    }
    let store = DongleStore(options.folders)
    let derivation = try store.keyDerivation(of: dongle)
    let isNew = try store.known(dongle.identifier) == nil
    let key = try Self.certificateKey(of: dongle, fingerprint, trust)
    recorded = Record.Dongle(
      name: Array(dongle.model.utf8),
      pinned: PinnedKey(
        identifier: dongle.identifier, slot: .decryption, fingerprint: fingerprint,
        publicKey: key.publicKey, keyDerivation: derivation),
      keyAgreement: key.keyDerivation, isTested: false)
    self.store = isNew ? store : nil
    entry = try PINEntry.ask(
      .user, of: dongle, from: pin, for: "to try the new key of \(Escaped.text(device))",
      derivedBy: derivation, isNew: isNew, options)
  }

  /// A dongle as it is recorded already: asks for its PIN, if it is there.
  init(
    _ recorded: Record.Dongle, _ dongle: Dongle?, pin: SecretSource, _ options: GlobalOptions,
    device: String
  ) throws(Failure) {
    self.recorded = recorded
    store = nil
    guard let dongle else {
      entry = nil
      return
    }
    guard dongle.application.fingerprint(of: .decryption) == recorded.pinned.fingerprint else {
      throw Failure(
        .noDongle, "\(dongle.name) has another decryption key than \(Escaped.text(device)) knows",
        next: "No PIN was asked for. Name the dongles that shall open it with --card, this one too:"
          + " latchkey rotate \(Escaped.text(device)) --card \(dongle.serial).")
    }
    entry = try PINEntry.ask(
      .user, of: dongle, from: pin, for: "to try the new key of \(Escaped.text(device))",
      derivedBy: recorded.pinned.keyDerivation, isNew: false, options)
  }

  /// A spare that isn't there, by its certificate; it must have been provisioned on this system, as a
  /// dongle's serial and KDF-DO are recorded with its key.
  init(certificate path: String, folders: SystemFolders) throws(Failure) {
    let certificates = try TrustStore(files: [path], folders: folders).certificates
    let keys = certificates.flatMap { $0.keys(for: .decryption, at: Moment.now) }
    guard let key = keys.first, keys.count == 1 else {
      throw Failure(
        .wrongUse, "\(Escaped.text(path)) holds \(keys.count) keys to encrypt to, not one",
        next: "Give one dongle's certificate.")
    }
    guard let known = try DongleStore(folders).holder(of: key.fingerprint) else {
      throw Failure(
        .noDongle, "the dongle of \(Escaped.text(path)) was never provisioned on this system",
        next: "Plug it in and enroll it with --card instead of --recipient.")
    }
    recorded = Record.Dongle(
      name: Array("\(known.identifier.brand)".utf8),
      pinned: PinnedKey(
        identifier: known.identifier, slot: .decryption, fingerprint: key.fingerprint,
        publicKey: key.publicKey, keyDerivation: known.keyDerivation),
      keyAgreement: key.keyDerivation, isTested: false)
    entry = nil
    store = nil
  }

  /// Brand and serial.
  var name: String {
    "\(recorded.pinned.identifier.brand) "
      + String(decoding: recorded.pinned.identifier.text, as: UTF8.self)
  }

  /// The blob's content by one visit; nil if the dongle isn't there.
  func open(_ blob: KeyBlob) throws(DiskKeyError) -> SecretBytes? {
    try open(blob, as: recorded, decompressing: NoDecompression())
  }

  /// The same of an older blob, or another program's, in any format that the command reads.
  /// - Parameter known: what is pinned of the dongle there.
  func open(_ blob: AnyKeyBlob, as known: Record.Dongle) throws(DiskKeyError) -> SecretBytes? {
    try open(blob, as: known, decompressing: ZlibDecompression())
  }

  private func open<Formats: MessageFormats, Decompressor: Decompression>(
    _ blob: ReadableBlob<Formats>, as known: Record.Dongle, decompressing: Decompressor
  ) throws(DiskKeyError) -> SecretBytes? {
    guard let entry else { return nil }
    var card: OpenPGPCard<ReaderTransport>
    do throws(Failure) {
      card = try entry.dongle.visit()
    } catch {
      error.show()
      throw .card(.transport(.removed))
    }
    let notice = entry.dongle.touchNotice(for: .decryption)
    defer { extendLifetime(notice) }
    do throws(DiskKeyError) {
      let key = try blob.open(
        on: &card, as: known, with: entry.text.secret, under: entry.terms,
        decompressing: decompressing)
      // It has proved itself.
      store?.remember(entry.dongle, recorded.pinned.keyDerivation)
      return key
    } catch {
      entry.warn()
      throw error
    }
  }

  /// The decryption key as certificates tell it, with the derivation that its fingerprint covers.
  private static func certificateKey(
    of dongle: Dongle, _ fingerprint: [UInt8], _ trust: TrustStore
  ) throws(Failure) -> CertificateKey {
    if let known = trust.key(fingerprint) { return known.key }
    var card = try dongle.visit()
    let publicKey: PublicKey
    do throws(CardError) {
      publicKey = try card.publicKey(in: .decryption)
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    do throws(OpenPGPError) {
      if let key = try CertificateKey.matching(
        fingerprint, publicKey,
        creationTime: dongle.application.creationTime(of: .decryption))
      {
        return key
      }
    } catch {
      throw Failure(CardError.wrongKey(.decryption), dongle: dongle.name)
    }
    throw Failure(
      .doesNotHold, "the fingerprint that \(dongle.name) holds is not that of its decryption key",
      next: "Nothing was changed. Give its certificate with --trusted FILE.")
  }
}
