import LibCrypto

/// What is in an initramfs: of each path type, permissions, and what it holds, small enough to keep.
public struct ImageListing: Equatable, Sendable {
  /// A file, a folder, a link or a device.
  public struct Entry: Equatable, Sendable {
    /// Its path, without a slash or dot in front.
    public let path: [UInt8]
    /// Type and permissions, as in stat(2).
    public let mode: UInt32
    /// What it holds.
    public let content: Content

    /// Of its parts.
    init(path: [UInt8], mode: UInt32, content: Content) {
      self.path = path
      self.mode = mode
      self.content = content
    }
  }

  /// What an entry holds.
  public enum Content: Equatable, Sendable {
    /// A file's SHA-256, 32 bytes.
    case file([UInt8])
    /// A link's target.
    case link([UInt8])
    /// A folder or a device.
    case other
  }

  /// Why bytes are no listing.
  public enum Fault: Error, Equatable, Sendable {
    /// Damaged, or of another version.
    case damaged
  }

  /// In the order of their paths' bytes; each path once.
  public let entries: [Entry]

  /// Reads an image: archives, zeros between them, and at the end what is compressed. What comes later in it
  /// stands over what came before, as for the kernel.
  /// - Parameters:
  ///   - keeping: files up to so many bytes are handed to `look` whole.
  ///   - look: gets each file, of which a later one may take the place, and its bytes if they were kept.
  /// - Throws: ``ImageError``.
  public init(
    image path: String, keeping: Int = 0,
    look: @escaping (Entry, [UInt8]) -> Void = { _, _ in }
  ) throws(ImageError) {
    var found: [[UInt8]: Entry] = [:]
    func take(_ entry: Entry, _ bytes: [UInt8]?) {
      found[entry.path] = entry
      if case .file = entry.content, let bytes, bytes.count <= keeping { look(entry, bytes) }
    }
    do throws(ImageError) {
      var stream = try ImageStream(image: path, keeping: keeping) { take($0, $1) }
      try stream.read()
    } catch .cannotDecompress(let compression) {
      // Zeros behind the end may be what the program minds: the tree knows how to leave them away.
      let tree = try ImageTree(image: path)
      found = [:]
      for (name, node) in tree.nodes {
        guard let (entry, bytes) = Self.entry(name, node) else {
          throw .cannotDecompress(compression)
        }
        take(entry, bytes)
      }
    }
    found[[]] = nil
    entries = found.values.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  private static func entry(_ name: String, _ node: ImageTree.Node) -> (Entry, [UInt8])? {
    let bytes = Array(node.content)
    let content: Content
    if node.isFile {
      guard let digest = try? digest(.sha256, of: bytes.span) else { return nil }
      content = .file(digest)
    } else {
      content = node.isLink ? .link(bytes) : .other
    }
    return (Entry(path: Array(name.utf8), mode: node.mode, content: content), bytes)
  }

  /// The entry of a path; nil if there is none.
  public subscript(_ path: [UInt8]) -> Entry? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path == path { return entries[middle] }
      if entries[middle].path.lexicographicallyPrecedes(path) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return nil
  }

  /// A path without slashes and dots that say nothing.
  static func plain(_ path: [UInt8]) -> [UInt8] {
    let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    return Array(parts.joined(separator: [UInt8(ascii: "/")]))
  }

  // MARK: As bytes

  private static let magic = Array("latchkey-listing 1\n".utf8)
  /// The most bytes of a listing that is kept.
  public static let maximumSize = 32 << 20
  private static let maximumEntries = 500_000

  /// What is kept: the magic, the number of entries in four bytes, then of each its path and its mode; of a
  /// file the digest, of a link the target. Texts have their length in two bytes before them.
  public var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.append(number: UInt32(entries.count))
    for entry in entries {
      bytes.append(text: entry.path)
      bytes.append(number: entry.mode)
      switch entry.content {
      case .file(let digest): bytes += digest
      case .link(let target): bytes.append(text: target)
      case .other: break
      }
    }
    return bytes
  }

  /// Reads what ``bytes`` wrote; anything else is refused.
  public init(parsing bytes: Span<UInt8>) throws(Fault) {
    var place = 0
    func take(_ count: Int) throws(Fault) -> [UInt8] {
      guard count <= bytes.count - place else { throw .damaged }
      var taken: [UInt8] = []
      taken.reserveCapacity(count)
      for index in place..<(place + count) { taken.append(bytes[index]) }
      place += count
      return taken
    }
    func number(_ size: Int) throws(Fault) -> Int {
      try take(size).reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.count <= Self.maximumSize, try take(Self.magic.count) == Self.magic else {
      throw .damaged
    }
    let count = try number(4)
    guard count <= Self.maximumEntries else { throw .damaged }
    var entries: [Entry] = []
    for _ in 0..<count {
      let path = try take(try number(2))
      guard Self.plain(path) == path, !path.isEmpty, !path.contains(0),
        entries.last.map({ $0.path.lexicographicallyPrecedes(path) }) ?? true
      else { throw .damaged }
      let mode = UInt32(try number(4))
      let content: Content
      switch mode & 0o170000 {
      case 0o100000: content = .file(try take(32))
      case 0o120000: content = .link(try take(try number(2)))
      default: content = .other
      }
      entries.append(Entry(path: path, mode: mode, content: content))
    }
    guard place == bytes.count else { throw .damaged }
    self.entries = entries
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: UInt32) {
    for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// No path or target is longer than an archive's names may be.
  fileprivate mutating func append(text: [UInt8]) {
    append(UInt8(truncatingIfNeeded: text.count >> 8))
    append(UInt8(truncatingIfNeeded: text.count))
    self += text
  }
}
