/// A set to be signed: the bytes that were hashed, and the list a signature goes over.
public struct ManifestDraft: Equatable, Sendable {
  /// How the signed list names its files.
  public let dialect: Dialect
  /// The very bytes the signature is made over: `sha256sum kexec*.txt`.
  public let signedBytes: [UInt8]
  /// SHA-256 of ``signedBytes``: what a person sees, here and when it is verified.
  public let digestToShow: [UInt8]
  /// What will be written, in the order of writing; `kexec.sig` comes after them.
  let written: [SetFile]
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

  /// The name under which a file is written before it takes its place: left out of Heads' lists, as it
  /// begins with `kexec`, and of the signed list, as it doesn't end in `.txt`.
  static func pending(_ name: [UInt8]) -> [UInt8] { name + Array(".new".utf8) }

  /// Whether `./path` is a file of the set at the top of /boot, or one that Heads changes as it likes.
  static func isOwn(_ path: [UInt8]) -> Bool {
    let name = Array(path.dropFirst(2))
    guard path.count > 2, !name.contains(0x2F) else { return false }
    return isSigned(name) || name == signature || name == Array("kexec_hotp_counter".utf8)
      || all.contains { pending($0) == name }
  }

  /// Whether `./path` is one of the files that a signing writes, or waits to become one.
  static func isReplaced(_ path: [UInt8]) -> Bool {
    let name = Array(path.dropFirst(2))
    return all.contains { $0 == name || pending($0) == name }
  }

  /// Whether Heads, or this program, has a file of the set by that name.
  static func isKnown(_ name: [UInt8]) -> Bool {
    let names = [
      "kexec_hashes", "kexec_tree", "kexec_latchkey", "kexec_default_hashes", "kexec_rollback",
      "kexec_key_devices", "kexec_key_lvm", "kexec_lukshdr_hash", "kexec_primhdl_hash",
      "kexec_initrd_crypttab_overrides", "kexec_root_hashes", "kexec_menu",
    ]
    let stem = Array(name.dropLast(4))
    if names.contains(where: { stem.elementsEqual($0.utf8) }) { return true }
    let entry = Array("kexec_default.".utf8)
    return stem.starts(with: entry) && stem.count > entry.count
      && stem.dropFirst(entry.count).allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether a name at the top of /boot matches the shell's `kexec*.txt`.
  static func isSigned(_ name: [UInt8]) -> Bool {
    name.starts(with: "kexec".utf8) && name.suffix(4).elementsEqual(".txt".utf8)
      && name.count >= 9
  }
}
