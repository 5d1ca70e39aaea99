/// A set to be signed: the bytes that were hashed, and the list a signature goes over.
public struct ManifestDraft: Equatable, Sendable {
  /// How the signed list names its files.
  public let dialect: Dialect
  /// The very bytes the signature is made over: `sha256sum kexec*.txt`.
  public let signedBytes: [UInt8]
  /// SHA-256 of ``signedBytes``: what a person sees, here and when it is verified.
  public let digestToShow: [UInt8]
  /// The systems that it is for.
  let systems: [SignedSystem]
  /// What will be written, in the order of writing; `kexec.sig` comes after them.
  let written: [SetFile]
  /// The names that will go.
  let removed: [[UInt8]]
  /// The other `kexec*.txt`, which stay as they are.
  let kept: [SetFile]
  /// What all this was taken from.
  let scan: BootScan

  /// The names of the `kexec*.txt` that are signed as they are.
  public var keptNames: [EscapedName] { kept.map { EscapedName($0.name) } }
}

/// A file of the set, by its name in /boot.
struct SetFile: Equatable, Sendable {
  let name: [UInt8]
  let bytes: [UInt8]
}

/// The set's own names.
enum SetName {
  static let hashes = Array("kexec_hashes.txt".utf8)
  static let tree = Array("kexec_tree.txt".utf8)
  static let record = Array("kexec_latchkey.txt".utf8)
  static let signature = Array("kexec.sig".utf8)
  /// In the order of writing.
  static let all = [hashes, tree, record, signature]
  static let defaultHashes = Array("kexec_default_hashes.txt".utf8)
  static let headerHashes = Array("kexec_lukshdr_hash.txt".utf8)

  static func defaultEntry(_ number: Int) -> [UInt8] { Array("kexec_default.\(number).txt".utf8) }

  /// Whether it is `kexec_default.N.txt`.
  static func isDefaultEntry(_ name: [UInt8]) -> Bool {
    let start = Array("kexec_default.".utf8)
    let end = Array(".txt".utf8)
    guard name.starts(with: start), name.suffix(4).elementsEqual(end) else { return false }
    let digits = name.dropFirst(start.count).dropLast(end.count)
    return (1...9).contains(digits.count) && digits.first != 0x30
      && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether it says which entry Heads boots by itself.
  static func isOfDefault(_ name: [UInt8]) -> Bool { isDefaultEntry(name) || name == defaultHashes }

  /// Whether a signing may give the name a new file.
  static func isWritten(_ name: [UInt8]) -> Bool {
    all.contains(name) || isOfDefault(name) || name == headerHashes
  }

  /// The name under which a file is written before it takes its place: left out of Heads' lists, as it
  /// begins with `kexec`, and of the signed list, as it doesn't end in `.txt`.
  static func pending(_ name: [UInt8], _ turn: PendingTurn = .first) -> [UInt8] { name + turn.new }

  /// The name of an empty file that says that a file goes; left out as a pending one is.
  static func departing(_ name: [UInt8], _ turn: PendingTurn) -> [UInt8] { name + turn.gone }

  /// The name that a file will get, of its pending name.
  static func awaited(_ name: [UInt8], _ turn: PendingTurn) -> [UInt8]? {
    let awaited = Array(name.dropLast(turn.new.count))
    return name == pending(awaited, turn) && isWritten(awaited) ? awaited : nil
  }

  /// The name that will go, of the name that says so.
  static func dismissed(_ name: [UInt8], _ turn: PendingTurn) -> [UInt8]? {
    let dismissed = Array(name.dropLast(turn.gone.count))
    return name == departing(dismissed, turn) && isDefaultEntry(dismissed) ? dismissed : nil
  }

  /// Whether `./path` is a file of the set at the top of /boot, or one that Heads changes as it likes.
  static func isOwn(_ path: [UInt8]) -> Bool {
    // All of them do; most paths don't.
    guard BootEntry.isLeftOut(path.span) else { return false }
    let name = Array(path.dropFirst(2))
    guard !name.contains(0x2F) else { return false }
    return isSigned(name) || name == signature || name == Array("kexec_hotp_counter".utf8)
      || isWaiting(name)
  }

  /// Whether a signing writes it before it touches the set.
  static func isWaiting(_ name: [UInt8]) -> Bool {
    PendingTurn.allCases.contains { isWaiting(name, $0) }
  }

  /// The same of one turn.
  static func isWaiting(_ name: [UInt8], _ turn: PendingTurn) -> Bool {
    awaited(name, turn) != nil || dismissed(name, turn) != nil
  }

  /// Whether Heads, or this program, has a file of the set by that name.
  static func isKnown(_ name: [UInt8]) -> Bool {
    let names = [
      "kexec_hashes", "kexec_tree", "kexec_latchkey", "kexec_default_hashes", "kexec_rollback",
      "kexec_key_devices", "kexec_key_lvm", "kexec_lukshdr_hash", "kexec_primhdl_hash",
      "kexec_initrd_crypttab_overrides", "kexec_root_hashes", "kexec_menu",
    ]
    let stem = Array(name.dropLast(4))
    return names.contains { stem.elementsEqual($0.utf8) } || isDefaultEntry(name)
  }

  /// Whether a name at the top of /boot matches the shell's `kexec*.txt`.
  static func isSigned(_ name: [UInt8]) -> Bool {
    name.starts(with: "kexec".utf8) && name.suffix(4).elementsEqual(".txt".utf8)
      && name.count >= 9
  }
}
