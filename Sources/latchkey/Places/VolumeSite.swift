import BootManifest
import DiskKey
import Inflate
import LibCrypto
import OpenPGPCard
import Secrets
import Storage

/// A LUKS volume with the record that says who may open it, and its blob.
struct VolumeSite {
  let device: String
  let uuid: String
  let record: TrustedRecord
  let blob: AnyKeyBlob
  private let options: GlobalOptions

  /// Finds the volume's record in /etc/latchkey, else on a /boot whose signature holds.
  init(_ device: String, boot: BootOptions, options: GlobalOptions) throws(Failure) {
    self.device = device
    self.options = options
    do throws(DiskKeyError) {
      uuid = String(decoding: try VolumeUUID(of: Array(device.utf8)).text, as: UTF8.self)
    } catch {
      throw Failure(error, device: device, dongle: "")
    }
    let installed = options.folders.configuration + "/" + uuid
    let onBoot = "\(boot.boot)/latchkey/\(uuid)"
    if try Self.exists(installed + "/record") {
      do throws(DiskKeyError) {
        record = try TrustedRecord.installed(in: Array(installed.utf8))
      } catch {
        throw Failure(error, device: device, dongle: "")
      }
    } else {
      record = try Self.signedRecord(onBoot, uuid, boot, options)
    }
    var bytes = try Self.read(installed + "/key.pgp")
    if bytes == nil { bytes = try Self.read(onBoot + "/key.pgp") }
    guard let bytes else {
      throw Failure(
        .system, "there is no key.pgp for \(Escaped.text(device))",
        next: "Enroll a dongle: latchkey enroll \(Escaped.text(device)).")
    }
    do throws(DiskKeyError) {
      blob = try AnyKeyBlob(bytes.span, of: record)
    } catch {
      throw Failure(error, device: device, dongle: "")
    }
  }

  /// The volume's header, copied and found as recorded.
  func checkedHeader() throws(Failure) -> CheckedHeader {
    do throws(DiskKeyError) {
      return try CheckedHeader(of: Array(device.utf8), for: record)
    } catch {
      throw Failure(error, device: device, dongle: "")
    }
  }

  /// The recorded dongle that is there.
  private func dongle() throws(Failure) -> (dongle: Dongle, recorded: Record.Dongle) {
    let dongle = try Dongles.look(options).one("for \(Escaped.text(device))") { dongle in
      blob.dongle(dongle.identifier) != nil
    }
    guard let recorded = blob.dongle(dongle.identifier) else {
      throw Failure(.noDongle, "\(dongle.name) is not enrolled", next: "Plug in one that is.")
    }
    return (dongle, recorded)
  }

  /// What a dongle gave.
  struct Opened: ~Copyable {
    let dongle: Dongle
    /// The keyslot's.
    let key: SecretBytes
  }

  /// The keyslot's key, by one recorded dongle that is there. While somebody types the PIN nobody holds the
  /// card: two visits then. With a PIN that is at hand, one does where only one dongle can be meant.
  func open(with source: SecretSource) throws(Failure) -> Opened {
    var source = source
    if source.isGiven, options.card.isEmpty {
      try source.hold(limit: PINEntry.maximumSize)
      if let opened = try openAtOnce(with: source) { return opened }
    }
    let (dongle, recorded) = try dongle()
    let derivation = recorded.pinned.keyDerivation
    let purpose = "to open \(Escaped.text(device))"
    let entry = try PINEntry.ask(
      .user, of: dongle, from: source, for: purpose, derivedBy: derivation, isNew: false,
      onPad: PINEntry.padInstruction(
        .user, of: dongle, from: source, for: purpose, derivedBy: derivation), options)
    var card = try dongle.visit()
    return Opened(dongle: dongle, key: try open(on: &card, as: recorded, entry))
  }

  /// In the visit that finds the dongle. Nil where that isn't the only one, is another one, or must not get
  /// the PIN without a question, as at its last try: nothing but SELECT and GET DATA was sent then.
  private func openAtOnce(with source: SecretSource) throws(Failure) -> Opened? {
    guard var visit = try Dongles.onlyVisit(options) else { return nil }
    let dongle = visit.dongle
    guard let recorded = blob.dongle(dongle.identifier),
      let entry = try PINEntry.unasked(
        .user, of: dongle, from: source, derivedBy: recorded.pinned.keyDerivation, options)
    else { return nil }
    return Opened(dongle: dongle, key: try open(on: &visit.card, as: recorded, entry))
  }

  private func open(
    on card: inout OpenPGPCard<ReaderTransport>, as recorded: Record.Dongle, _ entry: PINEntry
  ) throws(Failure) -> SecretBytes {
    let notice = entry.dongle.touchNotice(for: .decryption)
    defer { extendLifetime(notice) }
    do throws(DiskKeyError) {
      try blob.check(recorded)
      var decryption = try Self.authorize(&card, recorded, entry)
      return try blob.open(by: &decryption, as: recorded, decompressing: ZlibDecompression())
    } catch {
      if case .card(let error) = error { throw entry.failure(error) }
      throw Failure(error, device: device, dongle: entry.dongle.name)
    }
  }

  private static func authorize(
    _ card: inout OpenPGPCard<ReaderTransport>, _ recorded: Record.Dongle, _ entry: PINEntry
  ) throws(DiskKeyError) -> Authorization<ReaderTransport, Decryption> {
    do throws(CardError) {
      return try entry.authorize(.decryption, on: &card, pinned: recorded.pinned)
    } catch {
      throw .card(error)
    }
  }

  /// The record on /boot, once /boot's signature holds and vouches for these very bytes.
  private static func signedRecord(
    _ folder: String, _ uuid: String, _ boot: BootOptions, _ options: GlobalOptions
  ) throws(Failure) -> TrustedRecord {
    guard let bytes = try read(folder + "/record") else {
      throw Failure(
        .noDongle, "no dongle is enrolled for the volume \(uuid)",
        next: "Enroll one: latchkey enroll DEVICE. The passphrase opens it: cryptsetup open.")
    }
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let site = try BootSite(boot, options.folders, trust)
    let hashed = try site.step { () throws(BootError) in
      try site.folder.hash(try site.folder.scan())
    }
    let verdict = try site.verify(hashed)
    guard verdict.holds, let digest = hashed.digest(of: "./latchkey/\(uuid)/record") else {
      throw Failure(
        .doesNotHold, try site.report(verdict, hashed).summary,
        next: "So its record of dongles can't be trusted, and no PIN was asked for. "
          + "latchkey verify says more.")
    }
    do throws(DiskKeyError) {
      return try TrustedRecord.signedBoot(bytes.span, listedAs: digest)
    } catch {
      throw Failure(error, device: uuid, dongle: "")
    }
  }

  private static func exists(_ path: String) throws(Failure) -> Bool { try read(path) != nil }

  private static func read(_ path: String) throws(Failure) -> [UInt8]? {
    do throws(StorageError) {
      return try DurableFile.read(path, limit: KeyBlob.maximumSize)
    } catch {
      throw Failure(error)
    }
  }
}
