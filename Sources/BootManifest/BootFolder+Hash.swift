import Dispatch
import LibCrypto
import Synchronization

extension BootFolder {
  /// The SHA-256 of each regular file of a scan but the set's own, on all cores.
  /// Each is opened once, and must be what the scan saw until it is read to its end.
  public func hash(_ scan: BootScan) throws(BootError) -> HashedBoot {
    try hash(scan) { _ in true }
  }

  /// The same of the files that are wanted: the others have no digest.
  func hash(_ scan: BootScan, where isWanted: (BootEntry) -> Bool) throws(BootError) -> HashedBoot {
    let work = HashingWork(scan, where: isWanted)
    let next = Atomic<Int>(0)
    let failure = Mutex<BootError?>(nil)
    let digests = Mutex([FileDigest?](repeating: nil, count: scan.entries.count))
    DispatchQueue.concurrentPerform(iterations: work.workers) { _ in
      do throws(BootError) {
        var digest = try newDigest()
        var buffer = ReadBuffer()
        var folder = try withRoot { root throws(BootError) in try HeldFolder(root) }
        while failure.withLock({ $0 == nil }) {
          let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard turn < work.pieces.count else { return }
          for index in work.pieces[turn] {
            let entry = scan.entries[work.files[index]]
            let file = try folder.file(entry.path, in: self)
            let found = try hash(file, of: entry, with: &digest, through: &buffer)
            digests.withLock { $0[work.files[index]] = found }
          }
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return HashedBoot(scan: scan, digests: digests.withLock { $0 })
  }

  /// Opens the file at `./path` of a scan, folder by folder.
  func open(_ path: [UInt8]) throws(BootError) -> Descriptor {
    var folder = try withRoot { root throws(BootError) in try HeldFolder(root) }
    return try folder.file(path, in: self)
  }

  /// Opens the folder that has `./path` of a scan in it, folder by folder.
  func folder(of path: [UInt8]) throws(BootError) -> Descriptor {
    try withRoot { root throws(BootError) in
      var folder = try root.folder(Array(".".utf8), path: path)
      for name in path.split(separator: 0x2F).dropFirst().dropLast() {
        folder = try folder.folder(Array(name), path: path)
      }
      return folder
    }
  }

  private func newDigest() throws(BootError) -> MessageDigest {
    do throws(CryptoError) { return try MessageDigest(.sha256) } catch { throw .crypto }
  }

  private func hash(
    _ file: borrowing Descriptor, of entry: BootEntry, with digest: inout MessageDigest,
    through buffer: inout ReadBuffer
  ) throws(BootError) -> FileDigest {
    try check(file, is: entry)
    var total = 0
    while true {
      let count = try buffer.read(file, path: entry.path)
      total += count
      // A file that grows while it is read need never end.
      guard total <= entry.size else { throw .changedMeanwhile(EscapedName(entry.path)) }
      digest.update(buffer.first(count))
      // Where there was room for more, nothing followed.
      if count == 0 || total == entry.size && count < buffer.size { break }
    }
    try check(file, is: entry)
    guard total == entry.size else { throw .changedMeanwhile(EscapedName(entry.path)) }
    return FileDigest(ending: &digest)
  }

  /// That an open file is what a scan saw, unchanged.
  func check(_ file: borrowing Descriptor, is entry: BootEntry) throws(BootError) {
    let status = try file.status(path: entry.path)
    guard status.type == .file, status.identity == entry.identity else {
      throw .changedMeanwhile(EscapedName(entry.path))
    }
  }
}
