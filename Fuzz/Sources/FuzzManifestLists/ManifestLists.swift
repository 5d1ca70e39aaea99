import BootManifest
import Input

/// The three lists of /boot's manifest: every path that is taken stays under /boot and stands there once.
/// And the hashes of LUKS headers with their devices, two files that a zero byte divides.
@c(LLVMFuzzerTestOneInput)
public func fuzzManifestLists(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    if let list = try? HashList(parsing: input) {
      check(list.entries.map(\.path))
      for entry in list.entries { precondition(entry.digest.count == 32) }
    }
    if let list = try? TreeList(parsing: input) { check(list.paths) }
    if let list = try? TypeList(parsing: input) {
      check(list.entries.map(\.path), inASCII: false)
      precondition(list.hashes.count == 32 && list.tree.count == 32)
      precondition(list.systems.count <= SignedSystem.maximum)
      precondition(Set(list.systems.map(\.id)).count == list.systems.count, "an id twice")
      for entry in list.entries { precondition((entry.mode ?? 0) <= 0o7777) }
    }
    // Whatever it says.
    _ = SignedListForm.appears(in: input)
    let bytes = [UInt8](copying: input)
    let files = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    if files.count == 2,
      let headers = HeaderHashes(parsing: Array(files[0]), devices: Array(files[1]))
    {
      precondition(headers.bytes.elementsEqual(files[0]), "not what was read")
    }
    let name = EscapedName(bytes).description
    precondition(name.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a name that isn't escaped")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedManifestLists(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let digest = String(repeating: "0123456789abcdef", count: 4)
  return writeSeeds(
    [
      "\(digest)  ./vmlinuz\n\(digest)  ./grub/grub.cfg\n",
      "./\0./grub\0./grub/grub.cfg\0./vmlinuz\0",
      "\(digest)  kexec_hashes.txt\n\(digest)  kexec_tree.txt\nlatchkey-types 1\nd 755 ./\n"
        + "f 600 ./a\\x20b\nf 644 ./kexec-stray \(digest)\nl - ./vmlinuz vmlinuz-6.1\n",
      "\(digest)  kexec_hashes.txt\n\(digest)  kexec_tree.txt\nlatchkey-types 2\n"
        + "system \(digest.prefix(32)) a\\x20desk\nd 755 ./\n",
      "\(digest)  /tmp/lukshdr-_dev_sda2\n\0/dev/sda2 uuid\n",
      "\(digest)  ./../etc/passwd\n", "\(digest)  /boot/a\n\(digest)  ./a//b\r\n",
    ].map { Array($0.utf8) })
}

private func check(_ paths: [[UInt8]], inASCII: Bool = true) {
  precondition(Set(paths).count == paths.count, "a path twice")
  for path in paths {
    let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    precondition(names.first == [UInt8(ascii: ".")], "a path from elsewhere")
    for name in names.dropFirst() where path.count > 2 {
      precondition(!name.isEmpty && name != [0x2E] && name != [0x2E, 0x2E], "a path to elsewhere")
    }
    if inASCII { precondition(path.allSatisfy { (0x20...0x7E).contains($0) }) }
  }
}
