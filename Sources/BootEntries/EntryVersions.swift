/// The versions in an entry's line, by the names of its files: what is left of a line without them is the
/// same for a system's next kernel.
struct EntryVersions {
  /// The versions in the order of the files, each once: `6.1.0-21-amd64`.
  private let all: [[UInt8]]
  /// The kernel's own; nil where its name has none. Under Xen the kernel is the first module.
  let kernel: [UInt8]?

  init(of entry: MenuEntry) {
    let versions = entry.files.map { KernelVersion(ofFile: $0)?.text }
    var all: [[UInt8]] = []
    for version in versions.compactMap({ $0 }) where !all.contains(version) { all.append(version) }
    self.all = all
    let place = entry.kind == .elf ? 0 : 1
    kernel = place < versions.count ? versions[place] : nil
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
}
