import BootManifest
import Foundation
import Glibc
import Testing

@Suite("Looking at /boot and hashing it")
struct ScanTests {
  @Test("one look tells every type, as find does, mount points and lost+found included")
  func types() throws {
    let boot = try TestBoot()
    try run(
      """
      set -e; cd "$1"; mkfifo pipe; mkdir -m 700 lost+found
      python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
      """, boot.path
    ).succeed()
    let scan = try boot.opened().scan()
    let found = try run(
      "cd \"$1\" && find ./ -printf '%p %y\\n' | sort", boot.path
    ).succeed()
    let expected = String(decoding: found.output, as: UTF8.self).split(separator: "\n")
    #expect(scan.entries.count == expected.count)
    let own = scan.entries.map {
      "\(EscapedName($0.path)) \(Character(UnicodeScalar($0.type.rawValue)))"
    }
    #expect(own.sorted() == expected.map(String.init).sorted())
    let link = try #require(scan.entries.first { $0.path == Array("./vmlinuz".utf8) })
    #expect(link.target == Array("vmlinuz-6.1".utf8) && link.mode == nil)
    let lost = try #require(scan.entries.first { $0.path == Array("./lost+found".utf8) })
    #expect(lost.mode == 0o700)
    #expect(scan.listed.count == scan.entries.count - 1)
  }

  @Test("the order is that of the paths' bytes, in which `a-b` comes before what is in `a`")
  func order() throws {
    let boot = try TestBoot(empty: true)
    let names = [
      "a/x", "a/b/x", "a/b-/x", "a/b-/y/z", "a-/x", "a-b-c", "a-b/x", "a.d/x", "a0", "b",
    ]
    for name in names { try boot.write(name, name) }
    let scan = try boot.opened().scan()
    let found = try run("cd \"$1\" && find ./ -print0 | LC_ALL=C sort -z", boot.path).succeed()
    #expect(
      scan.entries.map { String(decoding: $0.path, as: UTF8.self) }
        == found.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    let hashed = try boot.opened().hash(scan)
    for name in names { #expect(hashed.digest(of: "./" + name) != nil) }
    #expect(hashed.digest(of: "./a") == nil && hashed.digest(of: "./a-b") == nil)
  }

  @Test("another file system mounted below is part of it", .enabled(if: canMount))
  func mounts() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try run("mkdir \"$1/efi\" && mount -t tmpfs tmpfs \"$1/efi\"", boot.path).succeed()
    defer { _ = try? run("umount \"$1/efi\"", boot.path) }
    try boot.write("efi/EFI/grubx64.efi", "an EFI program")
    try boot.sign(by: signer)
    #expect(try boot.verify(by: signer).holds)
    #expect(try Heads.accepts(boot, keyring: Heads.keyring(signer, in: boot), .relative))
    try boot.write("efi/EFI/grubx64.efi", "an evil program")
    #expect(try !boot.verify(by: signer).holds)
  }

  @Test("the hashes are sha256sum's, on files of every size around a buffer's")
  func hashes() throws {
    let boot = try TestBoot(empty: true)
    for size in [0, 1, 262_143, 262_144, 262_145, 1_000_000] {
      try boot.write("size-\(size)", (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    }
    try boot.sign(by: TestSigner())
    try run("cd \"$1\" && sha256sum --quiet -c kexec_hashes.txt", boot.path).succeed()
  }

  @Test(
    "a file that isn't what was looked at any more is not hashed",
    arguments: [
      "printf X >>vmlinuz-6.1", "cp -p vmlinuz-6.1 x && mv x vmlinuz-6.1",
      "mv vmlinuz-6.1 .. && ln -s ../vmlinuz-6.1 vmlinuz-6.1",
      "rm vmlinuz-6.1 && mkfifo vmlinuz-6.1",
      "rm vmlinuz-6.1", "rm vmlinuz-6.1 && mkdir vmlinuz-6.1", "touch vmlinuz-6.1",
      "chmod 600 vmlinuz-6.1",
    ])
  func changedSince(script: String) throws {
    let boot = try TestBoot()
    let folder = try boot.opened()
    let scan = try folder.scan()
    try run("cd \"$1\" && " + script, boot.path).succeed()
    #expect(throws: BootError.changedMeanwhile(EscapedName("./vmlinuz-6.1"))) {
      try folder.hash(scan)
    }
  }

  @Test("a folder that became a link elsewhere is not entered")
  func folderSwapped() throws {
    let boot = try TestBoot()
    let folder = try boot.opened()
    let scan = try folder.scan()
    try run("cd \"$1\" && mv grub ../grub && ln -s ../grub grub", boot.path).succeed()
    #expect(throws: BootError.changedMeanwhile(EscapedName("./grub/grub.cfg"))) {
      try folder.hash(scan)
    }
  }

  @Test("verifying opens each file once: nothing is read again after it was checked")
  func opensOnce() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try boot.sign(by: signer)
    let watch = inotify_init1(Int32(IN_NONBLOCK))
    #expect(watch >= 0)
    defer { close(watch) }
    var names: [Int32: String] = [:]
    for name in try boot.names + ["grub/grub.cfg"] where name != "grub" {
      let file = boot.path + "/" + name
      let number = unsafe inotify_add_watch(watch, file, UInt32(IN_OPEN) | UInt32(IN_DONT_FOLLOW))
      #expect(number >= 0)
      names[number] = name
    }
    #expect(try boot.verify(by: signer).holds)
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = unsafe read(watch, &buffer, buffer.count)
    var opened: [String] = []
    var place = 0
    while place + 16 <= count {
      let number = Int32(bytes: buffer[place..<place + 4])
      opened.append(names[number] ?? "?")
      place += 16 + Int(Int32(bytes: buffer[place + 12..<place + 16]))
    }
    #expect(
      opened.sorted() == [
        "grub/grub.cfg", "initrd.img-6.1", "kexec.sig", "kexec_hashes.txt", "kexec_latchkey.txt",
        "kexec_rollback.txt", "kexec_tree.txt", "vmlinuz-6.1",
      ])
  }

  @Test("folders within folders without end are refused")
  func depth() throws {
    let boot = try TestBoot()
    try run(
      "cd \"$1\" && for i in {1..80}; do mkdir d && cd d; done", boot.path
    ).succeed()
    #expect {
      try boot.opened().scan()
    } throws: { error in
      if case .beyondLimit? = error as? BootError { true } else { false }
    }
  }
}

extension Int32 {
  fileprivate init(bytes: ArraySlice<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | Int32($1) }
  }
}
