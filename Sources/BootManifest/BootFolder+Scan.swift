extension BootFolder {
  /// One look at all of /boot. Nothing is opened but folders.
  public func scan() throws(BootError) -> BootScan {
    let top = Array("./".utf8)
    return try withRoot { root throws(BootError) in
      var found = Found()
      let keepsModes = calls.fileSystem(root.number).keepsModes
      try found.add(entry(top, try root.status(path: top), keepsModes), in: top)
      try scan(root, keepsModes, path: top, depth: 0, into: &found)
      return BootScan(entries: found.entries)
    }
  }

  /// Entries in the order of their paths' bytes.
  private struct Found {
    var entries: [BootEntry] = []
    /// Those of all folders together.
    var count = 0

    mutating func add(_ entry: BootEntry, in folder: [UInt8]) throws(BootError) {
      guard count < Limits.entries else { throw .beyondLimit(EscapedName(folder)) }
      entries.append(entry)
      count += 1
    }
  }

  /// - Parameter path: the folder's, with a slash behind it.
  private func scan(
    _ folder: borrowing Descriptor, _ keepsModes: Bool, path: [UInt8], depth: Int,
    into found: inout Found
  ) throws(BootError) {
    guard depth < Limits.depth else { throw .beyondLimit(EscapedName(path)) }
    var names = try folder.folderNames(path: path)
    names.sort()
    // What is in folders that are followed by names that come before it, the first of them last.
    var waiting: [(folder: Int, entries: [BootEntry])] = []
    for index in 0..<names.count {
      while let last = waiting.last, !names.comesWithin(index, last.folder) {
        found.entries += last.entries
        waiting.removeLast()
      }
      var full: [UInt8] = []
      full.reserveCapacity(path.count + names[index].count)
      full += path
      full += names[index]
      guard let status = try folder.status(of: full, from: path.count) else {
        throw .changedMeanwhile(EscapedName(full))
      }
      switch status.type {
      case .folder:
        let inner = try folder.folder(Array(names[index]), path: full)
        // A file system may have been mounted, or the folder replaced, since the look at its name.
        let status = try inner.status(path: full)
        let keepsModes = calls.fileSystem(inner.number).keepsModes
        try found.add(entry(full, status, keepsModes), in: path)
        full.append(0x2F)
        if index + 1 < names.count, names.comesWithin(index + 1, index) {
          var later = Found(count: found.count)
          try scan(inner, keepsModes, path: full, depth: depth + 1, into: &later)
          found.count = later.count
          waiting.append((index, later.entries))
        } else {
          try scan(inner, keepsModes, path: full, depth: depth + 1, into: &found)
        }
      case .link:
        let target = try folder.target(of: Array(names[index]), path: full)
        try found.add(entry(full, status, keepsModes, target: target), in: path)
      default:
        try found.add(entry(full, status, keepsModes), in: path)
      }
    }
    while let last = waiting.popLast() { found.entries += last.entries }
  }

  private func entry(
    _ path: [UInt8], _ status: FileStatus, _ keepsModes: Bool, target: [UInt8] = []
  ) -> BootEntry {
    BootEntry(
      path: path, type: status.type, mode: keepsModes && status.type != .link ? status.mode : nil,
      target: target,
      size: status.type == .file ? status.identity.size : 0, identity: status.identity)
  }
}
