import BootChanges
import Initramfs
import Input

/// The files of an image that initramfs-tools' hooks make: the first byte says which. Of the lists of libraries,
/// modules and busybox's names, all that is found is in the bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzzGeneratedFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    guard let first = bytes.first, let listing else { return }
    let text = Array(bytes.dropFirst())
    let entry = listing.entries[Int(first) % listing.entries.count]
    let isOne = GeneratedFile(listing: listing, root: "/nonexistent").isOne(entry, text)
    if isOne, !entry.path.ends(in: ".bin"), !entry.path.ends(in: ".cache") {
      let forbidden: [String] = ["\\\n", "\ninstall ", "LD_PRELOAD", "/../", "$("]
      for word in forbidden {
        precondition(entry.path.ends(in: "motd") || !text.contains(word), "\(word)")
      }
    }
    if let cache = LibraryCache(text) {
      precondition(
        cache.libraries.count * 12 <= text.count, "more libraries than there is room for")
    }
    if let tree = ModuleIndexTree(text) {
      precondition(tree.values.count * 5 <= text.count, "more values than there is room for")
    }
    precondition(!BusyboxNames(of: text).contains(path: "usr/bin/modprobe"), "kmod's")
  }
}

/// An image of the paths that count, and a module.
private let listing: ImageListing? = {
  let paths = [
    "conf/arch.conf", "conf/conf.d/zz-resume-auto", "conf/modules", "etc/fstab", "etc/group",
    "etc/ld.so.cache", "etc/motd", "etc/nsswitch.conf", "etc/passwd", "scripts/init-top/ORDER",
    "scripts/init-top/all", "usr/lib/libc.so.6", "usr/lib/modules/6.1/kernel/a.ko",
    "usr/lib/modules/6.1/modules.alias", "usr/lib/modules/6.1/modules.alias.bin",
    "usr/lib/modules/6.1/modules.dep", "usr/lib/modules/6.1/modules.dep.bin",
    "usr/lib/modules/6.1/modules.devname", "usr/lib/modules/6.1/modules.softdep",
  ]
  var bytes = Array("latchkey-listing 1\n".utf8) + [0, 0, 0, UInt8(paths.count)]
  for path in paths {
    bytes += [0, UInt8(path.utf8.count)] + Array(path.utf8)
    bytes += [0, 0, 0x81, path.hasSuffix("all") ? 0xED : 0xA4] + [UInt8](repeating: 0, count: 32)
  }
  return try? ImageListing(parsing: bytes.span)
}()

extension [UInt8] {
  fileprivate func ends(in text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }

  fileprivate func contains(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard count >= wanted.count else { return false }
    return (0...(count - wanted.count)).contains { self[$0...].starts(with: wanted) }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedGeneratedFile(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  func number(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0] }
  let strings = Array("libc.so.6\0/usr/lib/libc.so.6\0".utf8)
  var cache = Array("glibc-ld.so.cache1.1".utf8) + number(1) + number(UInt8(strings.count))
  cache += number(2) + [UInt8](repeating: 0, count: 16)
  cache += number(3) + number(72) + number(82) + [UInt8](repeating: 0, count: 12) + strings
  let tree: [UInt8] =
    [0xB0, 7, 0xF4, 0x57, 0, 2, 0, 1, 0xC0, 0, 0, 12] + Array("a\0".utf8)
    + [0, 0, 0, 1, 0, 0, 0, 0] + Array("kernel/a.ko:\0".utf8)
  let texts: [(UInt8, String)] = [
    (0, "DPKG_ARCH=amd64\n"), (1, "RESUME=none\n"), (2, "a x=1\n"), (3, "# x\n"),
    (4, "root:x:0:\n"),
    (6, "hello\n"), (7, "passwd: files\n"), (8, "root:*:0:0::/root-abcdefghij:/bin/sh\n"),
    (9, "/scripts/init-top/all \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n"),
    (13, "alias x* a\n"), (15, "kernel/a.ko:\n"), (17, "a x/y c10:236\n"),
    (18, "softdep a pre: b\n"),
  ]
  return writeSeeds(
    [[5] + cache, [16] + tree, [5] + Array("\0[\0[[\0cat\0\0".utf8)]
      + texts.map { [$0.0] + Array($0.1.utf8) })
}
