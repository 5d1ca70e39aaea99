extension BootFolder {
  /// Ends what a cut in ``write(_:signature:trusted:now:memory:)`` left: a whole new set that a
  /// trusted key signed, and not before the present one, takes its place without a PIN; anything less
  /// is removed.
  public func repair(
    trusted: TrustedSigners, now: UInt32, memory: SignatureMemory? = nil
  ) throws(BootError) -> Repair {
    try withLock { () throws(BootError) in
      try repairLocked(trusted: trusted, now: now, memory: memory)
    }
  }

  /// The files that a signing wrote and that have not taken their place: it was cut short, or is at
  /// work right now. Verifying passes them over.
  public func pendingFiles() throws(BootError) -> [EscapedName] {
    try waitingFiles().map { EscapedName($0.name) }
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

  func repairLocked(
    trusted: TrustedSigners, now: UInt32, memory: SignatureMemory?
  ) throws(BootError) -> Repair {
    let waiting = try waitingFiles()
    guard !waiting.isEmpty else { return .nothing }
    for (name, type) in waiting where type == .folder {
      throw .notRegular(EscapedName(name))
    }
    let names = waiting.map(\.name)
    if waiting.allSatisfy({ $0.type == .file }),
      let signed = try signedWhenRepaired(trusted, now: now, memory: memory)
    {
      for name in names {
        let file = try withRoot { root throws(BootError) in try root.file(name, path: name) }
        try calls.synchronize(file.number, EscapedName(name))
      }
      try calls.synchronize(number, path)
      try takePlace(names.compactMap(SetName.awaited), names.compactMap(SetName.dismissed))
      return .completed(signed)
    }
    for name in names { try calls.check(calls.remove(number, name), "remove", name) }
    try calls.synchronize(number, path)
    return .removed(names.map { EscapedName($0) })
  }

  /// Whose set there would be if what waits took its place; nil if none, or an older one.
  private func signedWhenRepaired(
    _ trusted: TrustedSigners, now: UInt32, memory: SignatureMemory?
  ) throws(BootError) -> SignedBy? {
    let pending = try readSet(pending: true)
    guard pending.missing.isEmpty, case .success(let new) = try pending.signedBy(trusted, now: now)
    else { return nil }
    if let remembered = try memory?.last(), remembered.time > new.time { return nil }
    let present = try readSet()
    if present.missing.isEmpty,
      case .success(let old) = try present.signedBy(trusted, now: now), old.time > new.time
    {
      return nil
    }
    return new
  }
}

/// What ``BootFolder/repair(trusted:now:memory:)`` did.
public enum Repair: Equatable, Sendable {
  /// There was nothing to do.
  case nothing
  /// A signed set had been cut short while taking its place; now it has it.
  case completed(SignedBy)
  /// Leftovers that make no signed set were removed.
  case removed([EscapedName])
}
