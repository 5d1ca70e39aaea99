/// The versions in an entry's line, by the names of its files: what is left of a line without them is the
/// same for a system's next kernel.
struct EntryVersions {
  /// The versions in the order of the files, each once: `6.1.0-21-amd64`.
  private let all: [[UInt8]]
  /// The kernel's own; nil where its name has none. Under Xen the kernel is the first module.
  let kernel: [UInt8]?

  init(of entry: MenuEntry) {
    let versions = entry.files.map(Self.version)
    var all: [[UInt8]] = []
    for version in versions.compactMap({ $0 }) where !all.contains(version) { all.append(version) }
    self.all = all
    let place = entry.kind == .elf ? 0 : 1
    kernel = place < versions.count ? versions[place] : nil
  }

  /// What stands behind the first `-` that a digit follows, without the ending of a packed file:
  /// `/initramfs-6.5.6-300.fc39.x86_64.img`, `/xen-4.17-amd64.gz`.
  private static func version(_ path: [UInt8]) -> [UInt8]? {
    let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
    guard
      let dash = name.indices.first(where: { index in
        name[index] == UInt8(ascii: "-") && index + 1 < name.count && isDigit(name[index + 1])
      })
    else { return nil }
    var version = Array(name[(dash + 1)...])
    for ending in [".img", ".gz", ".efi"]
    where version.suffix(ending.utf8.count)
      .elementsEqual(ending.utf8)
    {
      version.removeLast(ending.utf8.count)
    }
    return version
  }

  /// Text with a zero byte in the place of each version: the longest first, as one may be part of another.
  func stripped(_ text: [UInt8]) -> [UInt8] {
    all.sorted { $0.count > $1.count }.reduce(text) { Self.replacing($1, in: $0) }
  }

  private static func replacing(_ version: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard !version.isEmpty else { return text }
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index...].starts(with: version) {
        result.append(0)
        index += version.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// Whether a version is before another: runs of digits as numbers, all else by its bytes.
  static func isOlder(_ left: [UInt8], than right: [UInt8]) -> Bool {
    let left = pieces(left)
    let right = pieces(right)
    for (one, other) in zip(left, right) where one != other {
      switch (one.first.map(isDigit) ?? false, other.first.map(isDigit) ?? false) {
      case (true, true):
        guard one.count == other.count else { return one.count < other.count }
        return one.lexicographicallyPrecedes(other)
      default: return one.lexicographicallyPrecedes(other)
      }
    }
    return left.count < right.count
  }

  /// Runs of digits, without the zeros before them, and runs of all else.
  private static func pieces(_ version: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    for byte in version {
      if let last = pieces.last?.last, isDigit(last) == isDigit(byte) {
        if pieces[pieces.count - 1] == [UInt8(ascii: "0")], isDigit(byte) {
          pieces[pieces.count - 1] = [byte]
        } else {
          pieces[pieces.count - 1].append(byte)
        }
      } else {
        pieces.append([byte])
      }
    }
    return pieces
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
