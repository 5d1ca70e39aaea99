/// `kexec_hashes.txt`: what `sha256sum` writes of every regular file, a line each,
/// `<64 hexadecimal digits>␠␠./path`.
public struct HashList: Equatable, Sendable {
  /// A file and its hash.
  public struct Entry: Equatable, Sendable {
    /// `./path`.
    public let path: [UInt8]
    /// SHA-256, 32 bytes.
    public let digest: [UInt8]
  }

  /// The entries in the order of the file.
  public let entries: [Entry]

  init(entries: [Entry]) { self.entries = entries }

  /// Reads the file; every doubtful line is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0x0A, file: EscapedName(SetName.hashes))
    var entries: [Entry] = []
    var seen: Set<[UInt8]> = []
    while let line = try reader.next() {
      guard line.count > 66, line[64] == 0x20, line[65] == 0x20,
        let digest = digest(fromHexadecimal: line[..<64])
      else { throw reader.failure(line.last == 0x0D ? .carriageReturn : .badLine) }
      let path = Array(line[66...])
      if let problem = ListPath.problem(path) { throw reader.failure(problem) }
      guard path.count > 2 else { throw reader.failure(.dots) }
      guard seen.insert(path).inserted else { throw reader.failure(.doubled) }
      entries.append(Entry(path: path, digest: digest))
    }
    self.entries = entries
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += hexadecimal(entry.digest) + [0x20, 0x20] + entry.path + [0x0A]
    }
    return bytes
  }
}
