import BootEntries

/// A boot entry that is not as it was when /boot was signed, in words rather than hashes.
public struct EntryChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: String, Sendable {
    case added
    case deleted
    case changed
  }

  /// A word of a kernel's command line.
  public struct Word: Equatable, Sendable {
    /// As it stands there.
    public let text: [UInt8]
    /// Whether a kernel's version or the settings of GRUB account for it.
    public let isExplained: Bool

    /// Whether it opens a shell, takes a protection away or changes who may open the disk.
    public var isGrave: Bool { GraveWords.contain(text) }
  }

  /// Another file than before, as its path below /boot; nil for none.
  public struct File: Equatable, Sendable {
    /// `kernel`, `initrd`, `module`.
    public let role: String
    /// What it was.
    public let from: [UInt8]?
    /// What it is.
    public let to: [UInt8]?
    /// Whether the new one came, or the old one went, since the signing: else somebody chose another.
    public let isExplained: Bool
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

/// Compares the boot entries of two days.
struct EntryComparison {
  let changes: [EntryChange]

  /// - Parameter touched: the paths below /boot that differ from what was signed.
  init(
    from old: [MenuEntry], to new: [MenuEntry], touched: Set<[UInt8]>,
    _ settings: CommandLineSettings
  ) {
    var changes: [EntryChange] = []
    var left = old
    var added: [MenuEntry] = []
    for entry in new {
      // The same entry first; else the next of that name: several may have it.
      if let place = left.firstIndex(where: { $0.name == entry.name && $0.line == entry.line }) {
        left.remove(at: place)
      } else {
        added.append(entry)
      }
    }
    for entry in added {
      if let place = left.firstIndex(where: { $0.name == entry.name }) {
        changes.append(Self.change(left.remove(at: place), entry, touched, settings))
      } else {
        changes.append(Self.arrival(entry, old, settings))
      }
    }
    changes += left.map { entry in
      EntryChange(
        name: entry.name, kind: .deleted,
        files: Self.files(entry).map {
          .init(role: $0.role, from: $0.path, to: nil, isExplained: true)
        }, added: [],
        removed: [], isUnreadable: false)
    }
    self.changes = changes.filter { !$0.isExplained } + changes.filter(\.isExplained)
  }

  /// An entry that is new: its words must be those of an entry that has the same name but for the
  /// kernel's version, or of the settings; without one like it, harmless words of any.
  private static func arrival(
    _ entry: MenuEntry, _ old: [MenuEntry], _ settings: CommandLineSettings
  ) -> EntryChange {
    let alike = old.filter { pattern($0) == pattern(entry) }
    let known = Set(
      alike.flatMap { other in
        words(other).map { $0.replacing(version(other), with: version(entry)) }
      })
    let others = Set(old.flatMap { words($0) }.filter { !GraveWords.contain($0) })
    return EntryChange(
      name: entry.name, kind: .added,
      files: files(entry).map { .init(role: $0.role, from: nil, to: $0.path, isExplained: true) },
      added: words(entry).map { word in
        .init(
          text: word,
          isExplained: (alike.isEmpty ? others : known).contains(word)
            || settings.words.contains(word))
      }, removed: [], isUnreadable: !isTold(entry))
  }

  /// An entry's name without the kernel's version.
  private static func pattern(_ entry: MenuEntry) -> [UInt8] {
    entry.name.replacing(version(entry), with: [0])
  }

  private static func change(
    _ old: MenuEntry, _ new: MenuEntry, _ touched: Set<[UInt8]>, _ settings: CommandLineSettings
  ) -> EntryChange {
    var (removed, added) = (words(old), words(new))
    for word in words(new) {
      guard let place = removed.firstIndex(of: word), let other = added.firstIndex(of: word) else {
        continue
      }
      removed.remove(at: place)
      added.remove(at: other)
    }
    // A word with the kernel's version in it goes with the kernel.
    let versions = (version(old), version(new))
    func follows(_ word: [UInt8], _ others: [[UInt8]], _ from: [UInt8], _ to: [UInt8]) -> Bool {
      others.contains { $0 != word && $0.replacing(from, with: to) == word }
    }
    return EntryChange(
      name: new.name, kind: .changed, files: changedFiles(old, new, touched),
      added: added.map { word in
        .init(
          text: word,
          isExplained: settings.words.contains(word)
            || follows(word, removed, versions.0, versions.1))
      },
      removed: removed.map { word in
        .init(
          text: word,
          isExplained: !settings.words.contains(word) && !isFixed(word)
            || follows(word, added, versions.1, versions.0))
      }, isUnreadable: !isTold(new))
  }

  private static func changedFiles(
    _ old: MenuEntry, _ new: MenuEntry, _ touched: Set<[UInt8]>
  ) -> [EntryChange.File] {
    let (before, now) = (files(old), files(new))
    return (0..<max(before.count, now.count)).compactMap { index in
      let from = index < before.count ? before[index] : nil
      let to = index < now.count ? now[index] : nil
      guard from?.path != to?.path || from?.role != to?.role else { return nil }
      return .init(
        role: (to ?? from)?.role ?? "", from: from?.path, to: to?.path,
        isExplained: [from, to].contains { $0.map { touched.contains($0.path) } ?? false })
    }
  }

  /// What no setting of GRUB's takes away.
  private static func isFixed(_ word: [UInt8]) -> Bool {
    word.elementsEqual("ro".utf8)
      || ["root=", "rootflags=", "resume="].contains { word.starts(with: $0.utf8) }
  }

  private static func isTold(_ entry: MenuEntry) -> Bool {
    if case .heads = entry.line { true } else { false }
  }

  /// The command line's words; Xen's own, too.
  private static func words(_ entry: MenuEntry) -> [[UInt8]] {
    guard case .heads(let line) = entry.line else { return [] }
    return line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).dropFirst(2)
      .flatMap { part in
        let words = part.split(separator: 0x20).map(Array.init)
        return words.first?.elementsEqual("append".utf8) ?? false
          ? Array(words.dropFirst()) : Array(words.dropFirst(2))
      }
  }

  private static func files(_ entry: MenuEntry) -> [(role: String, path: [UInt8])] {
    guard case .heads(let line) = entry.line else { return [] }
    return line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).dropFirst(2)
      .compactMap { part in
        let words = part.split(separator: 0x20)
        guard words.count > 1, !words[0].elementsEqual("append".utf8) else { return nil }
        return (String(decoding: words[0], as: UTF8.self), Array(words[1]))
      }
  }

  /// The version in the kernel's name; empty if there is none.
  private static func version(_ entry: MenuEntry) -> [UInt8] {
    for file in files(entry) {
      let name = file.path.split(separator: UInt8(ascii: "/")).last ?? []
      if name.starts(with: "vmlinuz-".utf8) { return Array(name.dropFirst(8)) }
    }
    return []
  }
}

/// Words of a command line that deserve a mark. The list is no protection: it is there for the eye.
enum GraveWords {
  private static let names = [
    "init", "rdinit", "break", "rd.break", "single", "emergency", "rescue", "1", "s", "S",
    "systemd.unit", "systemd.debug_shell", "systemd.debug-shell", "rd.shell", "cryptopts",
    "cryptdevice", "cryptkey", "latchkey", "module_blacklist", "initcall_blacklist",
    "modprobe.blacklist", "iommu", "intel_iommu", "amd_iommu", "mitigations", "nokaslr", "nosmep",
    "nosmap", "pti", "lockdown", "module.sig_enforce", "apparmor", "selinux", "enforcing",
    "security", "lsm", "debugfs", "ima_appraise", "kernel.modules_disabled", "efi", "acpi_rsdp",
    "memmap", "initrd", "netconsole", "earlyprintk", "rd.luks", "luks.key", "rd.luks.key",
    "keyscript", "panic", "sysrq_always_enabled", "slub_debug", "unprivileged_bpf_disabled",
  ]

  static func contain(_ word: [UInt8]) -> Bool {
    let name = String(decoding: word.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    return names.contains(name)
  }
}

extension [UInt8] {
  /// With each place of `old` taken by `new`; nothing is, where one of them is empty.
  fileprivate func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    guard !old.isEmpty, !new.isEmpty else { return self }
    var out: [UInt8] = []
    var index = 0
    while index < count {
      if self[index...].starts(with: old) {
        out += new
        index += old.count
      } else {
        out.append(self[index])
        index += 1
      }
    }
    return out
  }
}
