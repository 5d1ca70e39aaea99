/// What /boot was when it was signed, by all lists of the set together.
struct ExpectedBoot {
  /// What the lists say of a path in the tree.
  private struct Expected {
    /// Nil where the set doesn't say.
    var type: FileType?
    /// Where its hash is; nil for what is no file.
    var hash: Int32?
    /// Where the record has it; nil without one.
    var line: Int32?
  }

  private let hashes: HashList
  private let tree: PathTable
  private let types: TypeList?
  /// For each path of the tree.
  private var expected: [Expected]
  /// Where the record has `kexec*` files beside the set.
  private var strays: [Int] = []

  /// The lists must agree with each other.
  init(_ hashes: HashList, _ tree: TreeList, _ types: TypeList?) throws(ListError) {
    self.hashes = hashes
    self.tree = tree.table
    self.types = types
    expected = Array(repeating: Expected(), count: tree.table.count)
    addFolders()
    try addHashes()
    if let types { try add(types) }
  }

  /// Whatever has something below it was a folder.
  private mutating func addFolders() {
    expected[0].type = .folder
    let tree = self.tree
    var parent = 0
    for index in 1..<tree.count {
      let path = tree[index]
      var slash = path.count - 1
      while path[slash] != 0x2F { slash -= 1 }
      guard slash > 1 else { continue }
      let above = path.extracting(..<slash)
      if !tree[parent].equals(above) {
        guard let found = tree.index(of: above, near: index - 1) else { continue }
        parent = found
      }
      expected[parent].type = .folder
    }
  }

  private mutating func addHashes() throws(ListError) {
    let tree = self.tree
    var next = 0
    for index in 0..<hashes.paths.count {
      guard let found = tree.index(of: hashes.paths[index], near: next),
        expected[found].type == nil
      else {
        throw ListError(
          file: EscapedName(SetName.hashes), entry: index + 1, problem: .inconsistent)
      }
      expected[found].type = .file
      expected[found].hash = Int32(index)
      next = found + 1
    }
  }

  private mutating func add(_ types: TypeList) throws(ListError) {
    let tree = self.tree
    var listed = 0
    var next = 0
    for (index, kind) in types.kinds.enumerated() {
      let path = types.paths[index]
      if BootEntry.isLeftOut(path) {
        strays.append(index)
        continue
      }
      listed += 1
      guard let found = tree.index(of: path, near: next),
        expected[found].type == nil || expected[found].type == kind.type,
        (expected[found].hash != nil) == (kind.type == .file)
      else {
        throw ListError(
          file: EscapedName(SetName.record), entry: index + 4 + types.systems.count,
          problem: .inconsistent)
      }
      expected[found].type = kind.type
      expected[found].line = Int32(index)
      next = found + 1
    }
    guard listed == expected.count else {
      throw ListError(file: EscapedName(SetName.record), entry: 0, problem: .inconsistent)
    }
  }

  /// Whether a file's hash is known, so that its content is to be compared.
  func hasHash(of entry: BootEntry) -> Bool {
    guard entry.isLeftOut else {
      return tree.index(of: entry.path.span, near: 0).map { expected[$0].hash != nil } ?? false
    }
    guard let types, entry.isStray else { return false }
    var (low, high) = (0, strays.count)
    while low < high {
      let middle = (low + high) / 2
      if types.paths[strays[middle]].precedes(entry.path.span) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < strays.count && types.paths[strays[low]].equals(entry.path.span)
  }

  // MARK: Differences

  /// What differs in a hashed /boot, in the order of the paths' bytes.
  func changes(in boot: HashedBoot) -> [BootChange] {
    var changes: [BootChange] = []
    // All lists are in the same order, as the scan is.
    var next = 0
    var nextStray = 0
    for (entry, digest) in zip(boot.scan.entries, boot.digests) {
      if entry.isLeftOut {
        guard let types, entry.isStray else { continue }
        while nextStray < strays.count, types.paths[strays[nextStray]].precedes(entry.path.span) {
          changes.append(.deleted(types.paths.array(strays[nextStray])))
          nextStray += 1
        }
        guard nextStray < strays.count, types.paths[strays[nextStray]].equals(entry.path.span)
        else {
          changes.append(BootChange(name: EscapedName(entry.path), kind: .added(entry.type)))
          continue
        }
        let line = strays[nextStray]
        nextStray += 1
        compare(
          entry, digest, types.kinds[line].type, types.digests[line], line, into: &changes)
      } else {
        while next < tree.count, tree[next].precedes(entry.path.span) {
          changes.append(.deleted(tree.array(next)))
          next += 1
        }
        guard next < tree.count, tree[next].equals(entry.path.span) else {
          changes.append(BootChange(name: EscapedName(entry.path), kind: .added(entry.type)))
          continue
        }
        let before = expected[next]
        next += 1
        compare(
          entry, digest, before.type, before.hash.map { hashes.digests[Int($0)] },
          before.line.map(Int.init), into: &changes)
      }
    }
    changes += (next..<tree.count).map { .deleted(tree.array($0)) }
    if let types {
      changes += strays[nextStray...].map { .deleted(types.paths.array($0)) }
    }
    return changes.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
  }

  /// - Parameter line: where the record has it.
  private func compare(
    _ entry: BootEntry, _ digest: FileDigest?, _ type: FileType?, _ wanted: FileDigest?,
    _ line: Int?, into changes: inout [BootChange]
  ) {
    func add(_ kind: BootChange.Kind) {
      changes.append(BootChange(name: EscapedName(entry.path), kind: kind))
    }
    // Without a record of types, what the tree names and nobody hashed is no regular file.
    if type.map({ $0 != entry.type }) ?? (entry.type == .file) {
      return add(.replaced(from: type, to: entry.type))
    }
    if let wanted, wanted != digest { add(.changed) }
    guard let types, let line else { return }
    if entry.type == .link, let wanted = types.targets[line], wanted != entry.target {
      add(.retargeted(from: EscapedName(wanted), to: EscapedName(entry.target)))
    }
    if let wanted = types.kinds[line].mode, wanted != entry.mode {
      add(.mode(from: wanted, to: entry.mode))
    }
  }
}

extension BootChange {
  fileprivate static func deleted(_ path: [UInt8]) -> BootChange {
    BootChange(name: EscapedName(path), kind: .deleted)
  }
}
