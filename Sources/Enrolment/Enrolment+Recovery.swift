import CSystem
import DiskKey
import Storage

extension Enrolment {
  /// Finishes or takes back what an interrupted run left. Needs neither passphrase nor dongle.
  public func recover() throws(EnrolmentError) -> Recovery {
    let lock = try lock()
    defer { system_unlock_and_close(lock) }
    let header = try openHeader()
    guard let uuid = header.uuid else { throw .notLUKS }
    return try recover(header, uuid)
  }

  func step(_ step: Step) throws(EnrolmentError) {
    guard goesOn(step) else { throw .cut }
  }

  func recover(
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
  func takeBack(_ header: borrowing CryptDevice, _ keyslot: Int, _ uuid: VolumeUUID) {
    for file in files(uuid) { file.discard() }
    do throws(EnrolmentError) {
      try header.remove(keyslot)
      try removeJournal(uuid)
    } catch {
      return
    }
  }

  /// All that comes after the test; can be done again from any point in it.
  func finish(
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

  func removeJournal(_ uuid: VolumeUUID) throws(EnrolmentError) {
    do throws(StorageError) {
      try DurableFile.remove(places.journal(uuid))
    } catch {
      throw .storage(error)
    }
  }
}
