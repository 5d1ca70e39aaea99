/// `kexec_latchkey.txt`: what Heads' lists cannot hold.
///
/// ```
/// <SHA-256 of kexec_hashes.txt>␠␠kexec_hashes.txt
/// <SHA-256 of kexec_tree.txt>␠␠kexec_tree.txt
/// latchkey-types 1
/// d 755 ./
/// f 600 ./vmlinuz-6.1.0
/// l - ./vmlinuz vmlinuz-6.1.0
/// f 644 ./kexec-stray <SHA-256>
/// ```
/// An entry a line, in the order of the paths' bytes: the type's letter (``FileType``), the
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
  /// The entries, in the order of their paths' bytes.
  public let entries: [Entry]

  private static let version = Array("latchkey-types 1".utf8)
  private static let versionless = Array("latchkey-types ".utf8)

  init(hashes: [UInt8], tree: [UInt8], entries: [Entry]) {
    self.hashes = hashes
    self.tree = tree
    self.entries = entries
  }

  /// Reads the file; every doubtful line is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0x0A, file: EscapedName(SetName.record))
    hashes = try TypeList.digest(of: SetName.hashes, in: &reader)
    tree = try TypeList.digest(of: SetName.tree, in: &reader)
    let version = try reader.next() ?? []
    guard version == TypeList.version else {
      throw reader.failure(
        version.last == 0x0D
          ? .carriageReturn
          : version.starts(with: TypeList.versionless) ? .unknownVersion : .badLine)
    }
    var entries: [Entry] = []
    while let line = try reader.next() {
      if line.last == 0x0D { throw reader.failure(.carriageReturn) }
      guard let entry = TypeList.entry(line) else { throw reader.failure(.badLine) }
      if let problem = ListPath.problem(entry.path, strays: true) { throw reader.failure(problem) }
      if let last = entries.last?.path {
        if last == entry.path { throw reader.failure(.doubled) }
        guard last.lexicographicallyPrecedes(entry.path) else { throw reader.failure(.unsorted) }
      }
      entries.append(entry)
    }
    self.entries = entries
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

  private static func digest(of name: [UInt8], in reader: inout ListReader) throws(ListError)
    -> [UInt8]
  {
    let line = try reader.next() ?? []
    if line.last == 0x0D { throw reader.failure(.carriageReturn) }
    guard line.count == 66 + name.count, line[64] == 0x20, line[65] == 0x20,
      line[66...].elementsEqual(name),
      let digest = BootManifest.digest(fromHexadecimal: line[..<64])
    else { throw reader.failure(.badLine) }
    return digest
  }

  /// An entry of a line; nil for anything ``bytes`` would not have written in just this way.
  private static func entry(_ line: [UInt8]) -> Entry? {
    let fields = line.split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
    guard fields.count >= 3, fields[0].count == 1, let type = FileType(rawValue: fields[0][0]),
      let path = EscapedName.unescape(fields[2])
    else { return nil }
    var mode: UInt16?
    if fields[1] != [0x2D] {
      guard type != .link, let bits = octal(fields[1]) else { return nil }
      mode = bits
    }
    let isHashed = type == .file && BootEntry.isLeftOut(path)
    guard fields.count == (type == .link || isHashed ? 4 : 3) else { return nil }
    var target: [UInt8] = []
    var digest: [UInt8] = []
    if type == .link {
      guard let text = EscapedName.unescape(fields[3]), !text.isEmpty else { return nil }
      target = text
    } else if isHashed {
      guard let bytes = BootManifest.digest(fromHexadecimal: fields[3][...]) else { return nil }
      digest = bytes
    }
    return Entry(path: path, type: type, mode: mode, target: target, digest: digest)
  }

  private static func octal(_ digits: [UInt8]) -> UInt16? {
    guard (1...4).contains(digits.count), digits.count == 1 || digits[0] != 0x30 else { return nil }
    var bits: UInt16 = 0
    for digit in digits {
      guard (0x30...0x37).contains(digit) else { return nil }
      bits = bits << 3 | UInt16(digit - 0x30)
    }
    return bits
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var bytes = TypeList.head(hashes, tree) + TypeList.version + [0x0A]
    for entry in entries {
      let mode = entry.mode.map { Array(String($0, radix: 8).utf8) } ?? [0x2D]
      bytes += [entry.type.rawValue, 0x20] + mode + [0x20]
      bytes += EscapedName.escape(entry.path, escapingSpace: true)
      if entry.type == .link {
        bytes += [0x20] + EscapedName.escape(entry.target, escapingSpace: true)
      } else if !entry.digest.isEmpty {
        bytes += [0x20] + hexadecimal(entry.digest)
      }
      bytes.append(0x0A)
    }
    return bytes
  }
}
