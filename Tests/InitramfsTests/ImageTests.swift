import Foundation
import TestSupport
import Testing

@Suite("latchkey initramfs check")
struct ImageTests {
  private func check(_ image: String, _ sysroot: String, _ options: String...) throws -> Program {
    try Program.run(
      Repository.product("latchkey"),
      ["initramfs", "check", "--sysroot", sysroot, image] + options)
  }

  @Test(
    "an image that Debian's mkinitramfs made with our hook opens, by both dongles",
    arguments: [("one", 1), ("two", 2), ("luks1", 1), ("lvm", 1)])
  func whole(name: String, volumes: Int) throws {
    let checked = try check(Made.image(name), Made.sysroot(name))
    #expect(checked.status == 0, "\(checked.text)\(checked.errorText)")
    #expect(checked.text.components(separatedBy: ": opens\n").count == volumes + 1)
    #expect(checked.text.components(separatedBy: "Nitrokey 000F:00000A01").count == volumes + 1)
    #expect(checked.text.components(separatedBy: "Yubico 0006:00000B02").count == volumes + 1)
    #expect(checked.text.contains("made by initramfs-tools"))
  }

  @Test("--json says the same")
  func json() throws {
    struct Document: Decodable {
      struct Result: Decodable {
        let opens: Bool
        let maker: String
        let kernels: [String]
        let volumes: [Volume]
        let faults: [String]
      }
      struct Volume: Decodable {
        let name: String
        let uuid: String
        let dongles: [Dongle]
      }
      struct Dongle: Decodable { let serial: String }
      let result: Result
    }
    let checked = try check(Made.image("one"), Made.sysroot("one"), "--json")
    let result = try JSONDecoder().decode(Document.self, from: Data(checked.output)).result
    #expect(result.opens && result.faults.isEmpty && result.maker == "initramfs-tools")
    #expect(result.kernels.count == 1)
    #expect(result.volumes.map(\.uuid) == [Made.uuid] && result.volumes[0].name == "cryptroot")
    #expect(result.volumes[0].dongles.map(\.serial) == ["000F:00000A01", "0006:00000B02"])
  }

  @Test(
    "every compression, and microcode in front, is seen through",
    arguments: [
      ("cat", false), ("gzip -1", false), ("gzip -1", true), ("zstd -1 -q", true),
      ("xz -0 --check=crc32", true), ("lz4 -l -q", true), ("bzip2 -1", false), ("lzop -1", false),
    ])
  func compressions(program: String, early: Bool) throws {
    let unpacked = try Unpacked("one")
    // The modules are most of it.
    let checked = try unpacked.check(try unpacked.pack(program, early: early))
    #expect(checked.status == 0, "\(program): \(checked.text)\(checked.errorText)")
  }

  @Test(
    "zeros behind the compressed part are no damage",
    arguments: ["gzip -1", "zstd -1 -q", "xz -0 --check=crc32"])
  func padded(program: String) throws {
    let unpacked = try Unpacked("one")
    let image = try unpacked.pack(program)
    try unpacked.run("head -c 509 /dev/zero >>\"$0/image\"")
    let checked = try unpacked.check(image)
    #expect(checked.status == 0, "\(program): \(checked.errorText)")
  }

  /// What is done to an image, and what is said of it.
  static let damages: [(String, String)] = [
    ("rm usr/lib/latchkey/latchkey-unlock", "latchkey-unlock is not in it"),
    ("chmod -x usr/lib/latchkey/latchkey-unlock", "latchkey-unlock can't be run in it"),
    ("rm usr/lib/latchkey/functions", "/usr/lib/latchkey/functions is not in it"),
    ("rm usr/sbin/pcscd", "pcscd is not in it"),
    ("find . -name libccid.so -delete", "libccid is not in it"),
    ("find . -name 'libccid_Info.plist' -delete", "libccid's Info.plist is not in it"),
    ("find . -name 'libgcc_s*' -delete", "libgcc_s, without which pcscd aborts, is not in it"),
    ("find . -name 'libpcsclite.so.1.*' -delete", "libpcsclite.so.* is not in it"),
    ("rm scripts/local-top/latchkey", "scripts/local-top/latchkey is not in it"),
    (
      "sed -i -n 'h;/latchkey/!p;${x;a /scripts/local-top/latchkey\n}' scripts/local-top/ORDER",
      "scripts/local-top/latchkey runs after scripts/local-top/cryptroot"
    ),
    (
      "sed -i -n '/latchkey/!p;$a /scripts/local-block/00-latchkey' scripts/local-block/ORDER",
      "scripts/local-block/00-latchkey runs after scripts/local-block/cryptroot"
    ),
    ("find . -name 'dm-crypt.ko*' -delete", "the kernel module dm_crypt is not in it"),
    ("find . -name 'algif_skcipher.ko*' -delete", "the kernel module algif_skcipher is not in it"),
    (
      "find . -path '*/usb/host/*' -name '*.ko*' -delete; find . -name 'dwc*.ko*' -delete",
      "no driver for a USB controller is in it"
    ),
    ("rm etc/latchkey/1*/record", "there is no record"),
    ("rm etc/latchkey/1*/key.pgp", "there is no key.pgp"),
    ("rm -r etc/latchkey", "no enrolled volume is in it"),
    ("chmod g+w etc/latchkey/1*", "others than root can write the record"),
    ("echo >>etc/latchkey/1*/key.pgp; true", "key.pgp is not the one that was recorded"),
    (": >etc/latchkey/1*/record", "the record is damaged"),
    (": >cryptroot/crypttab", "the image's crypttab doesn't name the volume"),
    (
      "mv etc/latchkey/1* etc/latchkey/22222222-2222-4222-8222-222222222222; "
        + "sed -i 's/ 1[-14811]* / 22222222-2222-4222-8222-222222222222 /' etc/latchkey/volumes",
      "the record is another volume's"
    ),
    (
      "for f in \"$0\"/sysroot/etc/latchkey/1*/record; do printf x >>\"$f\"; done",
      "the record in it is older than the one on this system"
    ),
    (
      "rm -r \"$0\"/sysroot/etc/latchkey/1*", "the volume isn't enrolled on this system any more"
    ),
  ]

  @Test("what keeps an image from opening is said by name", arguments: damages.indices)
  func damaged(index: Int) throws {
    let (script, said) = Self.damages[index]
    let unpacked = try Unpacked("one")
    try unpacked.run(
      script.replacingOccurrences(of: ">>etc/latchkey/1*/", with: ">>\"$(echo etc/latchkey/1*)\"/")
        .replacingOccurrences(of: ": >etc/latchkey/1*/", with: ": >\"$(echo etc/latchkey/1*)\"/"))
    let checked = try unpacked.check(try unpacked.pack())
    #expect(checked.status == 1, "\(script)")
    #expect(checked.text.contains(said), "\(script):\n\(checked.text)")
    #expect(checked.errorText.contains("Until then the passphrase opens the volumes."))
  }

  @Test("an enrolled volume that isn't in the image is a note: it may be opened later")
  func leftOut() throws {
    let unpacked = try Unpacked("one")
    try unpacked.run(
      """
      cp -a "$0"/sysroot/etc/latchkey/1* \
        "$0"/sysroot/etc/latchkey/99999999-9999-4999-8999-999999999999
      """)
    let checked = try unpacked.check(try unpacked.pack())
    #expect(checked.status == 0)
    #expect(checked.text.contains("note: the enrolled volume 99999999-"), "\(checked.text)")
  }

  @Test("an image that is cut or isn't one is refused, with what to do")
  func refused() throws {
    let unpacked = try Unpacked("one")
    let image = try unpacked.pack("zstd -1 -q")
    try unpacked.run("truncate -s -1000 \"$0/image\"")
    let cut = try unpacked.check(image)
    #expect(
      cut.status == 1 && cut.errorText.contains("that is cut, or compressed by zstd"),
      "\(cut.errorText)")
    #expect(cut.errorText.contains("update-initramfs -u"))

    try unpacked.run("echo 'no image' >\"$0/image\"")
    let none = try unpacked.check(image)
    #expect(none.status == 1 && none.errorText.contains("is no initramfs image"))

    try unpacked.run(
      "echo hello | cpio --quiet -o -H newc </dev/null >\"$0/image\"; head -c 64 /dev/urandom | tr '\\0' x >>\"$0/image\""
    )
    #expect(try unpacked.check(image).status == 1)

    let missing = try unpacked.check(unpacked.folder.path("nothing"))
    #expect(missing.status == 5 && missing.errorText.contains("can't be read"))
  }

  @Test("without a name the newest image below the sysroot's /boot is taken")
  func newest() throws {
    let unpacked = try Unpacked("one")
    let image = try unpacked.pack()
    try unpacked.run(
      """
      mkdir -p "$0/sysroot/boot"; cp "$1" "$0/sysroot/boot/initrd.img-6.1.0-9"
      echo old >"$0/sysroot/boot/initrd.img-6.1.0-10"
      touch -d '2020-01-01' "$0/sysroot/boot/initrd.img-6.1.0-10"
      """, image)
    let checked = try Program.run(
      Repository.product("latchkey"), ["initramfs", "check", "--sysroot", unpacked.sysroot])
    #expect(checked.status == 0, "\(checked.errorText)")
    #expect(checked.text.contains("/boot/initrd.img-6.1.0-9, made by"))
  }
}
