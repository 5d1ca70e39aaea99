import CCryptsetup
import CSystem
public import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
public import Secrets
import Storage

/// Gives a LUKS volume a new random key that only dongles can bring out.
///
/// The header is backed up first. The key goes to a free keyslot and, encrypted to the dongles, into a
/// blob; both count only when the volume was opened through a dongle. Other keyslots are never
/// touched, but for Latchkey's own from an earlier enrolment, which goes last. A journal lets the
/// next run finish or take back what was cut.
public struct Enrolment: Sendable {
  /// The device's path, or the image's.
  public let device: String
  /// Where files go.
  public let places: EnrolmentPlaces

  /// Called at each step a cut may come before; false cuts there, and nothing is taken back.
  package var goesOn: @Sendable (Step) -> Bool = { _ in true }

  /// The steps, in their order.
  package enum Step: CaseIterable, Sendable {
    /// Before the header's backup.
    case backup
    /// Before the journal, with the backup there.
    case journal
    /// Before the files are staged.
    case stage
    /// Before the keyslot is added.
    case add
    /// Before the dongle is asked.
    case test
    /// Before the journal says that all is tested.
    case tested
    /// Before the first file takes its place.
    case commit
    /// Before the record on /boot takes its place.
    case commitRecord
    /// Before the files under /etc take their place.
    case install
    /// Before the replaced keyslot goes.
    case removeReplaced
    /// Before the journal goes.
    case finish
  }

  /// What was done.
  public struct Outcome: Equatable, Sendable {
    /// The record as it was written.
    public let record: Record
    /// The new keyslot.
    public let keyslot: Int
    /// The keyslot that the passphrase opened.
    public let personSlot: Int
    /// Latchkey's own keyslot from before, which is gone.
    public let replacedSlot: Int?
    /// Where the header's backup is.
    public let backup: String
    /// The volume's folder on /boot, which changed: /boot must be signed.
    public let bootFolder: String
  }

  /// What became of an interrupted run.
  public enum Recovery: Equatable, Sendable {
    /// There was none.
    case nothing
    /// Its keyslot, untested, was removed, and its files with it.
    case takenBack(keyslot: Int)
    /// Its keyslot had been tested: the files are in place now.
    case finished(keyslot: Int)
  }

  /// An enrolment of that device.
  public init(of device: String, places: EnrolmentPlaces) {
    self.device = device
    self.places = places
  }

  var devicePath: [UInt8] { Array(device.utf8) }

  /// Enrols the volume. An interrupted run is finished or taken back first.
  /// - Parameters:
  ///   - dongles: who may open it from now on; whether they are tested is found out here.
  ///   - passphrase: opens a keyslot, which is marked as a person's.
  ///   - ask: opens the blob on a dongle, with its PIN; nil if that dongle isn't there. Called once for
  ///     each dongle.
  /// - Throws: ``EnrolmentError``; volume and files are then as before.
  public func enroll(
    _ dongles: [Record.Dongle], passphrase: borrowing SecretBytes,
    ask: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?
  ) throws(EnrolmentError) -> Outcome {
    try Self.check(dongles)
    let lock = try lock()
    defer { system_unlock_and_close(lock) }
    let header = try openHeader()
    guard let uuid = header.uuid else { throw .notLUKS }
    _ = try recover(header, uuid)
    var volumeKey = SecretBytes(capacity: 128)
    guard let personSlot = header.openKeyslot(nil, with: passphrase, volumeKey: &volumeKey) else {
      throw .wrongPassphrase
    }
    guard let keyslot = header.freeKeyslot() else { throw .noFreeKeyslot }
    let known = known(uuid)
    let replaced = Self.replaced(known, header, personSlot)

    var key = SecretBytes(capacity: KeyBlob.keySize)
    let blob: [UInt8]
    do throws(CryptoError) { try key.appendRandom(KeyBlob.keySize) } catch { throw .crypto }
    do throws(OpenPGPError) {
      blob = try encrypt(key, to: dongles.map(\.recipient))
    } catch {
      throw .encryption(error)
    }
    var record = Record(
      dongles: dongles,
      volume: try facts(header, uuid, keyslot: keyslot, volumeKey: volumeKey, blob: blob))
    record.volume.personSlots =
      Self.inUse(known?.volume.personSlots ?? 0, header) | 1 << UInt32(personSlot)
    for index in record.dongles.indices { record.dongles[index].isTested = false }

    try step(.backup)
    let backup = try HeaderBackup.write(header, uuid, to: places.backups)
    try step(.journal)
    var journal = Journal(phase: .adding, keyslot: keyslot, replaced: replaced)
    try journal.write(places.journal(uuid))
    do throws(EnrolmentError) {
      try step(.stage)
      try stage(record, blob, uuid)
      try step(.add)
      try header.add(key, in: keyslot, volumeKey: volumeKey)
      try step(.test)
      try test(&record, blob, key, ask)
      try stage(record, blob, uuid)
      try step(.tested)
      journal.phase = .tested
      try journal.write(places.journal(uuid))
    } catch {
      if error != .cut { takeBack(header, keyslot, uuid) }
      throw error
    }
    try finish(journal, header, uuid)
    return Outcome(
      record: record, keyslot: keyslot, personSlot: personSlot, replacedSlot: replaced,
      backup: backup, bootFolder: places.bootFolder(uuid))
  }
}
