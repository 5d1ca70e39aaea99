/// Very many paths in one piece of memory, in the order in which they were added.
struct PathTable: Equatable, Sendable {
  private var bytes: [UInt8] = []
  private var ends: [UInt32] = []

  /// How many there are.
  var count: Int { ends.count }

  /// Adds a path. All paths together must be shorter than 4 GB, as those in lists are.
  mutating func append(_ path: Span<UInt8>) {
    for index in path.indices { bytes.append(path[index]) }
    ends.append(UInt32(bytes.count))
  }

  /// A path, borrowed.
  subscript(_ index: Int) -> Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      bytes.span.extracting((index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]))
    }
  }

  /// All of them, each by itself.
  var arrays: [[UInt8]] { (0..<count).map(array) }

  /// One of them by itself.
  func array(_ index: Int) -> [UInt8] {
    Array(bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])])
  }

  /// Where a path is, in a table in the order of bytes; it is likely to be at `hint`, or next to that.
  func index(of path: Span<UInt8>, near hint: Int) -> Int? {
    for guess in hint..<hint + 2 where guess < count && self[guess].equals(path) { return guess }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].precedes(path) { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].equals(path) ? low : nil
  }

  /// The first that was there before, in a table in no order.
  func firstDouble() -> Int? {
    let order = (0..<count).sorted {
      self[$0].precedes(self[$1]) || !self[$1].precedes(self[$0]) && $0 < $1
    }
    return zip(order, order.dropFirst()).filter { self[$0].equals(self[$1]) }.map(\.1).min()
  }
}
