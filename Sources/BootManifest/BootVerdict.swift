public import OpenPGP

/// What verifying /boot came to.
public enum BootVerdict: Equatable, Sendable {
  /// No signed set: `kexec.sig`, `kexec_hashes.txt` or `kexec_tree.txt` is missing (the names).
  case unsigned(missing: [EscapedName])
  /// The signature doesn't hold. `addedSince` names `kexec*.txt` files without which it would.
  case refused(SignatureError, addedSince: [EscapedName])
  /// Signed, but one of the lists isn't one.
  case malformed(SignedBy, ListError)
  /// Signed earlier than a set that was accepted here before: an older set put back.
  case older(SignedBy, remembered: UInt32)
  /// Signed for another system than this one, or for none by name, though the set that was accepted here
  /// before named this one.
  case otherSystem(SignedBy)
  /// Signed; what differs since, in the order of the paths: empty when /boot is as it was signed.
  case signed(SignedBy, record: TypeRecord, changes: [BootChange])

  /// Whether /boot is just as a trusted key signed it.
  public var holds: Bool {
    if case .signed(_, _, let changes) = self { changes.isEmpty } else { false }
  }

  /// Who signed it and when, if a trusted key did.
  public var signedBy: SignedBy? {
    switch self {
    case .unsigned, .refused: nil
    case .malformed(let by, _), .older(let by, _), .otherSystem(let by), .signed(let by, _, _): by
    }
  }
}

/// Whose signature a set bears.
public struct SignedBy: Equatable, Sendable {
  /// The fingerprint of the signer's certificate: its primary key's, 20 bytes.
  public let certificate: [UInt8]
  /// The fingerprint of the key that signed, 20 bytes: the primary or a subkey.
  public let key: [UInt8]
  /// What the certificate calls its owner, if it does.
  public let userID: EscapedName?
  /// When, in seconds since 1970.
  public let time: UInt32
  /// SHA-256 of the signed list: what `sign` showed.
  public let digest: [UInt8]
  /// How the signed list names its files.
  public let dialect: Dialect

  /// The systems that the set is for, as far as it says: the first is where Latchkey signed it last.
  public let systems: [SignedSystem]

  /// When the key expired, if it has and that was allowed.
  public let keyExpiredAt: UInt32?

  init(_ verdict: Verdict, digest: [UInt8], dialect: Dialect, systems: [SignedSystem]) {
    self.systems = systems
    certificate = verdict.primary
    key = verdict.signer
    userID = verdict.userID.map { EscapedName($0) }
    time = verdict.creationTime
    keyExpiredAt = verdict.keyExpiredAt
    self.digest = digest
    self.dialect = dialect
  }
}

/// Whether types, modes and link targets could be compared (`kexec_latchkey.txt`).
public enum TypeRecord: Equatable, Sendable {
  /// Yes.
  case present
  /// Signed by the firmware since: modes and link targets not recorded.
  case stale
  /// There is none.
  case absent
}

/// One difference between /boot and what was signed.
public struct BootChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: Equatable, Sendable {
    /// Not there when signed.
    case added(FileType)
    /// A file with other content.
    case changed
    /// Gone.
    case deleted
    /// A link that points elsewhere.
    case retargeted(from: EscapedName, to: EscapedName)
    /// Something else now; what it was is nil where the set doesn't say.
    case replaced(from: FileType?, to: FileType)
    /// Other permission bits; nil where the file system has none any longer.
    case mode(from: UInt16, to: UInt16?)
  }

  /// `./path`.
  public let name: EscapedName
  /// In which way.
  public let kind: Kind

  /// A difference of that name.
  public init(name: EscapedName, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}
