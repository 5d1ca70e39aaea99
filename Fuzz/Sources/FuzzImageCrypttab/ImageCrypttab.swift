import BootChanges
import Input

/// The list of volumes in an initramfs image: by itself as crypttab, every volume of it is known; and what
/// another says is another's. A zero byte divides the two.
@c(LLVMFuzzerTestOneInput)
public func fuzzImageCrypttab(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    let files = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      .map { Array($0) }
    for path in ["cryptroot/crypttab", "etc/latchkey/volumes"] {
      let list = ImageCrypttab(files[0], of: Array(path.utf8))
      // Latchkey's own list has its fields in another order.
      if list.isReadable, path == "cryptroot/crypttab" {
        precondition(list.isOf(crypttab: files[0]), "not of itself")
      }
      let isEmpty = list.isOf(crypttab: [])
      if files.count == 2, isEmpty {
        precondition(list.isOf(crypttab: files[1]), "no volume, and yet one is not known")
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedImageCrypttab(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let line = "root UUID=6ec0b1d2-1b7c-4d27-9a53-0f3a5f6d7e8f"
  return writeSeeds(
    [
      "\(line) none luks,discard\n# a comment\n\(line) none luks\n",
      "\(line) /cryptroot/keyfiles/root.key luks\n\0\(line) /etc/keys/root luks\n",
      "\(line)\n\0", "\t\n\r\n",
    ].map { Array($0.utf8) })
}
