public import BootEntries
import CSystem

/// What is kept of a /boot when it is signed, so that it can be said later what changed in words: the boot
/// entries, GRUB's environments, and which initramfs images there were.
public struct BootSnapshot: Equatable, Sendable {
  /// A file of that path below /boot, beginning with a slash.
  public struct File: Equatable, Sendable {
    /// Its path.
    public let path: [UInt8]
    /// An image's SHA-256; an environment's bytes.
    public let bytes: [UInt8]
  }

  /// SHA-256 of the signed list: the signing that it is of.
  public let manifest: [UInt8]
  /// The menu.
  public let entries: [MenuEntry]
  /// The images, by their SHA-256.
  public let images: [File]
  /// GRUB's environments, whole.
  public let environments: [File]
  /// What each configuration did beside its entries; nil in one of before 2026-12, which does not say.
  public let commands: [MenuCommands]?

  /// Why bytes are no snapshot.
  public enum Fault: Error, Equatable, Sendable {
    /// Damaged, or of another version.
    case damaged
  }

  private static let magic = Array("latchkey-snapshot 2\n".utf8)
  private static let firstMagic = Array("latchkey-snapshot 1\n".utf8)
  /// The most bytes of one, and of each of its texts.
  public static let maximumSize = 16 << 20
  /// The most images that are looked into.
  static let maximumImages = 64

  init(
    manifest: [UInt8], entries: [MenuEntry], images: [File], environments: [File],
    commands: [MenuCommands]?
  ) {
    self.manifest = manifest
    self.entries = entries
    self.images = images
    self.environments = environments
    self.commands = commands
  }

  // MARK: As bytes

  /// The magic, the manifest's digest, then three lists, each with the number of its items in four bytes:
  /// entries (kind, line's case, name, line, source), images (path, digest), environments (path, bytes); in
  /// version 2 a fourth: commands (source, the number of its lines, the lines).
  /// Texts have their length in four bytes before them; cases are a letter.
  public var bytes: [UInt8] {
    var bytes = (commands == nil ? Self.firstMagic : Self.magic) + manifest
    bytes.append(number: entries.count)
    for entry in entries {
      let (letter, line) = entry.line.kept
      bytes += [entry.kind == .elf ? UInt8(ascii: "e") : UInt8(ascii: "x"), letter]
      for text in [entry.name, line, entry.source] { bytes.append(text: text) }
    }
    for files in [images, environments] {
      bytes.append(number: files.count)
      for file in files {
        bytes.append(text: file.path)
        bytes.append(text: file.bytes)
      }
    }
    guard let commands else { return bytes }
    bytes.append(number: commands.count)
    for file in commands {
      bytes.append(text: file.source)
      bytes.append(number: file.lines.count)
      for line in file.lines { bytes.append(text: line) }
    }
    return bytes
  }

  /// Reads what ``bytes`` wrote; anything else is refused.
  public init(parsing bytes: Span<UInt8>) throws(Fault) {
    var reader = SnapshotReader(bytes)
    guard bytes.count <= Self.maximumSize else { throw .damaged }
    let magic = try reader.take(Self.magic.count)
    guard magic == Self.magic || magic == Self.firstMagic else { throw .damaged }
    manifest = try reader.take(32)
    var entries: [MenuEntry] = []
    for _ in 0..<(try reader.number()) {
      let letters = try reader.take(2)
      let (name, text, source) = (try reader.text(), try reader.text(), try reader.text())
      guard let line = MenuEntry.Line(kept: letters[1], text),
        let kind: MenuEntry.Kind = [UInt8(ascii: "e"): .elf, UInt8(ascii: "x"): .xen][letters[0]]
      else { throw .damaged }
      entries.append(MenuEntry(name: name, kind: kind, line: line, source: source))
    }
    self.entries = entries
    images = try reader.files()
    environments = try reader.files()
    commands = magic == Self.magic ? try reader.commands() : nil
    guard images.allSatisfy({ $0.bytes.count == 32 }), reader.isAtEnd else { throw .damaged }
  }
}

private struct SnapshotReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var place = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  mutating func take(_ count: Int) throws(BootSnapshot.Fault) -> [UInt8] {
    guard count <= bytes.count - place else { throw .damaged }
    var taken: [UInt8] = []
    for index in place..<(place + count) { taken.append(bytes[index]) }
    place += count
    return taken
  }

  mutating func number() throws(BootSnapshot.Fault) -> Int {
    try take(4).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func text() throws(BootSnapshot.Fault) -> [UInt8] { try take(try number()) }

  mutating func files() throws(BootSnapshot.Fault) -> [BootSnapshot.File] {
    var files: [BootSnapshot.File] = []
    for _ in 0..<(try number()) {
      files.append(BootSnapshot.File(path: try text(), bytes: try text()))
    }
    return files
  }

  mutating func commands() throws(BootSnapshot.Fault) -> [MenuCommands] {
    var commands: [MenuCommands] = []
    for _ in 0..<(try number()) {
      let source = try text()
      var lines: [[UInt8]] = []
      for _ in 0..<(try number()) { lines.append(try text()) }
      commands.append(MenuCommands(source: source, lines: lines))
    }
    return commands
  }
}

extension MenuEntry.Line {
  fileprivate var kept: (letter: UInt8, text: [UInt8]) {
    switch self {
    case .heads(let line): (UInt8(ascii: "h"), line)
    case .runsCommands(let text): (UInt8(ascii: "r"), text)
    case .dependsOn(let name): (UInt8(ascii: "d"), name)
    case .unmatchedQuotes: (UInt8(ascii: "q"), [])
    }
  }

  fileprivate init?(kept letter: UInt8, _ text: [UInt8]) {
    switch letter {
    case UInt8(ascii: "h"): self = .heads(text)
    case UInt8(ascii: "r"): self = .runsCommands(text)
    case UInt8(ascii: "d"): self = .dependsOn(text)
    case UInt8(ascii: "q") where text.isEmpty: self = .unmatchedQuotes
    default: return nil
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: Int) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  fileprivate mutating func append(text: [UInt8]) {
    append(number: text.count)
    self += text
  }
}
