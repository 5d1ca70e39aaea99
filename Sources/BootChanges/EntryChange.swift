import BootEntries

/// A boot entry that is not as it was when /boot was signed, in words rather than hashes.
public struct EntryChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: String, Sendable {
    case added
    case deleted
    case changed
  }

  /// Why a word of a command line deserves a look, whatever explains it.
  public enum Reason: String, Equatable, Sendable, CaseIterable {
    /// Another program runs as the first, or beside it.
    case runsAnother
    /// A shell is opened, or few of the services run.
    case opensShell
    /// The initramfs does other things, or another one is loaded.
    case changesInitramfs
    /// A disk is opened in another way, or by another key.
    case opensDisk
    /// Another root, or the same in another way.
    case choosesRoot
    /// Latchkey does less in the initramfs, or nothing.
    case leavesLatchkeyOut
    /// Modules need no signature.
    case loosensModules
    /// root may change the kernel, or a setting of it differs.
    case loosensKernel
    /// Mandatory access control, or the audit of it.
    case loosensAccess
    /// Files are less, or not, measured and checked.
    case loosensIntegrity
    /// Protections of the processor or the kernel against attacks.
    case loosensMitigations
    /// What devices may read, or what is left in memory.
    case loosensMemory
    /// Devices that are plugged in.
    case loosensUSB
    /// What the firmware tells the kernel is replaced.
    case changesFirmware
    /// The kernel's random numbers.
    case weakensRandomness
    /// A debugger, or messages that go elsewhere.
    case debugs
    /// Xen's own protections.
    case loosensHypervisor
  }

  /// A word of a kernel's command line.
  public struct Word: Equatable, Sendable {
    /// As it stands there; behind `--`, with that in front.
    public let text: [UInt8]
    /// Whether a kernel's version, the settings of GRUB or the entry as it was signed account for it.
    public let isExplained: Bool
    /// Why it deserves a look; nil for most words.
    public var reason: Reason? { ProtectionWord.reason(of: text) }
  }

  /// Another file than before, as its path below /boot; nil for none.
  public struct File: Equatable, Sendable {
    /// `kernel`, `initrd`, `module`.
    public let role: String
    /// What it was.
    public let from: [UInt8]?
    /// What it is.
    public let to: [UInt8]?
    /// Whether the new one came since the signing, of the same kind and not older: else somebody chose another.
    public let isExplained: Bool
    /// Whether its version is older than that of what was signed.
    public var isOlder = false
  }

  /// Its name in the menu, as far as it can be told.
  public let name: [UInt8]
  /// In which way.
  public let kind: Kind
  /// The files that it boots from; of an entry that came or went, all of them.
  public let files: [File]
  /// Words that came.
  public let added: [Word]
  /// Words that went.
  public let removed: [Word]
  /// Whether Heads' line can't be told now, as Heads would run a part of it.
  public let isUnreadable: Bool

  /// Whether nothing of it needs a further look: files that came have causes of their own.
  public var isExplained: Bool {
    kind == .deleted
      || (!isUnreadable && (added + removed).allSatisfy(\.isExplained)
        && files.allSatisfy(\.isExplained))
  }
}
