/// A `modules.*.bin` of depmod's: names and their values in a tree, as kmod's `libkmod-index.c` reads it.
package struct ModuleIndexTree {
  /// In the order of the tree.
  package private(set) var values: [(key: [UInt8], value: [UInt8])] = []

  private static let magic: [UInt8] = [0xB0, 0x07, 0xF4, 0x57, 0x00, 0x02, 0x00, 0x01]
  /// What a node has, above the bits of its place.
  private enum Part {
    static let prefix = 0x8000_0000
    static let values = 0x4000_0000
    static let children = 0x2000_0000
    static let place = 0x0FFF_FFFF
  }
  private static let longestKey = 4096

  /// - Returns: nil if it is damaged, or could not be depmod's: one way leads to each node.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 12, bytes.starts(with: Self.magic) else { return nil }
    var place = 0
    func number() -> Int? {
      guard bytes.count - place >= 4 else { return nil }
      defer { place += 4 }
      return (0..<4).reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
    }
    func text() -> ArraySlice<UInt8>? {
      guard place <= bytes.count,
        let end = bytes[place...].prefix(1 << 16).firstIndex(of: 0)
      else { return nil }
      defer { place = end + 1 }
      return bytes[place..<end]
    }
    place = 8
    guard let root = number() else { return nil }
    // An empty tree has no root.
    var nodes: [(node: Int, key: [UInt8])] = root & Part.place == 0 ? [] : [(root, [])]
    var seen: Set<Int> = []
    while let (node, start) = nodes.popLast() {
      var key = start
      let begin = node & Part.place
      guard begin >= 12, begin < bytes.count, seen.insert(begin).inserted else { return nil }
      place = begin
      if node & Part.prefix != 0 {
        guard let prefix = text() else { return nil }
        key += prefix
      }
      guard key.count <= Self.longestKey else { return nil }
      if node & Part.children != 0 {
        guard bytes.count - place >= 2, bytes[place] <= bytes[place + 1] else { return nil }
        let (first, last) = (bytes[place], bytes[place + 1])
        place += 2
        for letter in first...last {
          guard let child = number() else { return nil }
          guard child & Part.place != 0 else { continue }
          nodes.append((child, key + [letter]))
        }
      }
      if node & Part.values != 0 {
        guard let count = number(), count <= bytes.count else { return nil }
        for _ in 0..<count {
          guard number() != nil, let value = text() else { return nil }
          values.append((key, Array(value)))
        }
      }
    }
  }
}
