extension BootFolder {
  /// The files that a signing wrote and that have not taken their place: it was cut short, or is at
  /// work right now. Verifying passes them over; the next ``write(_:signature:trusted:now:memory:)`` removes
  /// them when its own set is in place.
  public func pendingFiles() throws(BootError) -> [EscapedName] {
    try waitingFiles().map { EscapedName($0.name) }
  }

  /// What verifying would come to if the files that wait had taken their place, as
  /// ``verify(_:trusted:now:memory:formerDefault:)``: nothing is written. Nil if they make no set that a
  /// trusted key signed for this system, or an older one than was accepted here.
  public func verifyWaiting(
    _ hashed: HashedBoot? = nil, trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil
  ) throws(BootError) -> BootVerdict? {
    var found: (time: UInt32, verdict: BootVerdict)?
    for turn in PendingTurn.allCases {
      guard let set = try waitingSet(turn) else { continue }
      let verdict = try verdict(of: set, hashed, trusted: trusted, now: now, memory: memory)
      guard case .signed(let by, _, _) = verdict, by.time >= found?.time ?? 0 else { continue }
      found = (by.time, verdict)
    }
    return found?.verdict
  }

  /// Whether there is neither a signature nor a list.
  public func hasNoSet() throws(BootError) -> Bool {
    let set = try readSet()
    return set.signature == nil && set[SetName.hashes] == nil && set[SetName.tree] == nil
  }

  /// In the order of their names.
  private func waitingFiles() throws(BootError) -> [(name: [UInt8], type: FileType)] {
    try withRoot { root throws(BootError) in
      var found: [(name: [UInt8], type: FileType)] = []
      for name in try root.names(path: Array("./".utf8)) where SetName.isWaiting(name) {
        if let status = try root.status(of: name, path: name) { found.append((name, status.type)) }
      }
      return found.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
  }

  /// The set that there would be; nil where nothing waits, or what waits is no file.
  private func waitingSet(_ turn: PendingTurn) throws(BootError) -> SetOnDisk? {
    let waiting = try waitingFiles().filter { SetName.isWaiting($0.name, turn) }
    guard !waiting.isEmpty, waiting.allSatisfy({ $0.type == .file }) else { return nil }
    do throws(BootError) {
      let set = try readSet(waiting: turn)
      return set.missing.isEmpty ? set : nil
    } catch .beyondLimit {
      return nil
    } catch .notRegular {
      return nil
    }
  }

  // MARK: Writing

  /// The turn whose names the next set may wait under. What waits under the other one stays until then if it
  /// makes the only whole set there is.
  func freeTurn(_ trusted: TrustedSigners, now: UInt32) throws(BootError) -> PendingTurn {
    for (name, type) in try waitingFiles() where type == .folder {
      throw .notRegular(EscapedName(name))
    }
    let present = try readSet()
    if present.missing.isEmpty, case .success = try present.signedBy(trusted, now: now) {
      return .first
    }
    var needed: (time: UInt32, turn: PendingTurn)?
    for turn in PendingTurn.allCases {
      guard let set = try waitingSet(turn),
        case .success(let by) = try set.signedBy(trusted, now: now), by.time >= needed?.time ?? 0
      else { continue }
      needed = (by.time, turn)
    }
    return needed?.turn.other ?? .first
  }

  /// Removes what waits under the names of a turn, for good; links are not followed.
  func removeWaiting(_ turn: PendingTurn) throws(BootError) {
    let names = try waitingFiles().map(\.name).filter { SetName.isWaiting($0, turn) }
    guard !names.isEmpty else { return }
    for name in names { try calls.check(calls.remove(number, name), "remove", name) }
    try calls.synchronize(number, path)
  }
}
