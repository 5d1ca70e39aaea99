extension BootFolder {
  /// One look at all of /boot. Nothing is opened but folders.
  public func scan() throws(BootError) -> BootScan {
    let top = Array("./".utf8)
    var entries: [BootEntry] = []
    try withRoot { root throws(BootError) in
      entries.append(entry(top, try root.status(path: top), in: root))
      try scan(root, path: top, depth: 0, into: &entries)
    }
    entries.sort { $0.path.lexicographicallyPrecedes($1.path) }
    return BootScan(entries: entries)
  }

  private func scan(
    _ folder: borrowing Descriptor, path: [UInt8], depth: Int, into entries: inout [BootEntry]
  ) throws(BootError) {
    guard depth < Limits.depth else { throw .beyondLimit(EscapedName(path)) }
    let keepsModes = calls.fileSystem(folder.number).keepsModes
    for name in try folder.names(path: path) {
      let full = path + name
      guard let status = try folder.status(of: name, path: full) else {
        throw .changedMeanwhile(EscapedName(full))
      }
      guard entries.count < Limits.entries else { throw .beyondLimit(EscapedName(path)) }
      switch status.type {
      case .folder:
        let inner = try folder.folder(name, path: full)
        // A file system may have been mounted, or the folder replaced, since the look at its name.
        let status = try inner.status(path: full)
        entries.append(entry(full, status, in: inner))
        try scan(inner, path: full + [0x2F], depth: depth + 1, into: &entries)
      case .link:
        let target = try folder.target(of: name, path: full)
        entries.append(entry(full, status, keepsModes: keepsModes, target: target))
      default:
        entries.append(entry(full, status, keepsModes: keepsModes, target: []))
      }
    }
  }

  private func entry(
    _ path: [UInt8], _ status: FileStatus, in folder: borrowing Descriptor
  ) -> BootEntry {
    entry(path, status, keepsModes: calls.fileSystem(folder.number).keepsModes, target: [])
  }

  private func entry(
    _ path: [UInt8], _ status: FileStatus, keepsModes: Bool, target: [UInt8]
  ) -> BootEntry {
    BootEntry(
      path: path, type: status.type, mode: keepsModes && status.type != .link ? status.mode : nil,
      target: target,
      size: status.type == .file ? status.identity.size : 0, identity: status.identity)
  }
}
