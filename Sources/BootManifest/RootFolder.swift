import Dispatch
import Glibc
import LibCrypto
import Synchronization

/// One difference between a root and the hashes that were signed.
public struct RootChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: Equatable, Sendable {
    /// Not there when signed.
    case added
    /// Of other content.
    case changed
    /// Gone.
    case deleted
    /// No regular file any more.
    case replaced(FileType)
    /// It can't be read; errno.
    case unreadable(Int32)
  }

  /// Below the root, without a slash in front.
  public let name: EscapedName
  /// In which way.
  public let kind: Kind
}

/// A system's root, looked at as Heads does: `find bin boot lib sbin usr -type f ! -name '*kexec*'`. No link
/// is followed.
public struct RootFolder: Sendable {
  private let folder: BootFolder

  private struct File {
    let path: [UInt8]
    let size: Int
  }

  /// Opens the root at `path`.
  public init(path: String) throws(BootError) { folder = try BootFolder(path: path) }

  /// What differs from a list, in the order of the paths' bytes; all cores hash, the largest files first.
  /// - Throws: ``BootError/system(operation:name:code:)`` where a folder can't be read.
  public func changes(from list: RootHashList) throws(BootError) -> [RootChange] {
    let files = try self.files().sorted { $0.size > $1.size }
    let digests = hash(files)
    var expected: [[UInt8]: [UInt8]] = [:]
    for entry in list.entries { expected[entry.path] = entry.digest }
    var changes: [RootChange] = []
    for (file, outcome) in zip(files, digests) {
      let name = EscapedName(file.path)
      let wanted = expected.removeValue(forKey: file.path)
      switch (wanted, outcome) {
      case (nil, _): changes.append(RootChange(name: name, kind: .added))
      case (_, .failure(.system(_, _, let code))):
        changes.append(RootChange(name: name, kind: .unreadable(code)))
      // It went, or became something else, since the look at its name.
      case (_, .failure): changes.append(RootChange(name: name, kind: .changed))
      case (let wanted?, .success(let digest)) where wanted != digest:
        changes.append(RootChange(name: name, kind: .changed))
      default: break
      }
    }
    for path in expected.keys {
      let type = try folder.type(of: path)
      changes.append(
        RootChange(
          name: EscapedName(path),
          kind: type.map { $0 == .file ? .changed : .replaced($0) } ?? .deleted))
    }
    return changes.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
  }

  // MARK: Files

  private func files() throws(BootError) -> [File] {
    var files: [File] = []
    try folder.withRoot { root throws(BootError) in
      for name in RootHashList.folders {
        try look(at: Array(name.utf8), in: root, Array(name.utf8), depth: 0, into: &files)
      }
    }
    return files
  }

  private func look(
    at name: [UInt8], in folder: borrowing Descriptor, _ path: [UInt8], depth: Int,
    into files: inout [File]
  ) throws(BootError) {
    guard depth < Limits.depth, files.count <= RootHashList.maximumEntries else {
      throw .beyondLimit(EscapedName(path))
    }
    // What goes meanwhile is gone.
    guard let status = try folder.status(of: name, path: path) else { return }
    switch status.type {
    case .file:
      if !name.holds(Array("kexec".utf8)) {
        files.append(File(path: path, size: status.identity.size))
      }
    case .folder:
      let inner = try folder.folder(name, path: path)
      for name in try inner.names(path: path) {
        try look(at: name, in: inner, path + [0x2F] + name, depth: depth + 1, into: &files)
      }
    default: break
    }
  }

  private func hash(_ files: [File]) -> [Result<[UInt8], BootError>] {
    let next = Atomic<Int>(0)
    let results = Mutex(
      [Result<[UInt8], BootError>](repeating: .failure(.crypto), count: files.count))
    DispatchQueue.concurrentPerform(
      iterations: min(files.count, ProcessorCount.online)
    ) { _ in
      guard var digest = try? MessageDigest(.sha256) else { return }
      var buffer = ReadBuffer()
      while true {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard turn < files.count else { return }
        let result: Result<[UInt8], BootError>
        do throws(BootError) {
          result = .success(try hash(files[turn], with: &digest, through: &buffer))
        } catch {
          _ = digest.finish()
          result = .failure(error)
        }
        results.withLock { $0[turn] = result }
      }
    }
    return results.withLock { $0 }
  }

  private func hash(
    _ file: File, with digest: inout MessageDigest, through buffer: inout ReadBuffer
  ) throws(BootError) -> [UInt8] {
    // As a path of /boot's is written.
    let opened = try folder.open(Array("./".utf8) + file.path)
    guard try opened.status(path: file.path).type == .file else {
      throw .changedMeanwhile(EscapedName(file.path))
    }
    while true {
      let count = try buffer.read(opened, path: file.path)
      if count == 0 { return digest.finish() }
      digest.update(buffer.first(count))
    }
  }
}

extension BootFolder {
  /// What a path leads to without following any link; nil if nothing is there.
  fileprivate func type(of path: [UInt8]) throws(BootError) -> FileType? {
    var names = path.split(separator: 0x2F).map { Array($0) }
    let last = names.popLast() ?? []
    return try withRoot { root throws(BootError) in
      do throws(BootError) {
        guard let first = names.first else { return try root.status(of: last, path: path)?.type }
        var folder = try root.folder(first, path: path)
        for name in names.dropFirst() { folder = try folder.folder(name, path: path) }
        return try folder.status(of: last, path: path)?.type
      } catch .changedMeanwhile {
        // One of the folders is gone, or a link.
        return nil
      }
    }
  }
}

extension [UInt8] {
  fileprivate func holds(_ word: [UInt8]) -> Bool {
    count >= word.count && (0...(count - word.count)).contains { self[$0...].starts(with: word) }
  }
}
