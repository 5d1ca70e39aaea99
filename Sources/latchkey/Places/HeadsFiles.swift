import BootEntries
import BootManifest
import Storage

/// What has to change among Heads' own files with the next signature, so that Heads boots by itself what it
/// did before, and finds the LUKS headers that it is to find.
struct HeadsFiles {
  /// The files that get other content, or go.
  private(set) var renewals: [Renewal] = []
  /// The lines for people.
  private(set) var lines: [String] = []
  /// Whether a header changed that nothing explains.
  private(set) var hasUnexplainedHeader = false
  private let site: BootSite

  /// Looks at them; writes nothing. Asks which entry shall be the default if that can't be told.
  /// - Parameter yes: whether `--yes` was given: then nobody is asked.
  init(
    _ site: BootSite, _ hashed: HashedBoot, _ folders: SystemFolders, assumed yes: Bool
  ) throws(Failure) {
    self.site = site
    try addDefault(hashed, assumed: yes)
    let headers = try HeaderRenewal(site, folders)
    lines += headers.lines
    hasUnexplainedHeader = headers.isUnexplained
    if let renewal = headers.renewal { renewals.append(renewal) }
  }

  // MARK: The default entry

  private mutating func addDefault(_ hashed: HashedBoot, assumed yes: Bool) throws(Failure) {
    guard
      let old = try step({ () throws(BootMenuError) in try DefaultEntry(of: site.path) })
    else { return }
    let menu = try step { () throws(BootMenuError) in try BootMenu(of: site.path) }
    let number: Int
    switch old.renewal(in: menu) {
    case .same(let found):
      number = found
    case .newKernel(let found):
      number = found
      lines += Self.differences(old.entry, menu.entries[found - 1])
    case .doubtful(let found, let doubt):
      number = try choose(
        old, menu, found,
        because: doubt == .otherLine
          ? "has another line now" : "has an older kernel now", assumed: yes)
    case .ambiguous(let numbers):
      number = try choose(
        old, menu, nil,
        because: "could be each of these: " + numbers.map(String.init).joined(separator: ", "),
        assumed: yes)
    case .gone:
      number = try choose(old, menu, nil, because: "is gone", assumed: yes)
    }
    let entry = menu.entries[number - 1]
    guard case .heads(let line) = entry.line else {
      throw Failure(BootMenuError.unknownLine, at: site.path)
    }
    var said = "Heads boots by itself: entry \(number), \(Escaped.name(entry.name))"
    if number != old.number { said += "; it was entry \(old.number)" }
    if entry.name != old.entry.name { said += ", \(Escaped.name(old.entry.name))" }
    lines.insert(said + ".", at: 0)
    let hashes = try step { () throws(BootMenuError) in
      try DefaultEntry.hashes(of: entry, below: site.path) { path in
        hashed.digest(of: "." + String(decoding: path, as: UTF8.self))
      }
    }
    try renew(.defaultHashes(hashes), as: "kexec_default_hashes.txt", hashes)
    try renew(
      .defaultEntry(number: number, line: line + [0x0A]), as: "kexec_default.\(number).txt",
      line + [0x0A])
    for other in DefaultEntry.numbers(of: site.path) where other != number {
      renewals.append(.defaultEntry(number: other, line: nil))
    }
  }

  /// Adds a renewal where the file isn't just so already.
  private mutating func renew(
    _ renewal: Renewal, as name: String, _ bytes: [UInt8]
  ) throws(Failure) {
    let present: [UInt8]?
    do throws(StorageError) {
      present = try DurableFile.read(site.path + "/" + name, limit: 1 << 20)
    } catch {
      throw Failure(error)
    }
    if present != bytes { renewals.append(renewal) }
  }

  /// Asks for the default entry, where it can't be told.
  private func choose(
    _ old: DefaultEntry, _ menu: BootMenu, _ likely: Int?, because reason: String, assumed yes: Bool
  ) throws(Failure) -> Int {
    let what =
      "the entry that Heads boots by itself, \(old.number) (\(Escaped.name(old.entry.name))), \(reason)"
    var shown = ["What Heads can boot:"]
    for (index, entry) in menu.entries.enumerated() {
      shown.append("  \(String(index + 1).padded(to: 4))\(Escaped.name(entry.name))")
    }
    if let likely {
      shown += Self.differences(old.entry, menu.entries[likely - 1])
    }
    shown.forEach(Output.note)
    let advice =
      "Nothing was signed. See latchkey entries list, choose one (latchkey entries default "
      + "\(likely.map(String.init) ?? "NUMBER")), then run latchkey sign again."
    guard !yes, let answer = Question.ask("WARNING: \(what). Which one shall it be? [number] ")
    else {
      throw Failure(.doesNotHold, what, next: advice)
    }
    guard let number = Int(answer), number > 0, number <= menu.entries.count else {
      throw Failure(.wrongUse, "\"\(Escaped.text(answer))\" is no number of an entry", next: advice)
    }
    return number
  }

  /// Where the lines of two entries differ.
  private static func differences(_ old: MenuEntry, _ new: MenuEntry) -> [String] {
    func parts(_ entry: MenuEntry) -> [[UInt8]] {
      guard case .heads(let line) = entry.line else { return [] }
      return line.split(separator: UInt8(ascii: "|")).dropFirst().map(Array.init)
    }
    let before = parts(old)
    let after = parts(new)
    return before.filter { !after.contains($0) }.map { "  was        \(Escaped.name($0))" }
      + after.filter { !before.contains($0) }.map { "  is         \(Escaped.name($0))" }
  }

  private func step<Result>(
    _ body: () throws(BootMenuError) -> Result
  ) throws(Failure) -> Result {
    do throws(BootMenuError) {
      return try body()
    } catch {
      throw Failure(error, at: site.path)
    }
  }
}
