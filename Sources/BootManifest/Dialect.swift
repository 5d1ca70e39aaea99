/// How the signed list names the files of the set. A firmware accepts only its own way.
public enum Dialect: CaseIterable, Equatable, Sendable {
  /// `kexec_hashes.txt`: Heads since 2026-03-31.
  case relative
  /// `/boot/kexec_hashes.txt`: older Heads, and PureBoot.
  case absolute

  var prefix: [UInt8] { self == .relative ? [] : Array("/boot/".utf8) }
}
