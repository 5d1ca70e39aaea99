/// `kexec_tree.txt`: `find ./ … -print0 | sort -z` in the C locale: every name, ended by a zero byte,
/// the first `./`; no types and no targets.
public struct TreeList: Equatable, Sendable {
  /// The paths, in the order of their bytes.
  public let paths: [[UInt8]]

  init(paths: [[UInt8]]) { self.paths = paths }

  /// Reads the file; every doubtful name is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0, file: EscapedName(SetName.tree))
    var paths: [[UInt8]] = []
    while let path = try reader.next() {
      if let problem = ListPath.problem(path) { throw reader.failure(problem) }
      if let last = paths.last {
        if last == path { throw reader.failure(.doubled) }
        guard last.lexicographicallyPrecedes(path) else { throw reader.failure(.unsorted) }
      } else if path.count != 2 {
        throw reader.failure(.inconsistent)
      }
      paths.append(path)
    }
    guard !paths.isEmpty else { throw reader.failure(.inconsistent) }
    self.paths = paths
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for path in paths { bytes += path + [0] }
    return bytes
  }
}
