import Foundation
import TestSupport
import Testing

/// A file of a file system's kind, mounted where BOOT is; gone with this value.
final class MountedBoot {
  let work: Workplace
  private var mounts: [String] = []

  /// - Parameters:
  ///   - kind: as `mkfs` has it.
  ///   - size: in MiB.
  init(_ kind: String, size: Int, options: String = "") throws {
    work = try Workplace()
    try work.provision()
    _ = try work.run("truncate", ["-s", "\(size)M", "boot.img"], expecting: 0)
    _ = try work.run("mkfs." + kind, ["-q", "boot.img"], expecting: 0)
    _ = try work.run("mv", ["BOOT", "small"], expecting: 0)
    _ = try work.run("mkdir", ["BOOT"], expecting: 0)
    try mount("boot.img", at: "BOOT", ["-o", "loop" + options])
    _ = try work.run("cp", ["-a", "small/.", "BOOT"], expecting: 0)
  }

  /// Mounts one more thing.
  func mount(_ source: String, at place: String, _ options: [String]) throws {
    _ = try work.run("mount", options + [source, place], expecting: 0)
    mounts.append(work.folder.path(place))
  }

  deinit { for place in mounts.reversed() { _ = try? Program.run("umount", [place], text: "") } }

  /// The options by which BOOT is mounted.
  func options() throws -> String {
    try work.run("findmnt", ["-n", "-o", "OPTIONS", "BOOT"], expecting: 0).text
  }
}

/// What `latchkey sign` leaves on real file systems, whatever becomes of it.
@Suite("sign on a file system of its own", .serialized)
struct BootFileSystemTests {
  private let sign = ["sign", "--pin-file", "pin", "--boot", "BOOT", "--yes", "--unexplained"]

  @Test(
    "signed, changed, signed again and verified",
    arguments: [("ext4", 8), ("xfs", 300), ("btrfs", 110)])
  func kinds(kind: String, size: Int) throws {
    let boot = try MountedBoot(kind, size: size)
    try boot.work.latchkey(sign + ["--names", "relative"], expecting: 0)
    #expect(try boot.work.verify().status == 0)
    _ = try boot.work.run("umount", ["BOOT"], expecting: 0)
    _ = try boot.work.run("mount", ["-o", "loop", "boot.img", "BOOT"], expecting: 0)
    #expect(try boot.work.verify().status == 0, "after it was mounted anew")
    try boot.work.folder.write("BOOT/initrd.img-6.1", "another initrd")
    #expect(try boot.work.verify().status == 1)
    try boot.work.latchkey(sign, expecting: 0)
    #expect(try boot.work.verify().status == 0)
  }

  @Test(
    "mounted read-only: writable while it is written to, and read-only again, also after a failure")
  func readOnly() throws {
    let boot = try MountedBoot("ext4", size: 8)
    _ = try boot.work.run("mount", ["-o", "remount,ro", "BOOT"], expecting: 0)
    let result = try boot.work.latchkey(sign, expecting: 0)
    #expect(result.errorText.contains("is writable while it is written to"))
    #expect(result.errorText.contains("is mounted read-only again"))
    #expect(try boot.options().hasPrefix("ro"))
    #expect(try boot.work.verify().status == 0)

    // A failure in between: no room.
    _ = try boot.work.run("mount", ["-o", "remount,rw", "BOOT"], expecting: 0)
    _ = try boot.work.run("sh", ["-c", "cat /dev/zero >BOOT/fill 2>error || true"], expecting: 0)
    _ = try boot.work.run("mount", ["-o", "remount,ro", "BOOT"], expecting: 0)
    let full = try boot.work.latchkey(sign)
    expect(full, 5, ["is full", "The old set is as it was", "is mounted read-only again"])
    #expect(try boot.options().hasPrefix("ro"))
    #expect(try boot.work.verify().text.contains("1 difference"))
    #expect(try !boot.work.names().contains { $0.hasSuffix(".new") })
  }

  @Test("a read-only bind mount is made writable, and the file system beneath it left alone")
  func bound() throws {
    let boot = try MountedBoot("ext4", size: 8)
    _ = try boot.work.run("mkdir", ["OTHER"], expecting: 0)
    try boot.mount("BOOT", at: "OTHER", ["--bind"])
    _ = try boot.work.run("mount", ["-o", "remount,bind,ro", "BOOT"], expecting: 0)
    try boot.work.latchkey(sign, expecting: 0)
    #expect(try boot.options().hasPrefix("ro"))
    _ = try boot.work.run(
      "sh", ["-c", "rm OTHER/kexec_latchkey.txt && touch OTHER/x"], expecting: 0)
  }

  @Test("with another file system mounted beneath, which may be read-only: hashed as Heads does")
  func beneath() throws {
    let boot = try MountedBoot("ext4", size: 8)
    _ = try boot.work.run(
      "sh", ["-c", "truncate -s 4M efi.img && mkfs.ext4 -q efi.img && mkdir -p BOOT/efi"],
      expecting: 0)
    try boot.mount("efi.img", at: "BOOT/efi", ["-o", "loop"])
    try boot.work.folder.write("BOOT/efi/grubx64.efi", "a loader")
    _ = try boot.work.run("mount", ["-o", "remount,ro", "BOOT/efi"], expecting: 0)
    try boot.work.latchkey(sign, expecting: 0)
    #expect(try boot.work.verify().status == 0)
    let heads = """
      cd BOOT && sha256sum -c --quiet kexec_hashes.txt &&
      find ./ ! -path './kexec*' -print0 | LC_ALL=C sort -z | cmp - kexec_tree.txt &&
      grep -q 'efi/grubx64.efi' kexec_hashes.txt
      """
    _ = try boot.work.run("sh", ["-c", heads], expecting: 0)
  }

  @Test("on a really full disk: named, and the old set as it was")
  func full() throws {
    let boot = try MountedBoot("ext4", size: 2)
    try boot.work.latchkey(sign, expecting: 0)
    try boot.work.folder.write("BOOT/initrd.img-6.1", "another initrd")
    _ = try boot.work.run(
      "sh",
      [
        "-c",
        "for i in 1 2 3; do dd if=/dev/zero bs=1k >>BOOT/kexec_fill 2>error; sync; done; true",
      ], expecting: 0)
    expect(try boot.work.latchkey(sign), 5, ["is full", "The old set is as it was"])
    #expect(try !boot.work.names().contains { $0.hasSuffix(".new") })
    _ = try boot.work.run("rm", ["BOOT/kexec_fill"], expecting: 0)
    #expect(try boot.work.verify().text.contains("1 difference"))
    try boot.work.latchkey(sign, expecting: 0)
    #expect(try boot.work.verify().status == 0)
  }

  @Test(
    "cut at every system call that writes: the old set, the new one, or all of it; a PIN ends it")
  func cuts() throws {
    let boot = try MountedBoot("ext4", size: 8)
    try expectCuts(
      Program.run(
        Repository.path("scripts/cut-signing"),
        [products, boot.work.folder.path, boot.work.folder.path("BOOT")]
          + ["signal=KILL", "error=ENOSPC", "error=EIO"], text: "", timeout: 2400), atLeast: 100)
  }

  @Test("the same on FAT, with its own driver, where no modes and no links are")
  func cutsOnFAT() throws {
    let work = try Workplace()
    try work.provision()
    try expectCuts(
      Program.run(
        Repository.path("scripts/with-fat"),
        [
          // The program as it is released: under emulation it takes a third of the time.
          work.folder.path, Repository.path("scripts/cut-signing"),
          Repository.path(".build/release"), ".", "fat", "signal=KILL",
        ], text: "", timeout: 1800), atLeast: 40)
  }

  @Test(
    "FAT mounted with another umask, in other letters, or beneath an ext4: no false alarm; full: named"
  )
  func fat() throws {
    let work = try Workplace()
    try work.provision()
    try work.folder.write("in-guest", Self.inGuest)
    let result = try Program.run(
      Repository.path("scripts/with-fat"),
      [work.folder.path, "bash", "-eux", "in-guest", Repository.product("latchkey")], text: "")
    #expect(result.status == 0, "\(result.text)\(result.errorText)")
  }

  /// What runs where FAT is mounted.
  private static let inGuest = """
    exec 2>&1
    latchkey() { "$program" "$@" --virtual-card dongle.card --sysroot system; }
    program=$1
    cp -r BOOT/efi BOOT/grub BOOT/vmlinuz-6.1 BOOT/initrd.img-6.1 fat/
    latchkey sign --pin-file pin --boot fat --names relative --yes
    latchkey verify --boot fat
    for options in umask=0022 umask=0077,shortname=winnt ro,fmask=0133,dmask=0022 uid=1000,quiet; do
      umount fat
      mount -t vfat -o "$options" /dev/vda fat
      latchkey verify --boot fat
    done
    umount fat
    mount -t vfat -o ro /dev/vda fat
    latchkey sign --pin-file pin --boot fat --yes | tee said
    grep -w fat /proc/mounts | grep -w ro
    mkdir ext4 && mount -t tmpfs tmpfs ext4 && cp -a BOOT/. ext4/
    mount -t vfat -o ro /dev/vda ext4/efi
    latchkey sign --pin-file pin --boot ext4 --names relative --yes
    latchkey verify --boot ext4
    umount ext4/efi
    mount -o remount,rw fat
    echo more >>fat/initrd.img-6.1
    head -c 100M /dev/zero >fat/kexec_fill || true
    ! latchkey sign --pin-file pin --boot fat --yes --unexplained
    ! ls fat/*.new
    rm fat/kexec_fill
    latchkey verify --boot fat | tee said || true
    grep '1 difference' said
    latchkey sign --pin-file pin --boot fat --yes --unexplained
    latchkey verify --boot fat
    """

  private var products: String {
    URL(fileURLWithPath: Repository.product("latchkey")).deletingLastPathComponent().path
  }

  private func expectCuts(_ result: Program, atLeast count: Int) {
    #expect(result.status == 0, "\(result.text)\(result.errorText)")
    let line = result.text.split(separator: "\n").last { $0.contains(" cuts left: ") }
    let number = line?.split(separator: " ").first.flatMap { Int($0) }
    #expect((number ?? 0) >= count, "\(result.text)\(result.errorText)")
    print("signing: \(line ?? "")")
  }
}

extension Workplace {
  /// The names at the top of BOOT.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path("BOOT"))
  }
}
