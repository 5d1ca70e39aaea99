public import OpenPGP

/// What Heads finds on a /boot, by its own rules: laxer than ``BootFolder/verify(_:trusted:now:memory:)``.
///
/// It stands for `sha256sum kexec*.txt | gpg --verify kexec.sig -`, `sha256sum -c kexec_hashes.txt`, and
/// `find ./ ! -path './kexec*' -print0 | sort -z` compared with `kexec_tree.txt`. Whom the firmware's own
/// keyring holds can't be seen from here: those who are trusted stand for it.
public struct FirmwareLook: Equatable, Sendable {
  /// What `gpg --verify` says of the signature, with the signed files named in one dialect.
  public enum Signature: Equatable, Sendable {
    /// There is no `kexec.sig`, or no `kexec*.txt`: Heads goes on unchecked.
    case missing
    /// It holds. gpg says so of expired and revoked keys, too: what is wrong with the key.
    case holds(despite: KeyProblem?)
    /// It doesn't, or it can't be told whether gpg would take it.
    case refused(SignatureError)
  }

  /// What the two lists come to.
  public enum Lists: Equatable, Sendable {
    /// One of them isn't there: which.
    case missing([EscapedName])
    /// All is as they say.
    case hold
    /// These files fail their hash; and whether the names differ.
    case differ(hashes: [EscapedName], tree: Bool)
  }

  /// With the names of ``Dialect/relative``: Heads since 2026-03-31.
  public let relative: Signature
  /// With the names of ``Dialect/absolute``: older Heads, and PureBoot.
  public let absolute: Signature
  /// The hashes and the tree.
  public let lists: Lists
  /// The `kexec*.txt` that are there, in the order of their names.
  public let names: [EscapedName]

  /// What the signature comes to in a dialect.
  public func signature(_ dialect: Dialect) -> Signature {
    dialect == .relative ? relative : absolute
  }
}
