extension HashedBoot {
  /// The SHA-256 of the regular file at `path`, which begins with `./`; nil if there is none.
  public func digest(of path: String) -> [UInt8]? {
    let bytes = Array(path.utf8)
    guard let index = scan.entries.firstIndex(where: { $0.path == bytes }),
      !digests[index].isEmpty
    else { return nil }
    return digests[index]
  }
}
