/// `kexec_tree.txt`: `find ./ … -print0 | sort -z` in the C locale: every name, ended by a zero byte,
/// the first `./`; no types and no targets.
public struct TreeList: Equatable, Sendable {
  /// The paths, in the order of their bytes.
  let table: PathTable

  /// The paths, in the order of their bytes, copied.
  public var paths: [[UInt8]] { table.arrays }

  /// Reads the file; every doubtful name is refused, with its number.
  public init(parsing bytes: Span<UInt8>) throws(ListError) {
    var reader = ListReader(bytes, endedBy: 0, file: EscapedName(SetName.tree))
    var table = PathTable()
    while let range = try reader.next() {
      let path = bytes.extracting(range)
      if let problem = ListPath.problem(path) { throw reader.failure(problem) }
      if table.count > 0 {
        let last = table[table.count - 1]
        if last.equals(path) { throw reader.failure(.doubled) }
        guard last.precedes(path) else { throw reader.failure(.unsorted) }
      } else if path.count != 2 {
        throw reader.failure(.inconsistent)
      }
      table.append(path)
    }
    guard table.count > 0 else { throw reader.failure(.inconsistent) }
    self.table = table
  }

  /// The file for a /boot.
  static func text(of scan: BootScan) -> [UInt8] {
    var text: [UInt8] = []
    for entry in scan.entries where !entry.isLeftOut {
      text += entry.path
      text.append(0)
    }
    return text
  }
}
