import Foundation
import TestSupport
import Testing

@testable import BootChanges
@testable import Initramfs

/// What Debian's own mkinitramfs generated, and the same with something in it that it would not write.
@Suite("generated files are held to their form")
struct GeneratedFileTests {
  private static let machine = Repository.path(".build-boot/machine")

  /// A change of one of them.
  struct Case: CustomTestStringConvertible, Sendable {
    let path: String
    let what: String
    let change: @Sendable (String) -> String
    var testDescription: String { "\(path): \(what)" }

    init(_ path: String, _ what: String, _ change: @escaping @Sendable (String) -> String) {
      self.path = path
      self.what = what
      self.change = change
    }
  }

  private static let modules = "usr/lib/modules/VERSION/"
  private static let order = "scripts/local-top/ORDER"

  static let cases = [
    Case(order, "a command") { $0 + "reboot\n" },
    Case(order, "a script outside its folder") {
      $0.replacing("local-top/latchkey", with: "local-top/../local-bottom/latchkey")
    },
    Case(order, "a script of another folder") {
      $0.replacing("local-top/latchkey", with: "local-bottom/latchkey")
    },
    Case(order, "a script that isn't there") {
      $0.replacing("local-top/latchkey", with: "local-top/evil")
    },
    Case(order, "a script with more words") {
      $0.replacing("cryptroot \"", with: "cryptroot x \"")
    },
    Case(order, "other settings") { $0.replacing(". /conf/param", with: ". /etc/param") },
    Case(order, "a script twice") { $0 + $0 },
    Case(order, "a script left out") {
      $0.split(separator: "\n").dropLast(2).joined(separator: "\n") + "\n"
    },
    Case(order, "a line cut off") { String($0.dropLast()) },
    Case(order, "a carriage return") { $0.replacing("\n", with: "\r\n") },
    Case("conf/arch.conf", "a library for every program") { $0 + "LD_PRELOAD=/x.so\n" },
    Case("conf/arch.conf", "another variable") { _ in "PATH=/x\n" },
    Case("conf/arch.conf", "an exported one") { "export " + $0 },
    Case("conf/arch.conf", "a command") { _ in "DPKG_ARCH=$(reboot)\n" },
    Case("conf/arch.conf", "a command behind it") { _ in "DPKG_ARCH=a reboot\n" },
    Case("conf/modules", "an option of modprobe's") { $0 + "-C /x dm_mod\n" },
    Case("conf/modules", "an option behind a module") { $0 + "dm_mod --config=/x\n" },
    Case("conf/modules", "a parameter that this system doesn't set") { $0 + "dm_mod create=x\n" },
    Case("conf/modules", "a path") { $0 + "/x/y.ko\n" },
    Case("etc/fstab", "another /usr") { $0 + "/dev/sdb1 /usr ext4 defaults 0 0\n" },
    Case("etc/motd", "what a terminal does") { $0 + "\u{1B}[2J" },
    Case("etc/ld.so.cache", "a library that isn't there") {
      $0.replacing("/libc.so.6\0", with: "/libx.so.6\0")
    },
    Case("etc/ld.so.cache", "a library from elsewhere") {
      $0.replacing(
        "\0/lib/x86_64-linux-gnu/libc.so.6\0", with: "\0/run/x86_64-linux-gnu/libc.so.6\0")
    },
    Case("etc/ld.so.cache", "a library under another's name") {
      // The paths of the first two, which are of twenty-four bytes behind a header of forty-eight.
      let all = Array($0)
      return String(all[..<56] + all[80..<84] + all[60..<80] + all[56..<60] + all[84...])
    },
    Case("etc/ld.so.cache", "another magic") { $0.replacing("cache1.1", with: "cache1.2") },
    Case("etc/ld.so.cache", "its end cut off") { String($0.prefix(900)) },
    Case(modules + "modules.dep", "a module that isn't there") { $0 + "kernel/evil.ko:\n" },
    Case(modules + "modules.dep", "a dependency elsewhere") {
      $0.replacing("ext4.ko:", with: "ext4.ko: ../../x.ko")
    },
    Case(modules + "modules.dep", "a script") { _ in "#!/bin/sh\nreboot\n" },
    Case(modules + "modules.alias", "a command") { $0 + "install ext4 /bin/sh\n" },
    Case(modules + "modules.alias", "a module that isn't there") { $0 + "alias ext4 evil\n" },
    Case(modules + "modules.symbols", "another alias") { $0 + "alias ext4 dm_mod\n" },
    Case(modules + "modules.softdep", "a command") { $0 + "install ext4 /bin/sh\n" },
    Case(modules + "modules.softdep", "a parameter") { $0 + "options ext4 x=1\n" },
    Case(modules + "modules.softdep", "a ban") { $0 + "blacklist ext4\n" },
    Case(modules + "modules.softdep", "a line that goes on") { $0 + "# \\\n" },
    Case(modules + "modules.devname", "a device elsewhere") { $0 + "dm_mod ../etc/x c1:1\n" },
    Case(modules + "modules.devname", "another type") { $0 + "dm_mod x p1:1\n" },
    Case(modules + "modules.builtin", "a command") { $0 + "install x /bin/sh\n" },
    Case(modules + "modules.order", "a path from the root") { $0 + "/x.ko\n" },
    Case(modules + "modules.builtin.modinfo", "no end") { String($0.dropLast()) },
    Case(modules + "modules.builtin.modinfo", "no text") { $0 + "reboot\0" },
    Case(modules + "modules.dep.bin", "another path") {
      $0.replacing("fs/ext4/ext4.ko:", with: "fs/ext4/evil.ko:")
    },
    Case(modules + "modules.dep.bin", "another module for a name") {
      $0.replacing("kernel/crypto/xts.ko:", with: "kernel/crypto/ecb.ko:")
    },
    Case(modules + "modules.dep.bin", "another magic") { "x" + $0.dropFirst() },
    Case(modules + "modules.dep.bin", "its end cut off") { String($0.dropLast(20)) },
    Case(modules + "modules.alias.bin", "another module") {
      $0.replacing("aesni_intel\0", with: "aesni_evil_\0")
    },
    Case(modules + "modules.symbols.bin", "another module") {
      $0.replacing("usbcore\0", with: "usbevil\0")
    },
    Case(modules + "modules.builtin.bin", "a value") {
      $0.replacing("\0\0\0\u{1}\0\0\0\0\0", with: "\0\0\0\u{1}\0\0\0\0x")
    },
  ]

  /// Each file's bytes, of the image once read.
  private static let real = Result { () throws -> (ImageListing, [String: [UInt8]]) in
    var texts: [String: [UInt8]] = [:]
    let listing = try ImageListing(image: machine + "/initrd/one.img", keeping: { $1 <= 1 << 20 }) {
      texts[String(decoding: $0.path, as: UTF8.self)] = $0.bytes
    }
    return (listing, texts)
  }

  /// A byte a character, so that a change of a text is one of its bytes.
  private func characters(_ bytes: [UInt8]) -> String {
    String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
  }

  private func bytes(_ characters: String) -> [UInt8] {
    characters.unicodeScalars.map { UInt8($0.value) }
  }

  @Test("by one thing more each is nothing that initramfs-tools writes", arguments: cases)
  func changed(_ change: Case) throws {
    let (listing, texts) = try Self.real.get()
    let version = try String(
      contentsOfFile: Repository.path(".build-boot/version"), encoding: .utf8
    ).split(separator: "\n")[0]
    let path = change.path.replacing("VERSION", with: version)
    let file = GeneratedFile(listing: listing, root: Self.machine + "/system")
    let entry = try #require(listing[Array(path.utf8)])
    let text = try #require(texts[path])
    #expect(file.isOne(entry, text), "as it is")
    let other = bytes(change.change(characters(text)))
    #expect(other != text && !file.isOne(entry, other))
    for mode in [0o755, 0o645, 0o646, 0o664, 0o4644, 0o2644, 0o1644] as [UInt32] {
      let other = ImageListing.Entry(
        path: entry.path, mode: 0o100000 | mode, content: entry.content)
      #expect(!file.isOne(other, text), "\(String(mode, radix: 8))")
    }
  }

  @Test("every byte of a tree or a cache that is cut off makes it no such file")
  func cut() throws {
    let (listing, texts) = try Self.real.get()
    for (path, text) in texts where path.hasSuffix(".bin") || path == "etc/ld.so.cache" {
      let file = GeneratedFile(listing: listing, root: Self.machine + "/system")
      let entry = try #require(listing[Array(path.utf8)])
      #expect(file.isOne(entry, text), "\(path)")
      for count in stride(from: 0, to: text.count, by: max(1, text.count / 200)) {
        // ldconfig's own text at a cache's end is none of ours.
        guard path.hasSuffix(".bin") || count < text.count - 100 else { break }
        #expect(!file.isOne(entry, Array(text[..<count])), "\(path) \(count)")
      }
    }
  }

  @Test(
    "settings count only with this system's own devices and users",
    arguments: [
      ("conf/conf.d/zz-resume-auto", "RESUME=UUID=5\n", true),
      ("conf/conf.d/zz-resume-auto", "RESUME=/dev/mapper/swap\n", true),
      ("conf/conf.d/zz-resume-auto", "RESUME=\n", true),
      ("conf/conf.d/zz-resume-auto", "RESUME=UUID=6\n", false),
      ("conf/conf.d/zz-resume-auto", "RESUME=/dev/sdb1\n", false),
      ("conf/conf.d/zz-resume-auto", "RESUME=UUID=5", false),
      ("conf/conf.d/zz-resume-auto", "RESUME=UUID=5\nBOOT=nfs\n", false),
      ("conf/conf.d/zz-resume-auto", "ROOT=/dev/sda1\n", false),
      ("conf/conf.d/zz-resume-auto", "export RESUME=UUID=5\n", false),
      ("conf/conf.d/root", "ROOT=UUID=1\n", true),
      ("conf/conf.d/root", "ROOT=UUID=5\n", false),
      ("conf/conf.d/root", "ROOT=UUID=1 init=/bin/sh\n", false),
      ("conf/conf.d/other", "RESUME=UUID=5\n", false),
      ("conf/param.conf", "RESUME=UUID=5\n", false),
      ("conf/modules", "kvm nested=1 \ndm_mod \n", true),
      ("conf/modules", "kvm nested=0\n", false),
      ("etc/fstab", "UUID=1 / ext4 defaults 0 1\n", true),
      ("etc/fstab", "UUID=1 / ext4 defaults,suid 0 1\n", false),
      ("etc/passwd", "root:*:0:0::/root-KDDt1RCFNP:/bin/sh\n", true),
      ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", true),
      ("etc/passwd", "root::0:0:root:/root:/bin/sh\n", false),
      ("etc/passwd", "root:$6$x$y:0:0:root:/root:/bin/sh\n", false),
      ("etc/passwd", "root:x:0:0:root:/root:/usr/bin/evil\n", false),
      ("etc/passwd", "root:x:0:0:root:/root-../../..:/bin/sh\n", false),
      ("etc/passwd", "evil:x:0:0:root:/root:/bin/sh\n", false),
      ("etc/group", "root:!:0:\n", true), ("etc/group", "root:!:0:evil\n", false),
      ("etc/nsswitch.conf", "passwd: files\ngroup: files\n", true),
      ("etc/nsswitch.conf", "passwd: files evil\n", false),
    ])
  func settings(_ path: String, _ text: String, _ isOne: Bool) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("etc/initramfs-tools"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    try folder.write(
      "etc/fstab",
      "# <file system>\nUUID=1\t/ ext4 defaults 0 1\nUUID=5 none swap sw 0 0\n"
        + "/dev/mapper/swap none swap sw 0 0\n")
    try folder.write("etc/initramfs-tools/modules", "# here\nkvm nested=1\n")
    let (listing, _) = try Self.real.get()
    let file = GeneratedFile(listing: listing, root: folder.path)
    let entry = ImageListing.Entry(path: Array(path.utf8), mode: 0o100644, content: .file([]))
    #expect(file.isOne(entry, Array(text.utf8)) == isOne)
  }
}
