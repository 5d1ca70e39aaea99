import BootManifest
import Input

/// `kexec_root_hashes.txt`: every path that is taken stays in the folders that Heads hashes, and stands there
/// once.
@c(LLVMFuzzerTestOneInput)
public func fuzzRootHashes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    _ = FirmwareLook.lines([UInt8](copying: input))
    guard let list = try? RootHashList(parsing: input) else { return }
    precondition(Set(list.entries.map(\.path)).count == list.entries.count, "a path twice")
    for entry in list.entries {
      precondition(entry.digest.count == 32)
      let parts = entry.path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      precondition(
        RootHashList.folders.contains(String(decoding: parts[0], as: UTF8.self)), "elsewhere")
      for part in parts {
        precondition(!part.isEmpty && part != [0x2E] && part != [0x2E, 0x2E], "to elsewhere")
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedRootHashes(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let digest = String(repeating: "0123456789abcdef", count: 4)
  return writeSeeds(
    [
      "\(digest)  usr/bin/sh\n\(digest)  boot/vmlinuz\n", "\\\(digest)  usr/a\\\\b\\n\n",
      "\(digest)  usr/../etc/passwd\n", "\(digest) *lib/a",
    ].map { Array($0.utf8) })
}
