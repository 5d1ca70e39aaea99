import BootChanges
import BootManifest

/// A boot entry that changed, in words and for JSON.
struct EntryChangeReport: Encodable {
  /// Escaped.
  let name: String
  /// `added`, `changed`, `deleted`.
  let kind: String
  let isExplained: Bool
  let files: [File]
  /// Words that the command line got.
  let added: [Word]
  /// Words that it lost.
  let removed: [Word]
  /// Whether Heads would run a part of it, so that nobody can tell its line.
  let isUnreadable: Bool

  /// Another file than before.
  struct File: Encodable {
    /// `kernel`, `initrd`, `module`.
    let role: String
    let from: String?
    let to: String?
    /// Whether the new one came since the signing, of the same kind and not older.
    let isExplained: Bool
    /// Whether its version is older than that of what was signed.
    let isOlder: Bool
  }

  /// A word of a command line.
  struct Word: Encodable {
    let word: String
    /// Whether a kernel's version or GRUB's settings account for it.
    let isExplained: Bool
    /// Whether it opens a shell, takes a protection away, or changes who opens the disk.
    let isGrave: Bool
    /// Why, by its name; nil where it isn't grave.
    let reason: String?
    /// The same for people.
    let why: String?

    init(_ word: EntryChange.Word) {
      self.word = EscapedName(word.text).description
      isExplained = word.isExplained
      isGrave = word.reason != nil
      reason = word.reason?.rawValue
      why = word.reason?.words
    }

    private enum CodingKeys: CodingKey {
      case word, isExplained, isGrave, reason
    }

    func text(_ sign: String) -> String {
      sign + " " + word + (isGrave || !isExplained ? " (!)" : "")
    }
  }

  /// Of a change.
  init(_ change: EntryChange) {
    name = EscapedName(change.name).description
    kind = change.kind.rawValue
    isExplained = change.isExplained
    isUnreadable = change.isUnreadable
    files = change.files.map {
      File(
        role: $0.role, from: $0.from.map { EscapedName($0).description },
        to: $0.to.map { EscapedName($0).description }, isExplained: $0.isExplained,
        isOlder: $0.isOlder)
    }
    added = change.added.map(Word.init)
    removed = change.removed.map(Word.init)
  }

  /// The lines for people.
  var lines: [String] {
    let indent = "               "
    var lines = ["  entry      '\(name)'" + (kind == "changed" ? "" : " " + kind)]
    if isUnreadable {
      lines.append(indent + "Heads would run a part of it, so that its line can't be told (!)")
    }
    for file in files {
      let mark = (file.isOlder ? ", which is OLDER" : "") + (file.isExplained ? "" : " (!)")
      switch (file.from, file.to) {
      case (let from?, let to?): lines.append(indent + "\(file.role) \(from) is now \(to)\(mark)")
      case (nil, let to?): lines.append(indent + "\(file.role) \(to)\(mark)")
      case (let from?, nil) where kind == "changed":
        lines.append(indent + "\(file.role) \(from) is gone\(mark)")
      default: break
      }
    }
    // Of a new entry, what others have already says nothing.
    let shown = kind == "added" ? added.filter { !$0.isExplained || $0.isGrave } : added
    let words = shown.map { $0.text("+") } + removed.map { $0.text("-") }
    if !words.isEmpty {
      lines.append(indent + "command line: " + words.joined(separator: ", "))
    }
    for word in shown where !word.isExplained {
      if let why = word.why { lines.append(indent + "\(word.word): \(why)") }
    }
    if !isExplained, !isUnreadable {
      lines.append(
        indent + "neither an upgrade nor /etc/default/grub explains what is marked (!)")
    } else if lines.count == 1, kind == "changed" {
      lines.append(indent + "its words stand in another order")
    }
    return lines
  }
}

extension EntryChange.Reason {
  /// What it may do, in words.
  var words: String {
    switch self {
    case .runsAnother: "another program may run first, or beside init"
    case .opensShell: "it may open a shell, or leave services out"
    case .changesInitramfs: "the initramfs does other things with it"
    case .opensDisk: "it decides how the disk is opened"
    case .choosesRoot: "it decides which root is booted, and how"
    case .leavesLatchkeyOut: "it decides what Latchkey does in the initramfs"
    case .loosensModules: "modules may be loaded that nobody signed"
    case .loosensKernel: "the running kernel may be changed"
    case .loosensAccess: "it decides over AppArmor, SELinux or the audit"
    case .loosensIntegrity: "it decides which files are measured and checked"
    case .loosensMitigations: "it may turn a protection of the processor or the kernel off"
    case .loosensMemory: "it decides what devices can read, or what stays in memory"
    case .loosensUSB: "it decides which USB devices are accepted"
    case .changesFirmware: "it replaces what the firmware tells the kernel"
    case .weakensRandomness: "it decides where random numbers come from"
    case .debugs: "it may let a debugger in, or send messages elsewhere"
    case .loosensHypervisor: "it decides over a protection of Xen's"
    }
  }
}
