import LibCrypto

/// What is in an initramfs: of each path type, permissions, and what it holds, small enough to keep.
public struct ImageListing: Equatable, Sendable {
  /// A file, a folder, a link or a device.
  public struct Entry: Equatable, Sendable {
    /// Its path, without a slash or dot in front.
    public let path: [UInt8]
    /// Type and permissions, as in stat(2).
    public let mode: UInt32
    /// Whose it is.
    public let owner: Owner
    /// What it holds.
    public let content: Content

    /// Of its parts.
    init(path: [UInt8], mode: UInt32, owner: Owner = .root, content: Content) {
      self.path = path
      self.mode = mode
      self.owner = owner
      self.content = content
    }
  }

  /// The user and the group that something belongs to.
  public struct Owner: Equatable, Sendable {
    /// The user's number.
    public let user: UInt32
    /// The group's number.
    public let group: UInt32

    /// Root and root's group.
    public static let root = Owner(user: 0, group: 0)
  }

  /// What an entry holds.
  public enum Content: Equatable, Sendable {
    /// A file's SHA-256, 32 bytes.
    case file([UInt8])
    /// A link's target.
    case link([UInt8])
    /// A device's numbers.
    case device(major: UInt32, minor: UInt32)
    /// A folder, a pipe or a socket.
    case other
  }

  /// Why bytes are no listing.
  public enum Fault: Error, Equatable, Sendable {
    /// Damaged, or of another version.
    case damaged
  }

  /// What the kernel has in the end, in the order of their paths' bytes; each path once.
  public let entries: [Entry]
  /// What an archive before had at a path that a later one has otherwise, in the order of what
  /// ``bytes`` writes; it counts like what stays.
  public let overlaid: [Entry]

  /// Of entries in any order.
  init(_ entries: [Entry], overlaid: [Entry]) {
    self.entries = entries.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    var sorted: [(bytes: [UInt8], entry: Entry)] = overlaid.map { ($0.bytes, $0) }
    sorted.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    var different: [Entry] = []
    for (_, entry) in sorted where different.last != entry { different.append(entry) }
    self.overlaid = different
  }

  /// Reads an image; see ``ImageReader``.
  /// - Parameters:
  ///   - keeping: which files are handed to `look` whole.
  ///   - look: gets each file, of which a later one may take the place.
  /// - Throws: ``ImageError``.
  public init(
    image path: String,
    keeping: @escaping (_ path: [UInt8], _ size: Int) -> Bool = { _, _ in false },
    look: @escaping (ImageFile) -> Void = { _ in }
  ) throws(ImageError) {
    self = try ImageReader(image: path, keeping: keeping, look: look).read()
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

  // MARK: As bytes

  private static let magic = Array("latchkey-listing 2\n".utf8)
  private static let firstMagic = Array("latchkey-listing 1\n".utf8)
  /// The most bytes of a listing that is kept.
  public static let maximumSize = 64 << 20

  /// What is kept: the magic, the number of entries in four bytes, then each of them; then the same of what
  /// was overlaid.
  public var bytes: [UInt8] {
    var bytes = Self.magic
    for entries in [entries, overlaid] {
      bytes.append(number: UInt32(entries.count))
      for entry in entries { bytes += entry.bytes }
    }
    return bytes
  }

  /// Reads what ``bytes`` wrote, or the first version did: that knew neither owners nor the numbers of
  /// devices, nor what was overlaid. Anything else is refused.
  public init(parsing bytes: Span<UInt8>) throws(Fault) {
    guard bytes.count <= Self.maximumSize else { throw .damaged }
    var parser = ListingParser(bytes)
    let magic = try parser.take(Self.magic.count)
    let isFirst = magic == Self.firstMagic
    guard isFirst || magic == Self.magic else { throw .damaged }
    let entries = try parser.entries(isFirst: isFirst)
    for (index, entry) in entries.enumerated().dropFirst() {
      guard entries[index - 1].path.lexicographicallyPrecedes(entry.path) else { throw .damaged }
    }
    let overlaid = isFirst ? [] : try parser.entries(isFirst: false)
    guard parser.isAtEnd else { throw .damaged }
    self.init(entries, overlaid: overlaid)
    guard self.overlaid == overlaid else { throw .damaged }
  }
}

/// Reads a listing that was kept.
private struct ListingParser: ~Escapable {
  private let bytes: Span<UInt8>
  private var place = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  mutating func take(_ count: Int) throws(ImageListing.Fault) -> [UInt8] {
    guard count <= bytes.count - place else { throw .damaged }
    var taken: [UInt8] = []
    taken.reserveCapacity(count)
    for index in place..<(place + count) { taken.append(bytes[index]) }
    place += count
    return taken
  }

  private mutating func number(_ size: Int = 4) throws(ImageListing.Fault) -> UInt32 {
    try take(size).reduce(0) { $0 << 8 | UInt32($1) }
  }

  private mutating func text() throws(ImageListing.Fault) -> [UInt8] {
    try take(Int(try number(2)))
  }

  mutating func entries(isFirst: Bool) throws(ImageListing.Fault) -> [ImageListing.Entry] {
    let count = try number()
    // What the first version's reader allowed.
    guard count <= 500_000 else { throw .damaged }
    var entries: [ImageListing.Entry] = []
    for _ in 0..<count { entries.append(try entry(isFirst: isFirst)) }
    return entries
  }

  private mutating func entry(isFirst: Bool) throws(ImageListing.Fault) -> ImageListing.Entry {
    let path = try text()
    let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !path.contains(0), parts.allSatisfy({ !$0.isEmpty && !$0.elementsEqual(".".utf8) })
    else { throw .damaged }
    let mode = try number()
    let owner =
      isFirst ? .root : ImageListing.Owner(user: try number(), group: try number())
    let content: ImageListing.Content
    switch mode & 0o170000 {
    case 0o100000: content = .file(try take(32))
    case 0o120000: content = .link(try text())
    case 0o020000, 0o060000:
      content =
        isFirst ? .device(major: 0, minor: 0) : .device(major: try number(), minor: try number())
    default: content = .other
    }
    return ImageListing.Entry(path: path, mode: mode, owner: owner, content: content)
  }
}

extension ImageListing.Entry {
  /// Path, mode and owner; of a file the digest, of a link the target, of a device its numbers. Texts have
  /// their length in two bytes before them.
  fileprivate var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(text: path)
    for number in [mode, owner.user, owner.group] { bytes.append(number: number) }
    switch content {
    case .file(let digest): bytes += digest
    case .link(let target): bytes.append(text: target)
    case .device(let major, let minor):
      bytes.append(number: major)
      bytes.append(number: minor)
    case .other: break
    }
    return bytes
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
