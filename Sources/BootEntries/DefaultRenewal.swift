/// Which entry of a menu is the one that Heads boots by itself, after the menu was made anew.
public enum DefaultRenewal: Equatable, Sendable {
  /// The one with that number has the very line.
  case same(Int)
  /// The one with that number is the same system's, with another kernel and else the same line.
  case newKernel(Int)
  /// That one has its title, but is not plainly the same: a person must look at it.
  case doubtful(Int, Doubt)
  /// Several could be it: their numbers.
  case ambiguous([Int])
  /// None is.
  case gone

  /// What is to be looked at.
  public enum Doubt: Equatable, Sendable {
    /// Its line differs in more than versions: other options, other files.
    case otherLine
    /// Its kernel is older than the one before.
    case olderKernel
  }
}

extension DefaultEntry {
  /// It as an entry of a menu, by its line alone.
  public var entry: MenuEntry { MenuEntry(saved: line) }

  /// Which entry of the menu it is now.
  ///
  /// The one with the very line, wherever it stands; where it stood, if there are several. Else the
  /// line has changed with a new kernel: the one with the same title, or the same but for the versions
  /// in it, whose line is the same but for the versions; among several the newest kernel's.
  public func renewal(in menu: BootMenu) -> DefaultRenewal {
    if isIn(menu) { return .same(number) }
    if let index = menu.entries.firstIndex(where: { $0.line == .heads(line) }) {
      return .same(index + 1)
    }
    let old = Shape(entry)
    let others = menu.entries.enumerated().compactMap { index, entry -> (Int, Shape)? in
      guard case .heads = entry.line, entry.kind == self.entry.kind else { return nil }
      return (index + 1, Shape(entry))
    }
    var candidates = others.filter { $0.1.name == old.name }
    if candidates.isEmpty { candidates = others.filter { $0.1.title == old.title } }
    let alike = candidates.filter { $0.1.rest == old.rest }
    let newest = Self.newest(alike.isEmpty ? candidates : alike)
    guard let (number, found) = newest.first else { return .gone }
    guard newest.count == 1 else { return .ambiguous(newest.map(\.0)) }
    if alike.isEmpty { return .doubtful(number, .otherLine) }
    if let before = old.versions.kernel, let now = found.versions.kernel,
      KernelVersion(now).isOlder(than: KernelVersion(before))
    {
      return .doubtful(number, .olderKernel)
    }
    return .newKernel(number)
  }

  /// Those with the newest kernel; of the same line, the first.
  private static func newest(_ candidates: [(Int, Shape)]) -> [(Int, Shape)] {
    var newest: [(Int, Shape)] = []
    for candidate in candidates {
      guard let best = newest.first else {
        newest = [candidate]
        continue
      }
      let one = KernelVersion(candidate.1.versions.kernel ?? [])
      let other = KernelVersion(best.1.versions.kernel ?? [])
      if other.isOlder(than: one) {
        newest = [candidate]
      } else if !one.isOlder(than: other),
        !newest.contains(where: { $0.1.line == candidate.1.line })
      {
        newest.append(candidate)
      }
    }
    return newest
  }

  /// A line, and what is left of it without versions.
  private struct Shape {
    let line: [UInt8]
    let name: [UInt8]
    let versions: EntryVersions
    /// The name without versions.
    let title: [UInt8]
    /// All behind the name, without versions.
    let rest: [UInt8]

    init(_ entry: MenuEntry) {
      name = entry.name
      versions = EntryVersions(of: entry)
      title = versions.stripped(name)
      if case .heads(let line) = entry.line { self.line = line } else { line = [] }
      rest = versions.stripped(Array(line.drop { $0 != UInt8(ascii: "|") }))
    }
  }
}
