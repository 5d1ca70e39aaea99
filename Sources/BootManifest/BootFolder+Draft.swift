extension BootFolder {
  /// The set that a hashed /boot makes, to be signed; nothing is written. The `kexec*.txt` that are
  /// there beside the lists stay as they are but for those that `renewals` name, and are signed with
  /// them.
  /// - Parameter systems: those that the set is for, the one that signs first.
  /// - Throws: ``BootError/forbiddenNames(_:)`` with all names that Heads refuses;
  ///   ``BootError/notRegular(_:)`` where a file of the set is a link or a folder.
  public func draft(
    _ hashed: HashedBoot, dialect: Dialect, renewals: [Renewal] = [], systems: [SignedSystem] = []
  ) throws(BootError) -> ManifestDraft {
    let scan = hashed.scan
    let forbidden = scan.forbiddenNames
    guard forbidden.isEmpty else { throw .forbiddenNames(forbidden) }
    let hashes = HashList.text(of: hashed)
    guard !hashes.isEmpty else { throw .nothingToSign }
    let tree = TreeList.text(of: scan)
    let types = TypeList.text(
      of: hashed, hashes: try sha256(hashes), tree: try sha256(tree), systems: systems)
    var written = [
      SetFile(name: SetName.hashes, bytes: hashes),
      SetFile(name: SetName.tree, bytes: tree),
      SetFile(name: SetName.record, bytes: types),
    ]
    var removed: [[UInt8]] = []
    for renewal in renewals {
      if let bytes = renewal.bytes {
        written.append(SetFile(name: renewal.fileName, bytes: bytes))
      } else {
        removed.append(renewal.fileName)
      }
    }
    let own = written.map(\.name) + [SetName.signature]
    try checkOwnNames(scan, own)
    let kept = try keptFiles(scan, but: own + removed)
    for file in written + kept where file.bytes.count > Limits.list {
      throw .beyondLimit(EscapedName(file.name))
    }
    var set = SetOnDisk()
    set.files = (written + kept).sorted { $0.name.lexicographicallyPrecedes($1.name) }
    let signedBytes = try set.signedBytes(dialect)
    return ManifestDraft(
      dialect: dialect, signedBytes: signedBytes, digestToShow: try sha256(signedBytes),
      systems: systems, written: written, removed: removed, kept: kept, scan: scan)
  }

  /// That the names to be written are free for regular files.
  private func checkOwnNames(_ scan: BootScan, _ own: [[UInt8]]) throws(BootError) {
    for entry in scan.entries {
      guard let name = entry.topName else { continue }
      if SetName.isSigned(name) || name == SetName.signature {
        guard entry.type == .file else { throw .notRegular(EscapedName(name)) }
      }
      // Writing would end there, after the PIN.
      if SetName.isWaiting(name), entry.type == .folder { throw .notRegular(EscapedName(name)) }
      // Where a file system cannot tell them apart, the new file would get the old one's name.
      let lower = name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      if entry.mode == nil, lower != name, own.contains(lower) {
        throw .sameNameInAnotherCase(EscapedName(name))
      }
    }
  }

  private func keptFiles(
    _ scan: BootScan, but replaced: [[UInt8]]
  ) throws(BootError) -> [SetFile] {
    var files: [SetFile] = []
    for entry in scan.entries {
      guard entry.isLeftOut, let name = entry.topName, SetName.isSigned(name),
        !replaced.contains(name)
      else { continue }
      guard files.count < Limits.setFiles - replaced.count else { throw .beyondLimit(path) }
      let file = try open(entry.path)
      try check(file, is: entry)
      let bytes = try file.contents(limit: Limits.list, size: entry.size, path: name)
      try check(file, is: entry)
      files.append(SetFile(name: name, bytes: bytes))
    }
    return files
  }
}
