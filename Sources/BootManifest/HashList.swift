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

  /// The paths in the order of the file.
  let paths: PathTable
  /// The hash of each.
  let digests: [FileDigest]

  /// The entries in the order of the file, copied.
  public var entries: [Entry] {
    digests.indices.map { Entry(path: paths.array($0), digest: digests[$0].bytes) }
  }

  /// Reads the file; every doubtful line is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0x0A, file: EscapedName(SetName.hashes))
    var paths = PathTable()
    var digests: [FileDigest] = []
    var isSorted = true
    var failure: ListError?
    do throws(ListError) {
      while let range = try reader.next() {
        let line = bytes.extracting(range)
        guard line.count > 66, line[64] == 0x20, line[65] == 0x20,
          let digest = FileDigest(hexadecimal: line.extracting(..<64))
        else { throw reader.failure(line.isReturned ? .carriageReturn : .badLine) }
        let path = line.extracting(66...)
        if let problem = ListPath.problem(path) { throw reader.failure(problem) }
        guard path.count > 2 else { throw reader.failure(.dots) }
        if isSorted, paths.count > 0 { isSorted = paths[paths.count - 1].precedes(path) }
        paths.append(path)
        digests.append(digest)
      }
    } catch {
      failure = error
    }
    // Heads' own lists are in the order of its file system. Of two faults, the earlier line's is told.
    if !isSorted, let double = paths.firstDouble() {
      throw ListError(file: EscapedName(SetName.hashes), entry: double + 1, problem: .doubled)
    }
    if let failure { throw failure }
    self.paths = paths
    self.digests = digests
  }

  /// The file for a hashed /boot; empty if there is nothing to hash.
  static func text(of boot: HashedBoot) -> [UInt8] {
    var text: [UInt8] = []
    for (entry, digest) in zip(boot.scan.entries, boot.digests)
    where entry.type == .file && !entry.isLeftOut {
      digest?.write(to: &text)
      text += [0x20, 0x20]
      text += entry.path
      text.append(0x0A)
    }
    return text
  }
}
