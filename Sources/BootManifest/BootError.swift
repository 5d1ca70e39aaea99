public import OpenPGP

/// What went wrong with /boot, the set on it, or the memory of the last signature.
public enum BootError: Error, Equatable, Sendable {
  /// There is no folder at that path, or it is a link, or it may not be entered.
  case noFolder(EscapedName, code: Int32)
  /// A call on that name failed; `code` is its errno.
  case system(operation: String, name: EscapedName, code: Int32)
  /// The file system is mounted read-only: mount it writable.
  case readOnly
  /// Another process is signing: wait for it.
  case busy
  /// Not allowed to write that name: run as root.
  case notPermitted(EscapedName)
  /// Too little room for the new set: bytes needed, and bytes free (0 where a
  /// write ran out of room).
  case full(needed: Int, free: Int)
  /// Names that Heads refuses under /boot (bytes 0x01–0x1F, `\`, 0x7F–0xFF), all of them.
  case forbiddenNames([EscapedName])
  /// A `kexec*.txt` or `kexec.sig` that is a link, a folder or a special file.
  case notRegular(EscapedName)
  /// Two names that differ in nothing but the case, on a file system that cannot tell them apart.
  case sameNameInAnotherCase(EscapedName)
  /// Changed between two looks at it: someone else is at work in /boot. Try again.
  case changedMeanwhile(EscapedName)
  /// More entries, deeper folders or a larger file than any /boot has.
  case beyondLimit(EscapedName)
  /// No regular file to sign.
  case nothingToSign
  /// The signature given does not hold over the draft's bytes, so nothing was written.
  case badSignature(SignatureError)
  /// What was read back isn't what was written.
  case writtenDiffers(EscapedName)
  /// The clock is behind the last signature that was accepted (seconds since 1970).
  case clockBehind(now: UInt32, remembered: UInt32)
  /// The file that remembers the last accepted signature was written by a newer Latchkey.
  case newerMemory(EscapedName)
  /// The file that remembers the last accepted signature is damaged.
  case damagedMemory(EscapedName)
  /// libcrypto failed.
  case crypto
}

/// Why a list is refused.
public struct ListError: Error, Equatable, Sendable {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// Not in the form the list has.
    case badLine
    /// A line that ends in CR LF.
    case carriageReturn
    /// The last entry isn't terminated.
    case unterminated
    /// The same name twice.
    case doubled
    /// Not in the order of bytes.
    case unsorted
    /// Begins with `/`, or at least not with `./`.
    case notRelative
    /// A component `..`, `.`, or an empty one.
    case dots
    /// A byte Heads refuses in names.
    case forbiddenByte
    /// A `./kexec…` name, which Heads leaves out of its lists.
    case leftOut
    /// A name that another list of the set lacks, or has as something else.
    case inconsistent
    /// More entries than any /boot has.
    case tooMany
    /// Another version than this program knows.
    case unknownVersion
  }

  /// The file.
  public let file: EscapedName
  /// The entry, counted from 1; 0 for the list as a whole.
  public let entry: Int
  /// What is wrong.
  public let problem: Problem

  /// A list's error at an entry.
  public init(file: EscapedName, entry: Int, problem: Problem) {
    self.file = file
    self.entry = entry
    self.problem = problem
  }
}
