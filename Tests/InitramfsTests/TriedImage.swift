import TestSupport
import Testing

/// One kind of image, and whether our reader takes it: `docs/changes.md` has each of them with what the
/// kernel does.
struct TriedImage: CustomTestStringConvertible {
  let name: String
  /// What the kernel says: `ok` if it took all of it.
  let kernel: String
  /// Whether it is listed; then as the kernel has it.
  let isListed: Bool
  let make: @Sendable () throws -> [UInt8]

  var testDescription: String { name }

  private init(
    _ name: String, _ kernel: String, _ isListed: Bool,
    _ make: @escaping @Sendable () throws -> [UInt8]
  ) {
    self.name = name
    self.kernel = kernel
    self.isListed = isListed
    self.make = make
  }

  private static func listed(
    _ name: String, _ make: @escaping @Sendable () throws -> [UInt8]
  ) -> TriedImage { TriedImage(name, "ok", true, make) }

  /// The kernel takes all of it, in a way of its own or by a codec that some kernels lack.
  private static func strange(
    _ name: String, _ make: @escaping @Sendable () throws -> [UInt8]
  ) -> TriedImage { TriedImage(name, "ok", false, make) }

  private static func stopped(
    _ name: String, _ kernel: String, _ make: @escaping @Sendable () throws -> [UInt8]
  ) -> TriedImage { TriedImage(name, kernel, false, make) }

  private typealias N = Newc

  private static let good = N.archive([
    N.folder("."), N.folder("usr"), N.folder("usr/bin"), N.file("usr/bin/tool", "a tool", 0o755),
    N.link("bin", "usr/bin"), N.file("init", "good", 0o755), N.file("empty", ""),
  ])
  private static let evil = N.archive([N.file("init", "evil", 0o755)])
  private static let early = N.archive([
    N.folder("kernel"), N.folder("kernel/x86"), N.folder("kernel/x86/microcode"),
    N.file("kernel/x86/microcode/GenuineIntel.bin", "code"),
  ])

  private static func one(_ name: String, _ mode: UInt32 = 0o644) -> [UInt8] {
    N.archive([N.file(name, String(repeating: name + "\n", count: 3000), mode)])
  }

  private static func altered(
    _ entry: Newc.Entry, _ change: (inout Newc.Entry) -> Void
  ) -> Newc.Entry {
    var entry = entry
    change(&entry)
    return entry
  }

  static let all: [TriedImage] = [
    // As makers make them
    listed("an archive of folders, files, links, a pipe and devices") {
      good
        + N.archive([
          N.folder("dev"), N.device("dev/console", 5, 1), N.device("dev/null", 1, 3),
          N.Entry(name: Array("pipe".utf8), mode: 0o010600), N.folder("root", 0o700),
          altered(N.file("suid", "x", 0o4755)) { ($0.owner, $0.group) = (33, 8) },
        ])
    },
    listed("microcode in front, up to 512 bytes, then gzip") {
      try padded(early, 512) + packed(good, "gzip -1")
    },
    listed("every compression, one behind the other, and zeros to 4096") {
      try padded(
        packed(good, "gzip -9") + packed(one("b"), "zstd -3 -q")
          + packed(one("c"), "xz -0 --check=crc32") + packed(one("d"), "bzip2 -1")
          + packed(one("e"), "lzop -1") + packed(one("f"), "lz4 -l -q"), 4096)
    },
    listed("xz in several blocks, and with no check") {
      try packed(one("a"), "xz -0 --check=crc32 --block-size=4096")
        + packed(one("b"), "xz -0 --check=none")
    },
    listed("bzip2 twice, zstd without a checksum") {
      try packed(good, "bzip2 -9") + packed(one("b"), "bzip2 -1")
        + packed(one("c"), "zstd -19 -q --no-check")
    },
    listed("gzip, zeros, and an archive at a multiple of four") {
      try padded(packed(good, "gzip -1")) + one("more")
    },
    listed("lz4, four zeros, and an archive at a multiple of four") {
      let part = try packed(good, "lz4 -l -q")
      return padded(part + [0, 0, 0, 0]) + one("more")
    },
    listed("an archive over another: a file, a folder's mode, a link") {
      N.archive([
        N.folder("etc"), N.file("etc/motd", "before"), N.link("sh", "dash"), N.file("init", "x"),
      ])
        + N.archive([
          N.folder("etc", 0o700), N.file("etc/motd", "after", 0o600), N.link("sh", "busybox"),
        ])
    },
    listed("names of one file, the last with its content") {
      N.archive([
        N.file("a", "", 0o755, inode: 7, names: 3), N.file("b", "", 0o755, inode: 7, names: 3),
        N.file("other", "x", inode: 8), N.file("c", "content", 0o755, inode: 7, names: 3),
      ])
    },
    listed("names of one file, the first with its content, and another archive's inode alike") {
      N.archive([
        N.file("a", "content", inode: 7, names: 2), N.file("b", "", inode: 7, names: 2),
      ]) + N.archive([N.file("c", "third", inode: 7, names: 2)])
    },
    listed("one inode's number for files of one name each") {
      N.archive([N.file("a", "one", inode: 7), N.file("b", "two", inode: 7)])
    },
    listed("archives with zeros between them within gzip") {
      try packed(padded(good, 512) + padded(one("b"), 512) + [0], "gzip -1")
    },
    listed("checksums that are right, and names as find and dracut's cpio write them") {
      N.archive([
        N.file("name\0\0\0\0\0\0", "x"),
        altered(N.file("./init", "abc")) { ($0.magic, $0.checksum) = ("070702", 294) },
        N.Entry(name: [0x2E, 0x2F, 0xFF, 0x20, 0x0A], mode: 0o100644),
      ])
    },
    // What the kernel doesn't read
    stopped("gzip with junk behind it", "invalid magic at start of compressed archive") {
      try packed(good, "gzip -1") + Array("junk".utf8)
    },
    stopped("an archive at an odd offset", "broken padding") { good + [0] + evil },
    stopped("gzip at an odd offset behind an archive", "broken padding") {
      try good + [0] + packed(one("b"), "gzip -1")
    },
    stopped("an archive at an odd offset within gzip", "broken padding") {
      try packed(good + [0] + evil, "gzip -1")
    },
    stopped("gzip within gzip", "junk within compressed archive") {
      try packed(good + packed(evil, "gzip -1"), "gzip -1")
    },
    stopped("gzip that is cut", "read error") { try packed(good, "gzip -1").dropLast(40) },
    stopped("gzip that ends within an archive", "junk at the end of compressed archive") {
      try packed(Array(good.dropLast(20)), "gzip -1")
    },
    stopped("xz with CRC64 behind an archive", xzOptions) {
      try evil + packed(good, "xz -0 --check=crc64")
    },
    stopped("xz with SHA-256", xzOptions) { try packed(good, "xz -0 --check=sha256") },
    stopped("xz with a filter for ARM", xzOptions) {
      try packed(good, "xz --check=crc32 --arm --lzma2=preset=0")
    },
    stopped("lz4's other frame", "invalid magic at start of compressed archive") {
      try evil + packed(good, "lz4 -q")
    },
    stopped("zstd with a frame to skip", "invalid magic at start of compressed archive") {
      try packed(evil, "zstd -q") + [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        + packed(good, "zstd -q")
    },
    stopped("zstd with a window of 2 GiB", "Out of memory while allocating ZSTD_DStream") {
      var frame = try packed(good, "zstd -q --no-check")
      // The window's descriptor, where the content's size isn't known.
      guard frame[4] & 0x20 == 0 else { throw TestSupportError("a frame of another kind") }
      frame[5] = (31 - 10) << 3
      return evil + frame
    },
    stopped("an archive of the old kind", "incorrect cpio method used: use -H newc option") {
      N.archive([altered(N.file("init", "x")) { $0.magic = "070707" }])
    },
    stopped("a checksum that is wrong", "bad data checksum") {
      N.archive([altered(N.file("init", "abc")) { ($0.magic, $0.checksum) = ("070702", 295) }])
    },
    stopped("a name without an end", "malformed archive") {
      N.archive([altered(N.file("init", "abc")) { $0.nameSize = 4 }])
    },
    // What it reads, and no maker writes
    strange("gzip whose checksum is wrong") {
      var bytes = try packed(good, "gzip -1")
      bytes[bytes.count - 8] ^= 1
      return bytes
    },
    strange("xz with a filter for x86") {
      try packed(good, "xz --check=crc32 --x86 --lzma2=preset=0")
    },
    strange("lzma") { try packed(good, "lzma -0") },
    strange("an archive that is cut") { Array(good.dropLast(200)) },
    strange("an archive without a trailer") {
      N.archive([N.file("init", "good")], trailer: false)
    },
    strange("a hard link that overwrites what another name holds") {
      N.archive([
        N.file("init", "good", inode: 7, names: 2), N.file("dep", "evil", inode: 7, names: 2),
      ])
    },
    strange("a later archive's file over one with two names") {
      N.archive([
        N.file("init", "good", inode: 7, names: 2), N.file("dep", "", inode: 7, names: 2),
      ]) + N.archive([N.file("dep", "evil")])
    },
    strange("a file behind a link") {
      N.archive([N.folder("usr"), N.link("bin", "usr"), N.file("bin/sh", "evil")])
    },
    strange("a file without its folder, with .. in its name, and with a slash at its end") {
      N.archive([N.file("none/a", "x"), N.folder("a"), N.file("a/../init", "x"), N.file("b/", "x")])
    },
    strange("a folder with .. in its name") { N.archive([N.folder("a"), N.folder("a/../b")]) },
    strange("a name with a slash in front") { N.archive([N.file("/init", "x")]) },
    strange("no name, and one with a zero in it") {
      N.archive([
        altered(N.file("a", "x")) { $0.name = Array("a\0b".utf8) }, N.file("", ""),
      ])
    },
    strange("numbers that are none") {
      var bytes = N.archive([N.file("init", "abcd", inode: 7)])
      bytes.replaceSubrange(6..<14, with: Array("0x00007g".utf8))
      return bytes
    },
    strange("a file, a folder and a link in each other's place") {
      N.archive([N.file("a", "x"), N.folder("b"), N.link("c", "a")])
        + N.archive([N.folder("a"), N.link("b", "a"), N.file("c", "y")])
    },
    strange("a path twice in an archive") {
      N.archive([N.file("init", "evil"), N.file("init", "good")])
    },
    strange("a folder with content, a mode of no type, and a device of two names") {
      N.archive([
        N.Entry(name: Array("a".utf8), mode: 0o040755, content: [1, 2, 3, 4]),
        N.Entry(name: Array("b".utf8), mode: 0o644),
        altered(N.device("c", 1, 3)) { ($0.names, $0.inode) = (2, 9) },
        altered(N.device("d", 1, 5)) { ($0.names, $0.inode) = (2, 9) },
      ])
    },
    strange("another console") {
      N.archive([N.folder("dev"), N.device("dev/console", 1, 3)])
    },
    strange("a link with permissions, and what fills up that isn't zeros") {
      N.archive([
        altered(N.link("a", "b")) { $0.mode = 0o120700 },
        altered(N.file("b", "x")) { $0.padding = 1 },
      ])
    },
  ]

  private static let xzOptions =
    "Input was encoded with settings that are not supported by this XZ decoder"
}
