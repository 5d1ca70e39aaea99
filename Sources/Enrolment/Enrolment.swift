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

  private var devicePath: [UInt8] { Array(device.utf8) }

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
    defer { close(lock) }
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

  /// Finishes or takes back what an interrupted run left. Needs neither passphrase nor dongle.
  public func recover() throws(EnrolmentError) -> Recovery {
    let lock = try lock()
    defer { close(lock) }
    let header = try openHeader()
    guard let uuid = header.uuid else { throw .notLUKS }
    return try recover(header, uuid)
  }

  // MARK: Steps

  private func step(_ step: Step) throws(EnrolmentError) {
    guard goesOn(step) else { throw .cut }
  }

  private func recover(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID
  ) throws(EnrolmentError) -> Recovery {
    guard let journal = try Journal.read(places.journal(uuid)) else {
      for file in files(uuid) { file.discard() }
      return .nothing
    }
    switch journal.phase {
    case .adding:
      // It was free before; so it is ours, unless someone was quicker with a key of another kind.
      if header.looksLikeOurs(journal.keyslot) { try header.remove(journal.keyslot) }
      for file in files(uuid) { file.discard() }
      try removeJournal(uuid)
      return .takenBack(keyslot: journal.keyslot)
    case .tested:
      try finish(journal, header, uuid)
      return .finished(keyslot: journal.keyslot)
    }
  }

  /// Takes back what this run did; what fails here is left to the next run, by the journal.
  private func takeBack(_ header: borrowing CryptDevice, _ keyslot: Int, _ uuid: VolumeUUID) {
    for file in files(uuid) { file.discard() }
    do throws(EnrolmentError) {
      try header.remove(keyslot)
      try removeJournal(uuid)
    } catch {
      return
    }
  }

  /// All that comes after the test; can be done again from any point in it.
  private func finish(
    _ journal: Journal, _ header: borrowing CryptDevice, _ uuid: VolumeUUID
  ) throws(EnrolmentError) {
    let files = files(uuid)
    let steps: [Step?] = [.commit, .commitRecord, .install, nil]
    for (file, before) in zip(files, steps) {
      if let before { try step(before) }
      try file.commit()
    }
    try step(.removeReplaced)
    if let replaced = journal.replaced, header.looksLikeOurs(replaced) {
      try header.remove(replaced)
    }
    try step(.finish)
    try removeJournal(uuid)
  }

  private func removeJournal(_ uuid: VolumeUUID) throws(EnrolmentError) {
    do throws(StorageError) {
      try DurableFile.remove(places.journal(uuid))
    } catch {
      throw .storage(error)
    }
  }

  // MARK: Parts

  private static func check(_ dongles: [Record.Dongle]) throws(EnrolmentError) {
    guard (1...Record.maximumDongles).contains(dongles.count) else {
      throw .dongleCount(dongles.count)
    }
    for (index, dongle) in dongles.enumerated() {
      for other in dongles[..<index] where other.pinned.identifier == dongle.pinned.identifier {
        throw .sameDongleTwice
      }
    }
  }

  /// One run at a time. The descriptor's close lets go, however the process ends.
  private func lock() throws(EnrolmentError) -> Int32 {
    do throws(StorageError) {
      try DurableFile.makeFolder(places.journals, mode: 0o700)
    } catch {
      throw .storage(error)
    }
    let path = places.journals + "/lock"
    // Safe: a C string for the call.
    let opened = unsafe system_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw .storage(StorageError("open", path, code: system_errno())) }
    guard system_lock(opened) == 0 else {
      close(opened)
      throw .busy
    }
    return opened
  }

  private func openHeader() throws(EnrolmentError) -> CryptDevice {
    // Safe: a C string for the call. Writable, so that a device that isn't is known before anything.
    let opened = unsafe system_open(device, O_RDWR | O_NOCTTY | O_NONBLOCK, 0)
    guard opened >= 0 else {
      switch system_errno() {
      case EROFS, EACCES, EPERM: throw .readOnlyDevice
      case let code: throw .device(errno: code)
      }
    }
    close(opened)
    let header: CryptDevice
    do throws(HeaderFault) {
      header = try CryptDevice(header: devicePath)
    } catch {
      throw .notLUKS
    }
    return header
  }

  /// The record from before, if root's own is there.
  private func known(_ uuid: VolumeUUID) -> Record? {
    do throws(DiskKeyError) {
      let folder = Array(places.installedFolder(uuid).utf8)
      return try TrustedRecord.installed(in: folder).record
    } catch {
      return nil
    }
  }

  /// Our own keyslot from before: recorded as ours, still as ours are, and no person's.
  private static func replaced(
    _ known: Record?, _ header: borrowing CryptDevice, _ personSlot: Int
  ) -> Int? {
    guard let volume = known?.volume, volume.keyslot != personSlot,
      volume.personSlots & 1 << UInt32(volume.keyslot) == 0,
      header.looksLikeOurs(volume.keyslot)
    else { return nil }
    return volume.keyslot
  }

  /// Those of the marked slots that are still in use.
  private static func inUse(_ slots: UInt32, _ header: borrowing CryptDevice) -> UInt32 {
    var kept: UInt32 = 0
    for slot in 0..<32 where slots & 1 << UInt32(slot) != 0 && header.isInUse(slot) {
      kept |= 1 << UInt32(slot)
    }
    return kept
  }

  private func facts(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID, keyslot: Int,
    volumeKey: borrowing SecretBytes, blob: [UInt8]
  ) throws(EnrolmentError) -> Record.Volume {
    guard header.cipher + [UInt8(ascii: "-")] + header.mode == Array("aes-xts-plain64".utf8) else {
      throw .header(.cipher(.segment))
    }
    guard header.dataOffset > 0 else { throw .header(.dataOffset) }
    do throws(DiskKeyError) {
      return Record.Volume(
        uuid: uuid, luksVersion: header.version ?? 0, keyslot: keyslot, cipher: header.cipher,
        mode: header.mode, keySize: header.volumeKeySize, sectorSize: header.sectorSize,
        dataOffset: header.dataOffset, digest: try header.volumeKeyDigest(of: devicePath),
        volumeKeyDigest: try volumeKey.withBytes { bytes throws(DiskKeyError) in
          try sha256(bytes)
        },
        blobDigest: try sha256(blob.span), personSlots: 0)
    } catch {
      throw .diskKey(error)
    }
  }

  /// The files in the order in which they take their place.
  private func files(_ uuid: VolumeUUID) -> [StagedFile] {
    let boot = places.bootFolder(uuid)
    let installed = places.installedFolder(uuid)
    return [
      StagedFile(folder: boot, name: "key.pgp", mode: 0o644),
      StagedFile(folder: boot, name: "record", mode: 0o644),
      StagedFile(folder: installed, name: "key.pgp", mode: 0o644),
      StagedFile(folder: installed, name: "record", mode: 0o644),
    ]
  }

  private func stage(
    _ record: Record, _ blob: [UInt8], _ uuid: VolumeUUID
  ) throws(EnrolmentError) {
    let contents = [blob, record.encoded, blob, record.encoded]
    for (file, bytes) in zip(files(uuid), contents) { try file.stage(bytes) }
  }

  /// Opens the new keyslot through each dongle that is there, by the same checks as at boot.
  private func test(
    _ record: inout Record, _ blob: [UInt8], _ key: borrowing SecretBytes,
    _ ask: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?
  ) throws(EnrolmentError) {
    do throws(DiskKeyError) {
      let trusted = TrustedRecord.fresh(record)
      let header = try CheckedHeader(of: devicePath, for: trusted)
      let message = try KeyBlob(blob.span, of: trusted)
      for index in record.dongles.indices {
        guard let answer = try ask(message, record.dongles[index]) else { continue }
        try header.test(answer)
        record.dongles[index].isTested = true
      }
    } catch {
      switch error {
      case .header(.keyRefused): throw .wrongKeyFromDongle
      case .header(let fault): throw .header(fault)
      default: throw .diskKey(error)
      }
    }
    guard record.dongles.contains(where: \.isTested) else { throw .noDongleTested }
  }
}
