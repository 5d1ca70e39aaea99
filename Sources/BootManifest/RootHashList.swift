/// `kexec_root_hashes.txt`: what `sha256sum` writes of the files of a system's root that Heads looks after,
/// a line each, `<64 hexadecimal digits>␠␠path`; the path has no `./` in front. A line whose name has a
/// backslash or a newline may begin with a backslash; then both are escaped.
public struct RootHashList: Equatable, Sendable {
  /// A file and its hash.
  public struct Entry: Equatable, Sendable {
    /// Below the root, without a slash in front, in the file system's own bytes.
    public let path: [UInt8]
    /// SHA-256, 32 bytes.
    public let digest: [UInt8]
  }

  /// The entries in the order of the file.
  public let entries: [Entry]

  /// The folders that Heads hashes.
  public static let folders = ["bin", "boot", "lib", "sbin", "usr"]
  /// More than any root has there.
  static let maximumEntries = 4_000_000
  static let name = Array("kexec_root_hashes.txt".utf8)

  /// Reads the file; every doubtful line is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var entries: [Entry] = []
    var seen: Set<[UInt8]> = []
    var line: [UInt8] = []
    func failure(_ problem: ListError.Problem) -> ListError {
      ListError(
        file: EscapedName(RootHashList.name), entry: entries.count + 1, problem: problem)
    }
    for index in bytes.indices {
      guard bytes[index] == 0x0A else {
        line.append(bytes[index])
        continue
      }
      guard entries.count < Self.maximumEntries else { throw failure(.tooMany) }
      guard let (digest, path) = FirmwareLook.lines(line).first else {
        throw failure(line.last == 0x0D ? .carriageReturn : .badLine)
      }
      if let problem = Self.problem(path) { throw failure(problem) }
      guard seen.insert(path).inserted else { throw failure(.doubled) }
      entries.append(Entry(path: path, digest: digest))
      line = []
    }
    guard line.isEmpty else { throw failure(.unterminated) }
    self.entries = entries
  }

  private static func problem(_ path: [UInt8]) -> ListError.Problem? {
    let parts = path.split(separator: 0x2F, omittingEmptySubsequences: false)
    guard let first = parts.first, folders.contains(where: { first.elementsEqual($0.utf8) }) else {
      return .notRelative
    }
    for part in parts
    where part.isEmpty || part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) {
      return .dots
    }
    return path.contains(0) ? .forbiddenByte : nil
  }
}

/// What the signed set of a /boot says of the root.
public enum RootHashes: Equatable, Sendable {
  /// Nothing: there is no `kexec_root_hashes.txt`.
  case absent
  /// It isn't a list.
  case malformed(ListError)
  /// The files, by the list that is signed.
  case list(RootHashList)
}

extension BootFolder {
  /// The root's hashes in a set that was verified: they are read anew, and the signature with them.
  /// - Throws: ``BootError/changedMeanwhile(_:)`` if it is another set now.
  public func rootHashes(
    of signed: SignedBy, trusted: TrustedSigners, now: UInt32
  ) throws(BootError) -> RootHashes {
    let set = try readSet()
    guard case .success(let by) = try set.signedBy(trusted, now: now), by.digest == signed.digest
    else { throw .changedMeanwhile(EscapedName(SetName.signature)) }
    guard let bytes = set[RootHashList.name] else { return .absent }
    do throws(ListError) { return .list(try RootHashList(parsing: bytes.span)) } catch {
      return .malformed(error)
    }
  }
}
