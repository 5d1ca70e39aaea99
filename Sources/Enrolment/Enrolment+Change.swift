public import DiskKey
import LibCrypto
import OpenPGP
public import Secrets
import Storage

extension Enrolment {
  /// How a key is tried on a dongle: nil if that dongle isn't there.
  public typealias Ask = (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?

  /// Gives the dongles a new random key in a free keyslot.
  func addKey(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID, _ dongles: [Record.Dongle],
    volumeKey: borrowing SecretBytes, personSlot: Int?, known: Record?, old: OldKeyslot, _ ask: Ask
  ) throws(EnrolmentError) -> Outcome {
    guard let keyslot = header.freeKeyslot() else { throw .noFreeKeyslot }
    var key = SecretBytes(capacity: KeyBlob.keySize)
    do throws(CryptoError) { try key.appendRandom(KeyBlob.keySize) } catch { throw .crypto }
    return try change(
      header, uuid, dongles, key, in: keyslot, isAdded: true, volumeKey: volumeKey,
      personSlot: personSlot, known: known, old: old, ask)
  }

  /// Makes a keyslot the dongles': encrypts its key to them, tries it through each that is there, and
  /// sees it to the end.
  func change(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID, _ dongles: [Record.Dongle],
    _ key: borrowing SecretBytes, in keyslot: Int, isAdded: Bool,
    volumeKey: borrowing SecretBytes, personSlot: Int?, known: Record?, old: OldKeyslot, _ ask: Ask
  ) throws(EnrolmentError) -> Outcome {
    let blob: [UInt8]
    do throws(OpenPGPError) {
      blob = try encrypt(key, to: dongles.map(\.recipient))
    } catch {
      throw .encryption(error)
    }
    var record = Record(
      dongles: dongles,
      volume: try facts(header, uuid, keyslot: keyslot, volumeKey: volumeKey, blob: blob))
    record.volume.personSlots = Self.inUse(known?.volume.personSlots ?? 0, header)
    if let personSlot { record.volume.personSlots |= 1 << UInt32(personSlot) }
    for index in record.dongles.indices { record.dongles[index].isTested = false }

    try step(.backup)
    let backup = try HeaderBackup.write(header, uuid, to: places.backups)
    try step(.journal)
    var journal = Journal(
      phase: .adding, keyslot: keyslot, isAdded: isAdded, replaced: old.removable,
      rounds: old.removable.flatMap { header.rounds(of: $0) } ?? 0)
    try journal.write(places.journal(uuid))
    do throws(EnrolmentError) {
      try step(.stage)
      try stage(record, blob, uuid)
      try step(.add)
      if isAdded {
        try header.add(key, in: keyslot, volumeKey: volumeKey)
      } else if !header.looksLikeOurs(keyslot), header.version == 2 {
        try header.rederive(keyslot, key)
      }
      try step(.test)
      try test(&record, blob, key, ask)
      try stage(record, blob, uuid)
      try step(.tested)
      journal.phase = .tested
      try journal.write(places.journal(uuid))
    } catch {
      if error != .cut { takeBack(header, journal, uuid) }
      throw error
    }
    try finish(journal, header, uuid)
    return Outcome(
      record: record, keyslot: keyslot, personSlot: personSlot, replacedSlot: old.removable,
      keptSlot: old.kept, token: header.tokenOutcome, backup: backup,
      bootFolder: places.bootFolder(uuid))
  }

  /// The files in the order in which they take their place.
  func files(_ uuid: VolumeUUID) -> [StagedFile] {
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
    _ record: inout Record, _ blob: [UInt8], _ key: borrowing SecretBytes, _ ask: Ask
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
