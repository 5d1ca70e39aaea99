extension HashedBoot {
  /// The SHA-256 of the regular file at `path`, which begins with `./`; nil if there is none.
  public func digest(of path: String) -> [UInt8]? {
    let bytes = Array(path.utf8)
    var low = 0
    var high = scan.entries.count
    while low < high {
      let middle = (low + high) / 2
      let found = scan.entries[middle].path
      if found.span.precedes(bytes.span) { low = middle + 1 } else { high = middle }
    }
    guard low < scan.entries.count, scan.entries[low].path == bytes else { return nil }
    return digests[low]?.bytes
  }
}
