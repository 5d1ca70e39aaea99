/// `kexec_latchkey.txt`: what Heads' lists cannot hold.
///
/// ```
/// <SHA-256 of kexec_hashes.txt>␠␠kexec_hashes.txt
/// <SHA-256 of kexec_tree.txt>␠␠kexec_tree.txt
/// latchkey-types 2
/// system 6b1f0d3a5c9e4788a1b2c3d4e5f60718 desk
/// d 755 ./
/// f 600 ./vmlinuz-6.1.0
/// l - ./vmlinuz vmlinuz-6.1.0
/// f 644 ./kexec-stray <SHA-256>
/// ```
/// The systems that it is for, the one where it was signed first (``SignedSystem``); version 1 has none.
/// Then an entry a line, in the order of the paths' bytes: the type's letter (``FileType``), the
/// permission bits in octal or `-`, the path; then a link's target, or the hash of a file that Heads
/// leaves out. Spaces, backslashes and what isn't printable ASCII are escaped: `\x20`, `\\`.
public struct TypeList: Equatable, Sendable {
  /// What an entry was when signed.
  public struct Entry: Equatable, Sendable {
    /// `./path`.
    public let path: [UInt8]
    /// What it was.
    public let type: FileType
    /// The permission bits; nil where there were none to record.
    public let mode: UInt16?
    /// Where a link pointed; empty for all else.
    public let target: [UInt8]
    /// The hash of a file under `kexec*` that no list of Heads names; empty for all else.
    public let digest: [UInt8]
  }

  /// The SHA-256 of the `kexec_hashes.txt` it belongs to.
  public let hashes: [UInt8]
  /// The SHA-256 of the `kexec_tree.txt` it belongs to.
  public let tree: [UInt8]
  /// The systems that the set is for: the first is where it was signed.
  public let systems: [SignedSystem]
  /// The paths, in the order of their bytes.
  let paths: PathTable
  /// What each was.
  let kinds: [Kind]
  /// Where those that were links pointed.
  let targets: [Int: [UInt8]]
  /// The hashes of those that no list of Heads names.
  let digests: [Int: FileDigest]

  /// A type with its permission bits.
  struct Kind: Equatable, Sendable {
    let type: FileType
    let mode: UInt16?
  }

  /// The entries, in the order of their paths' bytes, copied.
  public var entries: [Entry] {
    kinds.indices.map {
      Entry(
        path: paths.array($0), type: kinds[$0].type, mode: kinds[$0].mode,
        target: targets[$0] ?? [], digest: digests[$0]?.bytes ?? [])
    }
  }

  private static let version = Array("latchkey-types 2".utf8)
  /// Of before 2026-12, which names no system.
  private static let former = Array("latchkey-types 1".utf8)
  private static let versionless = Array("latchkey-types ".utf8)

  /// Reads the file; every doubtful line is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0x0A, file: EscapedName(SetName.record))
    hashes = try TypeList.digest(of: SetName.hashes, in: &reader, of: bytes)
    tree = try TypeList.digest(of: SetName.tree, in: &reader, of: bytes)
    let namesSystems = try TypeList.namesSystems(in: &reader, of: bytes)
    var systems: [SignedSystem] = []
    var isHead = namesSystems
    var paths = PathTable()
    var kinds: [Kind] = []
    var targets: [Int: [UInt8]] = [:]
    var digests: [Int: FileDigest] = [:]
    var path: [UInt8] = []
    while let range = try reader.next() {
      let line = bytes.extracting(range)
      if line.isReturned { throw reader.failure(.carriageReturn) }
      if isHead, SignedSystem.begins(line) {
        try TypeList.add(line, to: &systems, reader)
        continue
      }
      isHead = false
      guard let fields = TypeLine(line), EscapedName.unescape(fields.path, into: &path) else {
        throw reader.failure(.badLine)
      }
      let isHashed = fields.kind.type == .file && BootEntry.isLeftOut(path.span)
      let isLink = fields.kind.type == .link
      guard fields.hasMore == (isLink || isHashed) else { throw reader.failure(.badLine) }
      if isLink {
        var target: [UInt8] = []
        guard EscapedName.unescape(fields.more, into: &target), !target.isEmpty else {
          throw reader.failure(.badLine)
        }
        targets[paths.count] = target
      } else if isHashed {
        guard let digest = FileDigest(hexadecimal: fields.more) else {
          throw reader.failure(.badLine)
        }
        digests[paths.count] = digest
      }
      if let problem = ListPath.problem(path.span, strays: true) { throw reader.failure(problem) }
      if paths.count > 0 {
        let last = paths[paths.count - 1]
        if last.equals(path.span) { throw reader.failure(.doubled) }
        guard last.precedes(path.span) else { throw reader.failure(.unsorted) }
      }
      paths.append(path.span)
      kinds.append(fields.kind)
    }
    self.systems = systems
    self.paths = paths
    self.kinds = kinds
    self.targets = targets
    self.digests = digests
  }

  /// Reads the file if its first lines name these two digests; nil if they don't, whatever follows: the
  /// firmware has signed since.
  init?(_ bytes: Span<UInt8>, ifOf hashes: [UInt8], _ tree: [UInt8]) throws(ListError) {
    let head = TypeList.head(hashes, tree)
    guard bytes.count >= head.count else { return nil }
    for index in head.indices where head[index] != bytes[index] { return nil }
    try self.init(parsing: bytes)
  }

  private static func head(_ hashes: [UInt8], _ tree: [UInt8]) -> [UInt8] {
    hexadecimal(hashes) + [0x20, 0x20] + SetName.hashes + [0x0A] + hexadecimal(tree)
      + [0x20, 0x20] + SetName.tree + [0x0A]
  }

  /// Reads the version: whether lines about systems may follow.
  private static func namesSystems(
    in reader: inout ListReader, of bytes: Span<UInt8>
  ) throws(ListError) -> Bool {
    let line = bytes.extracting(try reader.next() ?? 0..<0)
    if line.equals(version.span) { return true }
    if line.equals(former.span) { return false }
    if line.isReturned { throw reader.failure(.carriageReturn) }
    let stem = versionless
    let isOther = line.count >= stem.count && line.extracting(..<stem.count).equals(stem.span)
    throw reader.failure(isOther ? .unknownVersion : .badLine)
  }

  private static func add(
    _ line: Span<UInt8>, to systems: inout [SignedSystem], _ reader: borrowing ListReader
  ) throws(ListError) {
    guard let system = SignedSystem(line: line) else { throw reader.failure(.badLine) }
    guard !systems.has(system.id) else { throw reader.failure(.doubled) }
    guard systems.count < SignedSystem.maximum else { throw reader.failure(.tooMany) }
    systems.append(system)
  }

  /// The systems that a `kexec_latchkey.txt` names, whatever lists it belongs to: the firmware keeps the file
  /// when it signs. Nobody for a file in another form.
  /// - Throws: ``ListError`` where a newer version, or a line about a system, can't be read.
  static func systems(of bytes: Span<UInt8>) throws(ListError) -> [SignedSystem] {
    var reader = ListReader(bytes, endedBy: 0x0A, file: EscapedName(SetName.record))
    do throws(ListError) {
      _ = try digest(of: SetName.hashes, in: &reader, of: bytes)
      _ = try digest(of: SetName.tree, in: &reader, of: bytes)
      guard try namesSystems(in: &reader, of: bytes) else { return [] }
    } catch {
      guard error.problem == .unknownVersion else { return [] }
      throw error
    }
    var systems: [SignedSystem] = []
    while let range = try reader.next() {
      let line = bytes.extracting(range)
      guard SignedSystem.begins(line) else { break }
      try add(line, to: &systems, reader)
    }
    return systems
  }

  private static func digest(
    of name: [UInt8], in reader: inout ListReader, of bytes: Span<UInt8>
  ) throws(ListError) -> [UInt8] {
    let line = bytes.extracting(try reader.next() ?? 0..<0)
    if line.isReturned { throw reader.failure(.carriageReturn) }
    guard line.count == 66 + name.count, line[64] == 0x20, line[65] == 0x20,
      line.extracting(66...).equals(name.span),
      let digest = FileDigest(hexadecimal: line.extracting(..<64))
    else { throw reader.failure(.badLine) }
    return digest.bytes
  }

  /// The file for a hashed /boot, with the SHA-256 of its `kexec_hashes.txt` and `kexec_tree.txt`.
  static func text(
    of boot: HashedBoot, hashes: [UInt8], tree: [UInt8], systems: [SignedSystem]
  ) -> [UInt8] {
    var text = TypeList.head(hashes, tree) + TypeList.version + [0x0A]
    for system in systems { text += system.line }
    for (entry, digest) in zip(boot.scan.entries, boot.digests)
    where !entry.isLeftOut || entry.isStray {
      text.append(entry.type.rawValue)
      text.append(0x20)
      TypeLine.write(entry.mode, to: &text)
      text.append(0x20)
      EscapedName.escape(entry.path, escapingSpace: true, to: &text)
      if entry.type == .link {
        text.append(0x20)
        EscapedName.escape(entry.target, escapingSpace: true, to: &text)
      } else if entry.isLeftOut, let digest {
        text.append(0x20)
        digest.write(to: &text)
      }
      text.append(0x0A)
    }
    return text
  }
}
