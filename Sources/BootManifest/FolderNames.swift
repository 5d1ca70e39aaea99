/// The names in a folder, without `.` and `..`, as one piece of memory.
struct FolderNames {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>] = []

  /// How many they are.
  var count: Int { ranges.count }

  /// A name's bytes.
  subscript(_ index: Int) -> ArraySlice<UInt8> { bytes[ranges[index]] }

  /// Adds a name.
  mutating func append(_ name: UnsafeRawBufferPointer) {
    // Safe: the name is borrowed for the call.
    if unsafe name.elementsEqual([0x2E]) || name.elementsEqual([0x2E, 0x2E]) { return }
    let start = bytes.count
    unsafe bytes.append(contentsOf: name)
    ranges.append(start..<bytes.count)
  }

  /// Puts them in the order of their bytes.
  mutating func sort() {
    let names = bytes
    ranges.sort { names.span.extracting($0).precedes(names.span.extracting($1)) }
  }

  /// Whether `name`, which comes later, comes before what is in the folder of that index: `a-b` does before
  /// `a/c`.
  func comesWithin(_ name: Int, _ folder: Int) -> Bool {
    let stem = self[folder]
    let later = self[name]
    return later.count > stem.count && later.starts(with: stem)
      && later[later.startIndex + stem.count] < 0x2F
  }
}
