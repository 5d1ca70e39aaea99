import BootEntries

/// What changed in a configuration beside its entries, or in their order. Nothing explains it: what GRUB's own
/// programs change there follows from settings and packages, and neither says how.
public struct MenuChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: String, Equatable, Sendable {
    /// Entries changed places.
    case order
    /// Another entry is the first.
    case first
    /// A command came.
    case added
    /// A command went.
    case removed
    /// The commands stand in another order.
    case moved
  }

  /// The configuration, below /boot.
  public let source: [UInt8]
  /// In which way.
  public let kind: Kind
  /// The entry's name, or the command.
  public let text: [UInt8]
}

/// Compares what configurations do beside their entries.
struct MenuComparison {
  let changes: [MenuChange]
  /// The configurations that were compared whole.
  let compared: Set<[UInt8]>

  /// - Parameters:
  ///   - old: what was kept; nil where it says nothing of commands.
  ///   - new: the menu as it is.
  init(from old: BootSnapshot, to new: BootMenu) {
    guard let before = old.commands else {
      changes = []
      compared = []
      return
    }
    // A word with a kernel's version in it goes with the kernel.
    typealias Command = (form: [UInt8], line: [UInt8])
    func commands(_ commands: MenuCommands, _ entries: [MenuEntry]) -> [Command] {
      let files = entries.flatMap(\.files) + commands.lines.flatMap(Self.files)
      let versions = Set(files.compactMap { KernelVersion(ofFile: $0)?.text })
        .sorted { $0.count > $1.count }
      var known: Set<[UInt8]> = []
      return commands.lines.map { line in
        (versions.reduce(line) { $0.replacing($1, with: [0]) }, line)
      }.filter { known.insert($0.form).inserted }
    }
    var changes: [MenuChange] = []
    var compared: Set<[UInt8]> = []
    for file in new.commands {
      guard let earlier = before.first(where: { $0.source == file.source }) else { continue }
      compared.insert(file.source)
      let (was, now) = (commands(earlier, old.entries), commands(file, new.entries))
      let (before, after) = (Set(was.map(\.form)), Set(now.map(\.form)))
      func change(_ kind: MenuChange.Kind, _ command: Command) -> MenuChange {
        MenuChange(source: file.source, kind: kind, text: command.line)
      }
      changes += now.filter { !before.contains($0.form) }.map { change(.added, $0) }
      changes += was.filter { !after.contains($0.form) }.map { change(.removed, $0) }
      if let first = Self.kernel(file), let earlier = Self.kernel(earlier),
        first.version.isOlder(than: earlier.version)
      {
        changes.append(MenuChange(source: file.source, kind: .first, text: first.line))
      }
      let stayed = zip(
        now.filter { before.contains($0.form) }, was.filter { after.contains($0.form) })
      if let place = stayed.first(where: { $0.form != $1.form }) {
        changes.append(change(.moved, place.0))
      }
    }
    self.changes = changes
    self.compared = compared
  }

  /// The first kernel of those that Heads doesn't find, as where /boot is a folder of the root.
  private static func kernel(
    _ commands: MenuCommands
  ) -> (version: KernelVersion, line: [UInt8])? {
    for line in commands.lines where line.starts(with: "linux".utf8) {
      if let version = files(line).lazy.compactMap({ KernelVersion(ofFile: $0) }).first {
        return (version, line)
      }
    }
    return nil
  }

  /// The files that a loader's command names.
  private static func files(_ line: [UInt8]) -> [[UInt8]] {
    let words = line.split(separator: 0x20)
    guard let name = words.first,
      ["linux", "initrd"].contains(where: { name.starts(with: $0.utf8) })
    else { return [] }
    return words.dropFirst().filter { $0.first == UInt8(ascii: "/") }.map(Array.init)
  }
}
