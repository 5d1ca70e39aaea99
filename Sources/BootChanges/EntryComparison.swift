import BootEntries

/// Compares the boot entries of two days.
struct EntryComparison {
  /// What nothing explains first.
  let changes: [EntryChange]
  /// What changed in which of them boots by itself.
  let order: [MenuChange]

  /// The files below /boot that differ from what was signed.
  struct Touched {
    /// Those that are there.
    var changed: Set<[UInt8]> = []
    /// Those that are gone.
    var gone: Set<[UInt8]> = []
  }

  private let old: [MenuEntry]
  private let touched: Touched
  private let settings: CommandLineSettings

  init(
    from old: [MenuEntry], to new: [MenuEntry], touched: Touched, _ settings: CommandLineSettings
  ) {
    self.old = old
    self.touched = touched
    self.settings = settings
    var changes: [EntryChange] = []
    var left = Array(old.indices)
    // For each new entry, where it was.
    var places: [Int?] = new.map { entry in
      // The same entry first; else the next of that name: several may have it.
      left.firstIndex { old[$0].name == entry.name && old[$0].line == entry.line }
        .map { left.remove(at: $0) }
    }
    for (index, entry) in new.enumerated() where places[index] == nil {
      if let place = left.firstIndex(where: { old[$0].name == entry.name }) {
        let number = left.remove(at: place)
        places[index] = number
        changes.append(Self.change(old[number], entry, touched, settings))
      } else {
        changes.append(Self.arrival(entry, old, touched, settings))
      }
    }
    changes += left.map { index in
      EntryChange(
        name: old[index].name, kind: .deleted,
        files: Self.files(old[index]).map {
          .init(role: $0.role, from: $0.path, to: nil, isExplained: true)
        }, added: [],
        removed: [], isUnreadable: false)
    }
    self.changes = changes.filter { !$0.isExplained } + changes.filter(\.isExplained)
    order = Self.order(old, new, places, touched)
  }

  // MARK: Order

  /// GRUB boots the first of a configuration by itself, or one that is named by its number; so does Heads.
  private static func order(
    _ old: [MenuEntry], _ new: [MenuEntry], _ places: [Int?], _ touched: Touched
  ) -> [MenuChange] {
    var changes: [MenuChange] = []
    var sources: [[UInt8]] = []
    for entry in new where !sources.contains(entry.source) { sources.append(entry.source) }
    for source in sources {
      let here = new.indices.filter { new[$0].source == source }
      let known = here.compactMap { places[$0] }.filter { old[$0].source == source }
      if let moved = zip(known, known.dropFirst()).first(where: { $0 > $1 }) {
        changes.append(MenuChange(source: source, kind: .order, text: old[moved.1].name))
        continue
      }
      guard let before = old.indices.first(where: { old[$0].source == source }),
        let first = here.first, places[first] != before
      else { continue }
      // A new kernel's entry, or the next one where a kernel went, and else another one.
      let isUpgrade =
        places[first] == nil && KernelVersion.of(new[first]) != nil
        && old.contains { pattern($0) == pattern(new[first]) }
      let isRemoval =
        files(old[before]).contains { touched.gone.contains($0.path) }
        && !isOlder(new[first], than: old[before])
      if !isUpgrade, !isRemoval {
        changes.append(MenuChange(source: source, kind: .first, text: new[first].name))
      }
    }
    return changes
  }

  private static func isOlder(_ new: MenuEntry, than old: MenuEntry) -> Bool {
    guard let now = KernelVersion.of(new), let before = KernelVersion.of(old) else { return false }
    return now.isOlder(than: before)
  }

  // MARK: Entries

  /// An entry that is new: its words must be those of an entry that has the same name but for the
  /// kernel's version, or of the settings; without one like it, harmless words of any.
  private static func arrival(
    _ entry: MenuEntry, _ old: [MenuEntry], _ touched: Touched, _ settings: CommandLineSettings
  ) -> EntryChange {
    let alike = old.filter { pattern($0) == pattern(entry) }
    let known = Set(
      alike.flatMap { other in
        words(other).map { $0.replacing(version(other), with: version(entry)) }
      })
    let others = Set(old.flatMap { words($0) })
    return EntryChange(
      name: entry.name, kind: .added,
      files: files(entry).map { file in
        let isOlder = old.flatMap { files($0) }.contains {
          $0.path.pattern == file.path.pattern && Self.isOlder(file.path, than: $0.path)
        }
        return .init(
          role: file.role, from: nil, to: file.path,
          isExplained: touched.changed.contains(file.path) && !isOlder, isOlder: isOlder)
      },
      added: words(entry).map { word in
        .init(
          text: word,
          isExplained: known.contains(word)
            || (ProtectionWord.reason(of: word) == nil
              && (settings.words.contains(word) || (alike.isEmpty && others.contains(word))))
        )
      }, removed: [], isUnreadable: !isTold(entry))
  }

  /// An entry's name without the kernel's version.
  private static func pattern(_ entry: MenuEntry) -> [UInt8] {
    entry.name.replacing(version(entry), with: [0])
  }

  private static func change(
    _ old: MenuEntry, _ new: MenuEntry, _ touched: Touched, _ settings: CommandLineSettings
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
    let moved = moved(words(old), words(new)).filter { !added.contains($0) }
    return EntryChange(
      name: new.name, kind: .changed, files: changedFiles(old, new, touched),
      added: added.map { word in
        .init(
          text: word,
          isExplained: follows(word, removed, versions.0, versions.1)
            || settings.words.contains(word) && ProtectionWord.reason(of: word) == nil)
      } + moved.map { .init(text: $0, isExplained: false) },
      removed: removed.map { word in
        .init(
          text: word,
          isExplained: follows(word, added, versions.1, versions.0)
            || !settings.words.contains(word) && !ProtectionWord.isLost(word))
      }, isUnreadable: !isTold(new))
  }

  /// Of several words of one name the last counts: those that are it now and were not.
  private static func moved(_ old: [[UInt8]], _ new: [[UInt8]]) -> [[UInt8]] {
    func last(_ words: [[UInt8]]) -> [String: [UInt8]] {
      var last: [String: [UInt8]] = [:]
      for word in words where ProtectionWord.isOne(word) {
        last[ProtectionWord.name(of: word)] = word
      }
      return last
    }
    let before = last(old)
    return last(new).filter { before[$0.key] != nil && before[$0.key] != $0.value }.map(\.value)
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func changedFiles(
    _ old: MenuEntry, _ new: MenuEntry, _ touched: Touched
  ) -> [EntryChange.File] {
    let (before, now) = (files(old), files(new))
    return (0..<max(before.count, now.count)).compactMap { index in
      let from = index < before.count ? before[index] : nil
      let to = index < now.count ? now[index] : nil
      guard from?.path != to?.path || from?.role != to?.role else { return nil }
      var isOlder = false
      var isExplained: Bool
      if let from, let to {
        isOlder = Self.isOlder(to.path, than: from.path)
        isExplained =
          from.role == to.role && from.path.pattern == to.path.pattern && !isOlder
          && (touched.changed.contains(to.path) || touched.gone.contains(from.path))
      } else if let to {
        isExplained = touched.changed.contains(to.path)
      } else {
        isExplained = from.map { touched.gone.contains($0.path) } ?? true
      }
      return .init(
        role: (to ?? from)?.role ?? "", from: from?.path, to: to?.path, isExplained: isExplained,
        isOlder: isOlder)
    }
  }

  private static func isOlder(_ new: [UInt8], than old: [UInt8]) -> Bool {
    guard let now = KernelVersion(ofFile: new), let before = KernelVersion(ofFile: old) else {
      return false
    }
    return now.isOlder(than: before)
  }

  private static func isTold(_ entry: MenuEntry) -> Bool {
    if case .heads = entry.line { true } else { false }
  }

  /// The command line's words; Xen's own, too. Those behind `--`, which init gets, have it in front.
  static func words(_ entry: MenuEntry) -> [[UInt8]] {
    parts(entry).flatMap { part in
      let all = part.split(separator: 0x20).map(Array.init)
      let words = all.dropFirst(all.first?.elementsEqual("append".utf8) ?? false ? 1 : 2)
      guard let mark = words.firstIndex(where: { $0.elementsEqual("--".utf8) }) else {
        return Array(words)
      }
      return words[..<mark] + words[(mark + 1)...].map { Array("-- ".utf8) + $0 }
    }
  }

  static func files(_ entry: MenuEntry) -> [(role: String, path: [UInt8])] {
    parts(entry).compactMap { part in
      let words = part.split(separator: 0x20)
      guard words.count > 1, !words[0].elementsEqual("append".utf8) else { return nil }
      return (String(decoding: words[0], as: UTF8.self), Array(words[1]))
    }
  }

  private static func parts(_ entry: MenuEntry) -> [ArraySlice<UInt8>] {
    guard case .heads(let line) = entry.line else { return [] }
    return Array(
      line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).dropFirst(2))
  }

  /// The version in the kernel's name; empty if there is none.
  private static func version(_ entry: MenuEntry) -> [UInt8] {
    KernelVersion.of(entry)?.text ?? []
  }
}

extension KernelVersion {
  /// That of an entry's kernel; under Xen it is the first module.
  static func of(_ entry: MenuEntry) -> KernelVersion? {
    let files = entry.files
    let place = entry.kind == .elf ? 0 : 1
    return place < files.count ? KernelVersion(ofFile: files[place]) : nil
  }
}

extension [UInt8] {
  /// A path with a zero in the place of its version.
  fileprivate var pattern: [UInt8] {
    KernelVersion(ofFile: self).map { replacing($0.text, with: [0]) } ?? self
  }

  /// With each place of `old` taken by `new`; nothing is, where one of them is empty.
  func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
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
