/// A `kexec*.txt` beside the lists that is signed with other content than it has, or goes: the next set
/// is not right without that.
public enum Renewal: Equatable, Sendable {
  /// `kexec_default.<number>.txt`: the entry's line with its newline; nil where the file goes.
  case defaultEntry(number: Int, line: [UInt8]?)
  /// `kexec_default_hashes.txt`.
  case defaultHashes([UInt8])
  /// `kexec_lukshdr_hash.txt`.
  case headerHashes([UInt8])

  /// The file's name.
  public var name: EscapedName { EscapedName(fileName) }

  var fileName: [UInt8] {
    switch self {
    case .defaultEntry(let number, _): SetName.defaultEntry(number)
    case .defaultHashes: SetName.defaultHashes
    case .headerHashes: SetName.headerHashes
    }
  }

  /// What the file shall hold; nil where it goes.
  var bytes: [UInt8]? {
    switch self {
    case .defaultEntry(_, let line): line
    case .defaultHashes(let bytes), .headerHashes(let bytes): bytes
    }
  }
}
