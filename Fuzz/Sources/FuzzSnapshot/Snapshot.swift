import BootChanges
import Initramfs
import Input

/// What is kept of a signing, and of an image: what was read is what the library writes.
@c(LLVMFuzzerTestOneInput)
public func fuzzSnapshot(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    if let snapshot = try? BootSnapshot(parsing: input) {
      precondition(snapshot.bytes == bytes, "another snapshot")
    }
    if let record = ImageRecord(bytes, of: Array("/initrd.img-6.1".utf8)) {
      precondition(record.bytes == bytes, "another record")
    }
    if let listing = try? ImageListing(parsing: input) {
      // The first version is written as the second.
      precondition((try? ImageListing(parsing: listing.bytes.span)) == listing, "another listing")
      for entry in listing.entries {
        precondition(listing[entry.path] == entry, "an entry that isn't found")
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedSnapshot(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let digest = [UInt8](repeating: 7, count: 32)
  let root = [UInt8](repeating: 0, count: 8)
  let first: [UInt8] =
    Array("latchkey-listing 1\n".utf8) + [0, 0, 0, 2]
    + [0, 3] + Array("bin".utf8) + [0, 0, 0xA1, 0xFF, 0, 7] + Array("usr/bin".utf8)
    + [0, 4] + Array("init".utf8) + [0, 0, 0x81, 0xED] + digest
  let listing: [UInt8] =
    Array("latchkey-listing 2\n".utf8) + [0, 0, 0, 4]
    + [0, 3] + Array("bin".utf8) + [0, 0, 0xA1, 0xFF] + root + [0, 7] + Array("usr/bin".utf8)
    + [0, 3] + Array("dev".utf8) + [0, 0, 0x21, 0xED] + root + [0, 0, 0, 1, 0, 0, 0, 3]
    + [0, 3] + Array("etc".utf8) + [0, 0, 0x41, 0xED] + root
    + [0, 4] + Array("init".utf8) + [0, 0, 0x81, 0xED] + root + digest
    + [0, 0, 0, 1] + [0, 3] + Array("etc".utf8) + [0, 0, 0x41, 0xC0] + root
  func text(_ text: String) -> [UInt8] { [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }
  let snapshot: [UInt8] =
    Array("latchkey-snapshot 1\n".utf8) + digest + [0, 0, 0, 1] + Array("eh".utf8)
    + text("Debian") + text("Debian|elf|kernel /vmlinuz") + text("/grub/grub.cfg")
    + [0, 0, 0, 1] + text("/initrd.img-6.1") + [0, 0, 0, 32] + digest
    + [0, 0, 0, 1] + text("/grub/grubenv") + text("# GRUB")
  let second: [UInt8] =
    Array("latchkey-snapshot 2\n".utf8) + snapshot.dropFirst(20)
    + [0, 0, 0, 1] + text("/grub/grub.cfg") + [0, 0, 0, 1] + text("set default=0")
  let record = ImageRecord(
    path: Array("/initrd.img-6.1".utf8), maker: "update-initramfs", witness: .hook, time: 1,
    digest: digest)
  return writeSeeds([first, listing, snapshot, second, record.bytes])
}
