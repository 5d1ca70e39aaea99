import Glibc
import OpenPGP

extension BootFolder {
  /// Writes a draft and its armored signature; `now` is in seconds since 1970.
  ///
  /// The order: all files under a name that neither Heads' lists nor the signature see, each on the
  /// disk before the next, with a name for each file that goes; then each gets its name, what goes
  /// goes, and `kexec.sig` comes last. After a cut of power /boot bears
  /// the old set, the new one, or all files of the new one, some of them waiting: the next signing compares
  /// with those, and takes them away when its own set is in place. Give the result to
  /// ``SignatureMemory/accept(_:)``.
  /// - Throws: ``BootError/badSignature(_:)``, ``BootError/readOnly``, ``BootError/busy``, ``BootError/full(needed:free:)``
  ///   and ``BootError/changedMeanwhile(_:)`` before anything of the old set is touched.
  public func write(
    _ draft: ManifestDraft, signature: [UInt8], trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil
  ) throws(BootError) -> SignedBy {
    try writeAndScan(draft, signature: signature, trusted: trusted, now: now, memory: memory).by
  }

  /// The same, with the look at all of /boot that was taken when all of it was written: hashed, it tells whether
  /// what was signed is what is there.
  public func writeAndScan(
    _ draft: ManifestDraft, signature: [UInt8], trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil
  ) throws(BootError) -> (by: SignedBy, scan: BootScan) {
    let signer: Verdict
    do throws(SignatureError) {
      signer = try trusted.verify(signature, over: draft.signedBytes, at: now)
    } catch {
      throw .badSignature(error)
    }
    if let remembered = try memory?.last(), remembered.time > signer.creationTime {
      throw .clockBehind(now: signer.creationTime, remembered: remembered.time)
    }
    guard !calls.fileSystem(number).isReadOnly else { throw .readOnly }
    let scan = try withLock { () throws(BootError) in
      let turn = try freeTurn(trusted, now: now)
      try removeWaiting(turn)
      let files = draft.written + [SetFile(name: SetName.signature, bytes: signature)]
      let system = calls.fileSystem(number)
      let needed = room(for: files, block: system.block)
      if let free = system.free, free < needed { throw .full(needed: needed, free: free) }
      // A new set must not be on the disk before the kernel it vouches for.
      try calls.check(calls.syncAll(number), "sync", path.bytes)
      do throws(BootError) {
        try writePending(files, draft.removed, turn)
        try checkUnchanged(draft, try self.scan()) { SetName.all.contains($0) }
      } catch {
        removePending(files.map(\.name), draft.removed, turn)
        if case .full = error { throw .full(needed: needed, free: 0) }
        throw error
      }
      try takePlace(files.map(\.name), draft.removed, turn)
      let scan = try checkWritten(draft, signature)
      // What stays of it is passed over, and the next signing tries again.
      try? removeWaiting(turn.other)
      return scan
    }
    return (
      SignedBy(signer, digest: draft.digestToShow, dialect: draft.dialect, systems: draft.systems),
      scan
    )
  }

  /// How much room a file system of such blocks needs for the files and their names.
  private func room(for files: [SetFile], block: Int) -> Int {
    files.reduce(2 * block) { $0 + ($1.bytes.count + block - 1) / block * block }
  }

  /// Writes all files under their pending names, and what says that others go, to the disk, and reads
  /// them back.
  private func writePending(
    _ files: [SetFile], _ removed: [[UInt8]], _ turn: PendingTurn
  ) throws(BootError) {
    for name in removed { try calls.write([], as: SetName.departing(name, turn), in: number) }
    for file in files {
      try calls.write(file.bytes, as: SetName.pending(file.name, turn), in: number)
    }
    try calls.synchronize(number, path)
    try withRoot { root throws(BootError) in
      for file in files {
        let name = SetName.pending(file.name, turn)
        guard
          try read(name, in: root, limit: file.bytes.count, fromDisk: true) == file.bytes
        else {
          throw .writtenDiffers(EscapedName(name))
        }
      }
    }
  }

  /// As far as it goes: what is left, the next signing removes.
  private func removePending(_ names: [[UInt8]], _ removed: [[UInt8]], _ turn: PendingTurn) {
    for name in names { _ = calls.remove(number, SetName.pending(name, turn)) }
    for name in removed { _ = calls.remove(number, SetName.departing(name, turn)) }
    _ = calls.sync(number)
  }

  /// Gives pending files their names, in the order given but `kexec.sig` last, removes what goes, and
  /// has that on the disk.
  private func takePlace(
    _ names: [[UInt8]], _ removed: [[UInt8]], _ turn: PendingTurn
  ) throws(BootError) {
    for name in names where name != SetName.signature { try takePlace(name, turn) }
    for name in removed where !names.contains(name) { try remove(name) }
    if names.contains(SetName.signature) { try takePlace(SetName.signature, turn) }
    try calls.synchronize(number, path)
    guard !removed.isEmpty else { return }
    // Not before what it speaks of is gone for good.
    for name in removed { try remove(SetName.departing(name, turn)) }
    try calls.synchronize(number, path)
  }

  private func takePlace(_ name: [UInt8], _ turn: PendingTurn) throws(BootError) {
    try calls.check(calls.rename(number, SetName.pending(name, turn), name), "rename", name)
  }

  /// Removes a name that may be gone already.
  private func remove(_ name: [UInt8]) throws(BootError) {
    let outcome = calls.remove(number, name)
    try calls.check(outcome == -ENOENT ? 0 : outcome, "remove", name)
  }

  /// That nobody changed anything between the hashing and a later scan: the kernel's change times say so.
  /// - Parameter isOurs: the names that this signing changes, or has changed already.
  private func checkUnchanged(
    _ draft: ManifestDraft, _ now: BootScan, but isOurs: ([UInt8]) -> Bool
  ) throws(BootError) {
    func isOthers(_ entry: BootEntry) -> Bool {
      guard entry.isLeftOut, let name = entry.topName else { return true }
      return !isOurs(name) && !SetName.isWaiting(name)
    }
    let before = draft.scan.entries
    let after = now.entries
    var old = 0
    var new = 0
    while true {
      while old < before.count, !isOthers(before[old]) { old += 1 }
      while new < after.count, !isOthers(after[new]) { new += 1 }
      if old == before.count, new == after.count { return }
      guard old < before.count else { throw .changedMeanwhile(EscapedName(after[new].path)) }
      guard new < after.count else { throw .changedMeanwhile(EscapedName(before[old].path)) }
      guard before[old].isSame(as: after[new]) else {
        let isGone = before[old].path.lexicographicallyPrecedes(after[new].path)
        throw .changedMeanwhile(EscapedName(isGone ? before[old].path : after[new].path))
      }
      old += 1
      new += 1
    }
  }

  /// That the disk holds what was signed: the look at it that showed so.
  private func checkWritten(
    _ draft: ManifestDraft, _ signature: [UInt8]
  ) throws(BootError) -> BootScan {
    let ours = draft.written.map(\.name) + draft.removed + [SetName.signature]
    let scan = try self.scan()
    try checkUnchanged(draft, scan) { ours.contains($0) }
    let set = try readSet(fromDisk: true)
    guard set.signature == signature else { throw .writtenDiffers(EscapedName(SetName.signature)) }
    for file in draft.written + draft.kept where set[file.name] != file.bytes {
      throw .writtenDiffers(EscapedName(file.name))
    }
    guard try set.signedBytes(draft.dialect) == draft.signedBytes else {
      throw .writtenDiffers(path)
    }
    return scan
  }
}
