/// What /boot was when it was signed, by all lists of the set together.
struct ExpectedBoot {
  private struct Expected {
    /// Nil where the set doesn't say.
    var type: FileType?
    /// The hash of a file; nil for all else.
    var digest: [UInt8]?
    var mode: UInt16?
    /// Nil where the set doesn't say.
    var target: [UInt8]?
  }

  private var expected: [[UInt8]: Expected] = [:]
  /// Whether `kexec*` files beside the set are recorded.
  private let knowsStrays: Bool

  /// The lists must agree with each other.
  init(_ hashes: HashList, _ tree: TreeList, _ types: TypeList?) throws(ListError) {
    knowsStrays = types != nil
    for path in tree.paths { expected[path] = Expected() }
    for path in tree.paths {
      // Whatever has something below it was a folder.
      guard let slash = path.lastIndex(of: 0x2F), path.count > 2 else { continue }
      let parent = slash == 1 ? Array("./".utf8) : Array(path[..<slash])
      expected[parent]?.type = .folder
    }
    expected[Array("./".utf8)]?.type = .folder
    for (index, entry) in hashes.entries.enumerated() {
      guard let known = expected[entry.path], known.type == nil else {
        throw ListError(
          file: EscapedName(SetName.hashes), entry: index + 1, problem: .inconsistent)
      }
      expected[entry.path]?.type = .file
      expected[entry.path]?.digest = entry.digest
    }
    if let types { try add(types, count: tree.paths.count) }
  }

  private mutating func add(_ types: TypeList, count: Int) throws(ListError) {
    var listed = 0
    for (index, entry) in types.entries.enumerated() {
      let line = index + 4
      if BootEntry.isLeftOut(entry.path) {
        expected[entry.path] = Expected(
          type: entry.type, digest: entry.type == .file ? entry.digest : nil, mode: entry.mode,
          target: entry.type == .link ? entry.target : nil)
        continue
      }
      listed += 1
      guard let known = expected[entry.path], known.type == nil || known.type == entry.type,
        (known.digest != nil) == (entry.type == .file)
      else {
        throw ListError(file: EscapedName(SetName.record), entry: line, problem: .inconsistent)
      }
      expected[entry.path]?.type = entry.type
      expected[entry.path]?.mode = entry.mode
      expected[entry.path]?.target = entry.type == .link ? entry.target : nil
    }
    guard listed == count else {
      throw ListError(file: EscapedName(SetName.record), entry: 0, problem: .inconsistent)
    }
  }

  /// What differs in a hashed /boot, in the order of the paths' bytes.
  func changes(in boot: HashedBoot) -> [BootChange] {
    var changes: [BootChange] = []
    var gone = expected
    for (entry, digest) in zip(boot.scan.entries, boot.digests) {
      if entry.isLeftOut, !knowsStrays || !entry.isStray { continue }
      let name = EscapedName(entry.path)
      guard let before = gone.removeValue(forKey: entry.path) else {
        changes.append(BootChange(name: name, kind: .added(entry.type)))
        continue
      }
      // Without a record of types, what the tree names and nobody hashed is no regular file.
      if before.type.map({ $0 != entry.type }) ?? (entry.type == .file) {
        changes.append(BootChange(name: name, kind: .replaced(from: before.type, to: entry.type)))
        continue
      }
      if let wanted = before.digest, wanted != digest {
        changes.append(BootChange(name: name, kind: .changed))
      }
      if let wanted = before.target, wanted != entry.target {
        changes.append(
          BootChange(
            name: name,
            kind: .retargeted(from: EscapedName(wanted), to: EscapedName(entry.target))))
      }
      if let wanted = before.mode, wanted != entry.mode {
        changes.append(BootChange(name: name, kind: .mode(from: wanted, to: entry.mode)))
      }
    }
    for path in gone.keys { changes.append(BootChange(name: EscapedName(path), kind: .deleted)) }
    return changes.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
  }
}
