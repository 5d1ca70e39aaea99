import CCryptsetup
import CSystem
import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
import Storage

extension Enrolment {
  /// Finishes or takes back what an interrupted run left. Needs neither passphrase nor dongle.
  public func recover() throws(EnrolmentError) -> Recovery {
    try withHeader { (header, uuid) throws(EnrolmentError) in try recover(header, uuid) }
  }

  /// Changes the volume, with nobody else at it, once what an interrupted run left has been ended.
  func changing<Result>(
    _ body: (borrowing CryptDevice, VolumeUUID) throws(EnrolmentError) -> Result
  ) throws(EnrolmentError) -> Result {
    try withHeader { (header, uuid) throws(EnrolmentError) in
      _ = try recover(header, uuid)
      return try body(header, uuid)
    }
  }

  private func withHeader<Result>(
    _ body: (borrowing CryptDevice, VolumeUUID) throws(EnrolmentError) -> Result
  ) throws(EnrolmentError) -> Result {
    let lock = try lock()
    defer { system_unlock_and_close(lock) }
    let header = try openHeader()
    guard let uuid = header.uuid else { throw .notLUKS }
    return try body(header, uuid)
  }

  /// Ends what only waited for /boot to be signed, as it is now.
  /// - Returns: how many volumes did.
  @discardableResult
  public static func bootWasSigned(_ places: EnrolmentPlaces) -> Int {
    var count = 0
    let names = FolderNames.all(in: places.journals).filter {
      VolumeUUID(Array($0.utf8).span) != nil
    }
    for name in names {
      let path = places.journals + "/" + name
      do throws(EnrolmentError) {
        guard try Journal.read(path)?.phase == .unsigned else { continue }
        do throws(StorageError) { try DurableFile.remove(path) } catch { continue }
        count += 1
      } catch {
        continue
      }
    }
    return count
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
      if journal.isAdded, let keyslot = journal.keyslot, header.looksLikeOurs(keyslot) {
        try header.remove(keyslot)
      }
      HeaderTrail.extend(header, uuid, places: places)
      for file in files(uuid) { file.discard() }
      try removeJournal(uuid)
      return journal.keyslot.map { .takenBack(keyslot: $0) } ?? .nothing
    case .tested, .installed, .renewed:
      try finish(journal, header, uuid)
      return .finished(keyslot: journal.keyslot)
    case .unsigned:
      return .nothing
    }
  }

  /// Takes back what this run did; what fails here is left to the next run, by the journal.
  func takeBack(_ header: borrowing CryptDevice, _ journal: Journal, _ uuid: VolumeUUID) {
    for file in files(uuid) { file.discard() }
    do throws(EnrolmentError) {
      if journal.isAdded, let keyslot = journal.keyslot { try header.remove(keyslot) }
      HeaderTrail.extend(header, uuid, places: places)
      try removeJournal(uuid)
    } catch {
      return
    }
  }

  /// All that comes after the test; can be done again from any point in it.
  func finish(
    _ begun: Journal, _ header: borrowing CryptDevice, _ uuid: VolumeUUID
  ) throws(EnrolmentError) {
    var journal = begun
    if journal.phase == .tested {
      try putFiles(isThere: journal.keyslot != nil, uuid)
      try step(.token)
      try putToken(header, uuid)
      try step(.installed)
      journal.phase = .installed
      try journal.write(places.journal(uuid))
    }
    if journal.phase == .installed {
      try step(.renew)
      // The initramfs from before has the old key, so the old keyslot stays until there is a new one.
      do throws(Initramfs.Failure) {
        try initramfs?.renew()
      } catch {
        guard let initramfs else { return }
        throw .initramfs(initramfs, error)
      }
      try step(.renewed)
      journal.phase = .renewed
      try journal.write(places.journal(uuid))
    }
    try step(.removeReplaced)
    if let replaced = journal.replaced, header.isInUse(replaced),
      header.rounds(of: replaced) ?? 0 == journal.rounds
    {
      try header.remove(replaced)
    }
    HeaderTrail.extend(header, uuid, places: places)
    try step(.finish)
    guard isBootSigned else { return try removeJournal(uuid) }
    journal.phase = .unsigned
    try journal.write(places.journal(uuid))
  }

  /// Puts the staged files in their places, or takes those that are there away.
  private func putFiles(isThere: Bool, _ uuid: VolumeUUID) throws(EnrolmentError) {
    let files = files(uuid)
    let steps: [Step?] = [.commit, .commitRecord, .install, nil]
    for (file, before) in zip(isThere ? files : files.reversed(), steps) {
      if let before { try step(before) }
      if isThere { try file.commit() } else { try file.remove() }
    }
  }

  /// Whether /boot has a signature, which no longer holds for what is there now.
  private var isBootSigned: Bool {
    // Safe: a C string for the call.
    unsafe access(places.boot + "/kexec.sig", F_OK) == 0
  }

  func removeJournal(_ uuid: VolumeUUID) throws(EnrolmentError) {
    do throws(StorageError) {
      try DurableFile.remove(places.journal(uuid))
    } catch {
      throw .storage(error)
    }
  }
}
