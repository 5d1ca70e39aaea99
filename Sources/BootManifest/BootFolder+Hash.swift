import Dispatch
import LibCrypto
import Synchronization

extension BootFolder {
  /// The SHA-256 of each regular file of a scan but the set's own, on all cores, the largest first.
  /// Each is opened once, and must be what the scan saw until it is read to its end.
  public func hash(_ scan: BootScan) throws(BootError) -> HashedBoot {
    let files = scan.entries.indices
      .filter { scan.entries[$0].type == .file && !SetName.isOwn(scan.entries[$0].path) }
      .sorted { scan.entries[$0].size > scan.entries[$1].size }
    let next = Atomic<Int>(0)
    let failure = Mutex<BootError?>(nil)
    let digests = Mutex([[UInt8]](repeating: [], count: scan.entries.count))
    DispatchQueue.concurrentPerform(
      iterations: min(files.count, ProcessorCount.online)
    ) { _ in
      do throws(BootError) {
        var digest = try newDigest()
        var buffer = ReadBuffer()
        while failure.withLock({ $0 == nil }) {
          let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard turn < files.count else { return }
          let bytes = try hash(scan.entries[files[turn]], with: &digest, through: &buffer)
          digests.withLock { $0[files[turn]] = bytes }
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
    var names = path.split(separator: 0x2F).dropFirst().map { Array($0) }
    let last = names.popLast() ?? []
    return try withRoot { root throws(BootError) in
      guard let first = names.first else { return try root.file(last, path: path) }
      var folder = try root.folder(first, path: path)
      for name in names.dropFirst() { folder = try folder.folder(name, path: path) }
      return try folder.file(last, path: path)
    }
  }

  private func newDigest() throws(BootError) -> MessageDigest {
    do throws(CryptoError) { return try MessageDigest(.sha256) } catch { throw .crypto }
  }

  private func hash(
    _ entry: BootEntry, with digest: inout MessageDigest, through buffer: inout ReadBuffer
  ) throws(BootError) -> [UInt8] {
    let file = try open(entry.path)
    try check(file, is: entry)
    var total = 0
    while true {
      let count = try buffer.read(file, path: entry.path)
      if count == 0 { break }
      total += count
      // A file that grows while it is read need never end.
      guard total <= entry.size else { throw .changedMeanwhile(EscapedName(entry.path)) }
      digest.update(buffer.first(count))
    }
    try check(file, is: entry)
    guard total == entry.size else { throw .changedMeanwhile(EscapedName(entry.path)) }
    return digest.finish()
  }

  /// That an open file is what a scan saw, unchanged.
  func check(_ file: borrowing Descriptor, is entry: BootEntry) throws(BootError) {
    let status = try file.status(path: entry.path)
    guard status.type == .file, status.identity == entry.identity else {
      throw .changedMeanwhile(EscapedName(entry.path))
    }
  }
}
