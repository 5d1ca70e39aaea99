import Initramfs

/// `ld.so.cache`, which names the file of each library for programs that start: as ldconfig writes it (glibc's
/// `elf/dl-cache.h`; the older part in front of it, too).
package struct LibraryCache {
  /// A library's name, and the file that programs get for it.
  package let libraries: [(name: String, path: String)]

  private static let oldMagic = Array("ld.so-1.7.0\0".utf8)
  private static let magic = Array("glibc-ld.so.cache1.1".utf8)
  private static let headerSize = 48
  private static let entrySize = 24
  private static let mostLibraries = 65_536

  /// - Returns: nil if it is damaged, or of another form or byte order.
  package init?(_ bytes: [UInt8]) {
    var start = 0
    func number(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    if bytes.starts(with: Self.oldMagic), bytes.count >= 16 {
      let count = number(12)
      guard count <= Self.mostLibraries else { return nil }
      // An entry of twelve bytes each; the newer part is at a multiple of eight.
      start = (16 + 12 * count + 7) & ~7
    }
    guard bytes.count - start >= Self.headerSize, bytes[start...].starts(with: Self.magic) else {
      return nil
    }
    let count = number(start + 20)
    // 2 is little endian; 0 was before it was written down.
    guard count <= Self.mostLibraries, [0, 2].contains(bytes[start + 28] & 3),
      count * Self.entrySize <= bytes.count - start - Self.headerSize
    else { return nil }
    let strings = start + Self.headerSize + count * Self.entrySize
    func text(_ offset: Int) -> String? {
      guard offset <= bytes.count, start + offset >= strings, start + offset < bytes.count,
        let end = bytes[(start + offset)...].prefix(4097).firstIndex(of: 0)
      else { return nil }
      return String(validating: bytes[(start + offset)..<end], as: UTF8.self)
    }
    var libraries: [(name: String, path: String)] = []
    for index in 0..<count {
      let entry = start + Self.headerSize + index * Self.entrySize
      guard let name = text(number(entry + 4)), let path = text(number(entry + 8)) else {
        return nil
      }
      libraries.append((name, path))
    }
    // In the older part names are counted from behind its entries: only what ldconfig writes there fits.
    if start > 0 {
      let old = 16 + 12 * number(12)
      for index in 0..<number(12) {
        let entry = 16 + 12 * index
        func text(_ offset: Int) -> String? {
          guard offset < bytes.count - old, offset <= bytes.count,
            let end = bytes[(old + offset)...].prefix(4097).firstIndex(of: 0)
          else { return nil }
          return String(validating: bytes[(old + offset)..<end], as: UTF8.self)
        }
        guard let name = text(number(entry + 4)), let path = text(number(entry + 8)) else {
          return nil
        }
        libraries.append((name, path))
      }
    }
    self.libraries = libraries
  }

  /// Whether each library is a file of the image that has its name.
  func isOf(_ listing: ImageListing) -> Bool {
    libraries.allSatisfy { name, path in
      guard path.hasPrefix("/"), path.dropFirst().isPlainPath, path.hasSuffix("/" + name),
        let end = LinkedPath.end(of: String(path.dropFirst()), in: listing),
        let entry = listing[Array(end.utf8)]
      else { return false }
      return entry.mode & 0o170000 == 0o100000
    }
  }
}
