import Foundation
import TestSupport
import Testing

/// Something done to a signed /boot, what Heads makes of it, and what `latchkey changes` says.
private struct Change {
  let name: String
  let script: String
  /// Whether each part of it has a cause.
  let isExplained: Bool
  /// Words that `latchkey changes` must say.
  let says: [String]

  init(_ name: String, _ script: String, explained: Bool, _ says: String...) {
    self.name = name
    self.script = script
    isExplained = explained
    self.says = says
  }

  static let all = [
    // Boot entries
    Change(
      "a word added to an entry's command line", "sed -i 's/quiet/quiet init=\\/bin\\/sh/' $cfg",
      explained: false, "entry      'Debian'", "command line: + init=/bin/sh (!)"),
    Change(
      "a word added that /etc/default/grub has", "sed -i 's/quiet/quiet splash/' $cfg",
      explained: true, "command line: + splash"),
    Change(
      "a word taken away that /etc/default/grub has", "sed -i 's/ module.sig_enforce=1//' $cfg",
      explained: false, "command line: - module.sig_enforce=1 (!)"),
    Change(
      "another root", "sed -i 's/root=UUID=1/root=UUID=2/' $cfg", explained: false,
      "+ root=UUID=2 (!), - root=UUID=1 (!)"),
    Change(
      "an entry that boots another kernel that is there",
      "sed -i 's/vmlinuz-6.1/vmlinuz-6.0/' $cfg",
      explained: false, "kernel /vmlinuz-6.1 is now /vmlinuz-6.0 (!)"),
    Change(
      "an upgrade: another kernel and another image in an entry",
      "mv BOOT/initrd.img-6.1 BOOT/initrd.img-6.2; (cd BOOT; sha1sum initrd.img-6.2) "
        + ">system/var/lib/initramfs-tools/6.2; sed -i 's/initrd.img-6.1/initrd.img-6.2/' $cfg; "
        + "printf '2026-01-01 00:00:00 remove linux-image-6.1:all 6.1 <none>\n' "
        + "| gzip -c >system/var/log/dpkg.log.2.gz",
      explained: true, "linux-image-6.1 was removed on 2026-01-01",
      "initrd /initrd.img-6.1 is now /initrd.img-6.2"),
    Change(
      "an entry added that opens a shell",
      "printf \"menuentry 'X' {\\nlinux /vmlinuz-6.1 rdinit=/bin/sh\\n}\\n\" >>$cfg",
      explained: false, "entry      'X' added", "+ rdinit=/bin/sh (!)"),
    Change(
      "an entry added whose title has a command",
      "printf 'menuentry \"$(reboot)\" {\\nlinux /vmlinuz-6.1\\n}\\n' >>$cfg", explained: false,
      "Heads would run a part of it"),
    Change(
      "an entry taken away", "sed -i '/recovery/,$d' $cfg", explained: true,
      "'Debian, recovery' deleted"),
    // Inside an initramfs that update-initramfs itself recorded
    Change(
      "initramfs: a file as its upgraded package ships it", "echo tool 2 >T/usr/bin/tool; image",
      explained: true, "made by update-initramfs", "usr/bin/tool changed: as tools 2.0"),
    Change(
      "initramfs: a program changed", "echo evil >T/usr/bin/tool; image", explained: false,
      "! usr/bin/tool changed: NOT as tools 2.0"),
    Change(
      "initramfs: a program added", "echo evil >T/usr/bin/evil; image", explained: false,
      "! usr/bin/evil added: nothing that this system knows of explains it"),
    Change(
      "initramfs: the init changed", "echo evil >>T/init; image", explained: false,
      "! init changed: NOT as initramfs-tools-core"),
    Change(
      "initramfs: a command in a list of scripts",
      "echo 'reboot' >>T/scripts/init-top/ORDER; image", explained: false,
      "! scripts/init-top/ORDER changed"),
    Change(
      "initramfs: a script added to its list",
      "echo '/scripts/init-top/udev \"$@\"' >>T/scripts/init-top/ORDER; image", explained: true,
      "scripts/init-top/ORDER changed: initramfs-tools writes it"),
    Change(
      "initramfs: a link to a program pointed elsewhere", "ln -sf ../evil T/usr/bin/sh; image",
      explained: false, "! usr/bin/sh: tool is now ../evil"),
    Change(
      "initramfs: a mode changed", "chmod 4755 T/usr/bin/tool; image", explained: false,
      "! usr/bin/tool: 755 is now 4755"),
    Change(
      "initramfs: a file taken away", "rm T/etc/motd; image", explained: true,
      "etc/motd deleted"),
    Change(
      "initramfs: an archive put in front",
      "(cd T2 && pack) >a; cat BOOT/initrd.img-6.1 >>a; "
        + "cat a >BOOT/initrd.img-6.1; record", explained: false,
      "! usr/bin/evil added"),
    Change(
      "initramfs: not the one that update-initramfs made", "echo x >>BOOT/initrd.img-6.1",
      explained: false, "NOT what update-initramfs made for 6.1"),
    Change(
      "initramfs: microcode of what its package ships",
      "{ update 2; update 1; } >T/kernel/x86/microcode/GenuineIntel.bin; image", explained: true,
      "kernel/x86/microcode/GenuineIntel.bin changed: as intel-microcode 2.0"),
    Change(
      "initramfs: microcode of elsewhere",
      "{ update 2; update 3; } >T/kernel/x86/microcode/GenuineIntel.bin; image", explained: false,
      "! kernel/x86/microcode/GenuineIntel.bin changed: nothing"),
    // What installers copy
    Change(
      "a module of GRUB's as its package ships it",
      "echo module 2 >BOOT/grub/x86_64-efi/boot.mod", explained: true,
      "a copy of /usr/lib/grub/x86_64-efi/boot.mod of grub-efi-amd64-bin 2.0"),
    Change(
      "a module of GRUB's changed", "echo evil >BOOT/grub/x86_64-efi/boot.mod", explained: false,
      "NOT as grub-efi-amd64-bin 2.0"),
    Change(
      "GRUB's font as its package ships it", "echo font 2 >BOOT/grub/fonts/unicode.pf2",
      explained: true, "a copy of /usr/share/grub/unicode.pf2 of grub-common"),
    Change(
      "the EFI partition's shim as its package ships it",
      "echo shim 2 >BOOT/efi/EFI/debian/shimx64.efi", explained: true,
      "a copy of /usr/lib/shim/shimx64.efi.signed of shim-signed"),
    Change(
      "the EFI partition's shim changed", "echo evil >BOOT/efi/EFI/debian/shimx64.efi",
      explained: false, "NOT as shim-signed"),
    Change(
      "a program added to the EFI partition", "echo evil >BOOT/efi/EFI/debian/evil.efi",
      explained: false, "nothing that this system knows of explains it"),
    Change(
      "GRUB's note of the last entry", "environment saved_entry=1", explained: true,
      "GRUB's environment: saved_entry '0' is now '1'"),
    Change(
      "a variable in GRUB's environment that kernels get", "environment kernelopts=init=/bin/sh",
      explained: false, "+ kernelopts='init=/bin/sh' (!)"),
    Change(
      "GRUB's environment in another form", "echo x >BOOT/grub/grubenv", explained: false,
      "nothing that this system knows of explains it"),
  ]
}

@Suite("changes: each that was tried, said in words")
struct ChangeTableTests {
  /// What the scripts of the rows may call.
  private static let functions = """
    set -e -o pipefail
    export LC_ALL=C
    cfg=BOOT/grub/grub.cfg
    pack() { find . | sort | cpio --quiet -o -H newc --reproducible; }
    record() {
      (cd BOOT && sha1sum initrd.img-6.1) >system/var/lib/initramfs-tools/6.1
    }
    image() { (cd T && pack) | zstd -q -1 >BOOT/initrd.img-6.1; record; }
    environment() {
      { printf '# GRUB Environment Block\\n'; printf '%s\\n' "$@"; head -c 1024 /dev/zero | tr '\\0' '#'; } |
        head -c 1024 >BOOT/grub/grubenv
    }
    update() { # Intel's header, of 48 bytes of data, and what makes it differ
      printf '\\1\\0\\0\\0%024d\\60\\0\\0\\0\\140\\0\\0\\0%012d%048d' 0 0 "$1"
    }
    package() { # name version path content
      info=system/var/lib/dpkg/info/$1
      printf '/.\\n/%s\\n' "$3" >>$info.list
      printf '%s  %s\\n' "$(echo "$4" | md5sum | cut -d' ' -f1)" "$3" >>$info.md5sums
      printf 'Package: %s\\nVersion: %s\\n\\n' "$1" "$2" >>system/var/lib/dpkg/status
    }

    """

  private static let setup = """
    mkdir -p system/var/log system/var/lib/dpkg/info system/var/lib/initramfs-tools system/etc/default T/usr/bin \
      T/scripts/init-top T/etc T2/usr/bin BOOT/grub/x86_64-efi BOOT/grub/fonts BOOT/efi/EFI/debian
    package tools 2.0 usr/bin/tool 'tool 2'
    package grub-efi-amd64-bin 2.0 usr/lib/grub/x86_64-efi/boot.mod 'module 2'
    package grub-common 2.0 usr/share/grub/unicode.pf2 'font 2'
    package shim-signed 2.0 usr/lib/shim/shimx64.efi.signed 'shim 2'
    package initramfs-tools-core 2.0 usr/share/initramfs-tools/init 'init'
    echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash module.sig_enforce=1"' >system/etc/default/grub
    mkdir -p T/kernel/x86/microcode system/usr/lib/firmware/intel-ucode
    { update 1; update 2; } >system/usr/lib/firmware/intel-ucode/06-03-02
    package intel-microcode 2.0 lib/firmware/intel-ucode/06-03-02 "$(echo)"
    (cd system/usr && md5sum lib/firmware/intel-ucode/06-03-02) \
      >system/var/lib/dpkg/info/intel-microcode.md5sums
    update 1 >T/kernel/x86/microcode/GenuineIntel.bin
    echo init >T/init; echo tool 1 >T/usr/bin/tool; chmod 755 T/usr/bin/tool
    ln -s tool T/usr/bin/sh; ln -s usr/bin T/bin; echo hello >T/etc/motd; echo evil >T2/usr/bin/evil
    printf '/scripts/init-top/all "$@"\\n[ -e /conf/param.conf ] && . /conf/param.conf\\n' \
      >T/scripts/init-top/ORDER
    rm BOOT/initrd.img-6.1
    image
    echo kernel >BOOT/vmlinuz-6.0
    echo module 1 >BOOT/grub/x86_64-efi/boot.mod; echo font 1 >BOOT/grub/fonts/unicode.pf2
    echo shim 1 >BOOT/efi/EFI/debian/shimx64.efi
    environment saved_entry=0
    cat >$cfg <<'END'
    # It is automatically generated by grub-mkconfig using templates
    menuentry 'Debian' {
    linux /vmlinuz-6.1 root=UUID=1 ro quiet module.sig_enforce=1
    initrd /initrd.img-6.1
    }
    menuentry 'Debian, recovery' {
    linux /vmlinuz-6.1 root=UUID=1 ro single module.sig_enforce=1
    initrd /initrd.img-6.1
    }
    END
    """

  /// Heads' own rules, by the shell, as of 2026-03-31.
  private static let heads = """
    gpg --quiet --dearmor <ada.asc >ada.gpg 2>/dev/null || true
    cd BOOT
    sha256sum kexec*.txt >../signed
    gpgv --quiet --keyring ../ada.gpg kexec.sig ../signed
    sha256sum --quiet -c kexec_hashes.txt
    find ./ ! -path './kexec*' -print0 | sort -z >../tree
    cmp -s ../tree kexec_tree.txt
    """

  private func shell(_ work: Workplace, _ script: String) throws -> Program {
    try work.run("bash", ["-c", Self.functions + script])
  }

  private func signed() throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    let made = try shell(work, Self.setup)
    #expect(made.status == 0, "\(made.errorText)")
    try work.sign()
    let saved = try shell(work, "mkdir OLD; cp -a BOOT T system/var/lib/initramfs-tools OLD/")
    #expect(saved.status == 0, "\(saved.errorText)")
    return work
  }

  @Test("the table in docs/changes.md is what happens")
  func table() throws {
    let work = try signed()
    let page = try String(contentsOfFile: Repository.path("docs/changes.md"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    #expect(try shell(work, Self.heads).status == 0)
    for change in Change.all {
      let made = try shell(work, change.script)
      #expect(made.status == 0, "\(change.name): \(made.errorText)")
      let heads = try shell(work, Self.heads).status != 0
      let verified = try work.latchkey(["verify", "--boot", "BOOT"]).status != 0
      let result = try work.latchkey(["changes", "--boot", "BOOT"])
      #expect(verified, "\(change.name)")
      #expect(
        result.status == (change.isExplained ? 0 : 1),
        "\(change.name): \(result.text)\(result.errorText)")
      for words in change.says {
        #expect(result.text.contains(words), "\(change.name): \(result.text)")
      }
      let row =
        "| \(change.name) | \(heads ? "yes" : "-") | \(verified ? "yes" : "-") | "
        + "\(change.isExplained ? "explained" : "**unexplained**") | `\(change.says[change.says.count - 1])` |"
      #expect(page.contains(row), "docs/changes.md should say: \(row)")
      _ = try work.run(
        "sh",
        [
          "-c",
          "rm -rf BOOT T && cp -a OLD/BOOT OLD/T . && cp -a OLD/initramfs-tools system/var/lib/",
        ], expecting: 0)
    }
  }

  @Test("--json has the words of a command line and the files of an image")
  func json() throws {
    struct Document: Decodable {
      struct Report: Decodable {
        let unexplained: Int
        let entriesCompared: Bool
        let entries: [Entry]
        let changes: [Difference]
      }
      struct Entry: Decodable {
        let name: String
        let added: [Word]
      }
      struct Word: Decodable {
        let word: String
        let isExplained: Bool
        let isGrave: Bool
      }
      struct Difference: Decodable {
        let isExplained: Bool
        let cause: String
        let image: Image?
      }
      struct Image: Decodable {
        let isCompared: Bool
        let files: [File]
      }
      struct File: Decodable {
        let path: String
        let kind: String
        let cause: String
      }
      let result: Report
    }
    let work = try signed()
    let made = try shell(
      work, "sed -i 's/quiet/quiet rd.break/' $cfg; echo evil >T/usr/bin/evil; image")
    #expect(made.status == 0, "\(made.errorText)")
    let output = try work.latchkey(["changes", "--boot", "BOOT", "--json"])
    let report = try JSONDecoder().decode(Document.self, from: Data(output.output)).result
    #expect(report.entriesCompared && report.unexplained == 2)
    let word = try #require(report.entries.first?.added.first)
    #expect(word.word == "rd.break" && word.isGrave && !word.isExplained)
    let image = try #require(report.changes.first)
    #expect(!image.isExplained && image.cause == "update-initramfs")
    let file = try #require(image.image?.files.first)
    #expect(file.path == "usr/bin/evil" && file.kind == "added" && file.cause == "unknown")
  }

  @Test("without what was kept at the signing, it says so, and compares images with packages alone")
  func nothingKept() throws {
    let work = try signed()
    _ = try work.run("sh", ["-c", "rm -r system/var/lib/latchkey/kept-*"], expecting: 0)
    #expect(try shell(work, "echo evil >T/usr/bin/evil; image").status == 0)
    let result = try work.latchkey(["changes", "--boot", "BOOT"])
    #expect(result.text.contains("what it held when signed is not known here"), "\(result.text)")
    #expect(result.text.contains("! usr/bin/evil: nothing"), "\(result.text)")
    #expect(result.text.contains("made by the firmware, elsewhere"))
    let json = try work.latchkey(["changes", "--boot", "BOOT", "--json"])
    #expect(json.text.contains("\"entriesCompared\" : false"), "\(json.text)")
  }

  @Test("what is kept is root's own, of this signing alone, and its loss harms no signing")
  func kept() throws {
    let work = try signed()
    let list = "cd system/var/lib/latchkey/kept-* && stat -c '%a %n' . *"
    let first = try work.run("sh", ["-c", list], expecting: 0).text.split(separator: "\n")
    #expect(first.count == 3 && first[0] == "700 .", "\(first)")
    #expect(first.dropFirst().allSatisfy { $0.hasPrefix("600 ") })
    // Lost, or never there, it is kept anew by who finds all as it was signed.
    _ = try work.run("sh", ["-c", "rm -r system/var/lib/latchkey/kept-*"], expecting: 0)
    try work.latchkey(["changes", "--boot", "BOOT"], expecting: 0)
    #expect(
      try work.run("sh", ["-c", list], expecting: 0).text.split(separator: "\n") == first)
    #expect(try shell(work, "echo evil >T/usr/bin/evil; image").status == 0)
    try work.sign()
    let second = try work.run("sh", ["-c", list], expecting: 0).text.split(separator: "\n")
    #expect(second.count == 3 && Set(first).intersection(second) == ["700 ."], "\(second)")
    // A file in the folder's place.
    _ = try work.run(
      "sh", ["-c", "cd system/var/lib/latchkey && set -- kept-* && rm -r $1 && echo x >$1"],
      expecting: 0)
    let again = try work.latchkey([
      "sign", "--pin-file", "pin", "--boot", "BOOT", "--names", "relative", "--yes",
    ])
    #expect(again.status == 0, "\(again.errorText)")
    #expect(again.errorText.contains("could not all be kept"), "\(again.errorText)")
    #expect(try work.verify().status == 0)
  }

  @Test("what the firmware will say: the exit code, each firmware, and what can't be seen")
  func asHeads() throws {
    let work = try signed()
    func look(_ script: String = "true") throws -> Program {
      let made = try shell(work, script)
      #expect(made.status == 0, "\(made.errorText)")
      return try work.latchkey(["verify", "--as-heads", "--boot", "BOOT"])
    }
    let good = try look()
    #expect(good.status == 0, "\(good.text)")
    #expect(good.text.contains("Heads since 2026-03-31: accepts."))
    #expect(good.text.contains("Older Heads, PureBoot: does not accept."))
    #expect(good.text.contains("the signature was made for relative names"))
    #expect(good.text.contains("asks: no default is set"))
    try work.latchkey(["entries", "default", "2", "--boot", "BOOT", "--yes"], expecting: 0)
    try work.sign()
    #expect(try look().text.contains("accepts: entry 2, 'Debian, recovery', is what was chosen"))
    // The entry's line changes, and that is signed.
    #expect(try shell(work, "sed -i 's/single/single quiet/' $cfg").status == 0)
    let changed = try look()
    #expect(changed.status == 1 && changed.text.contains("fails its hash"), "\(changed.text)")
    #expect(changed.text.contains("the boot entry has changed"), "\(changed.text)")
    let unsigned = try look("rm BOOT/kexec.sig")
    #expect(unsigned.status == 1)
    #expect(unsigned.text.contains("unchecked: there is no signature"), "\(unsigned.text)")
    let json = try work.latchkey(["verify", "--as-heads", "--boot", "BOOT", "--json"])
    #expect(json.status == 1 && json.text.contains("\"outcome\" : \"unchecked\""), "\(json.text)")
  }

  @Test("the root's files by the list that is signed: what differs, with its package")
  func root() throws {
    let work = try signed()
    let absent = try work.latchkey(["verify", "--root", "R", "--boot", "BOOT"])
    expect(absent, 1, ["no kexec_root_hashes.txt"])
    let made = try shell(
      work,
      """
      mkdir -p R/usr/bin R/boot R/var/lib; ln -s usr/bin R/bin; cp -a system/var/lib/dpkg R/var/lib/
      echo tool 1 >R/usr/bin/tool; echo own >R/usr/bin/own
      (cd R; find bin boot lib sbin usr -type f ! -name '*kexec*' -print0 2>/dev/null || true) |
        (cd R; xargs -0 sha256sum) >BOOT/kexec_root_hashes.txt
      """)
    #expect(made.status == 0, "\(made.errorText)")
    try work.sign()
    let good = try work.latchkey(["verify", "--root", "R", "--boot", "BOOT"])
    #expect(good.status == 0 && good.text.contains("as it was signed: 2 files"), "\(good.text)")
    #expect(try shell(work, "echo tool 2 >R/usr/bin/tool; rm R/usr/bin/own").status == 0)
    let result = try work.latchkey(["verify", "--root", "R", "--boot", "BOOT"])
    expect(result, 1, ["looked into first"])
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines[0].contains("2 differences, 1 of them without a cause"), "\(result.text)")
    #expect(lines[1].contains("deleted    usr/bin/own"))
    #expect(lines[3].contains("changed    usr/bin/tool"))
    #expect(lines[4].contains("as tools 2.0 ships it"))
    expect(try work.latchkey(["verify", "--root", "NONE", "--boot", "BOOT"]), 5, ["NONE"])
    expect(
      try work.latchkey(["verify", "--root", "R", "--as-heads", "--boot", "BOOT"]), 2,
      ["two questions"])
    #expect(try shell(work, "echo x >>BOOT/kexec_root_hashes.txt").status == 0)
    let refused = try work.latchkey(["verify", "--root", "R", "--boot", "BOOT"])
    #expect(refused.status == 1 && refused.text.contains("does not hold"), "\(refused.text)")
  }
}
