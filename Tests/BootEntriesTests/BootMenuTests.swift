import BootEntries
import Foundation
import TestSupport
import Testing

@Suite("Boot entries")
struct BootMenuTests {
  private static let cases = Repository.path("Tests/BootEntriesTests/Cases")

  private func menu(_ configuration: String, files: [String] = ["vmlinuz", "initrd"]) throws
    -> BootMenu
  {
    let folder = try Self.boot(configuration, files)
    return try BootMenu(of: folder.path("boot"))
  }

  private static func boot(_ configuration: String, _ files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("boot/grub"), withIntermediateDirectories: true)
    for file in files { try folder.write("boot/" + file, "the content of \(file)") }
    try folder.write("boot/grub/grub.cfg", configuration)
    return folder
  }

  private func text(_ entry: MenuEntry) -> String? {
    guard case .heads(let line) = entry.line else { return nil }
    return String(decoding: line, as: UTF8.self)
  }

  @Test(
    "are Heads' lines, byte for byte",
    arguments: [
      "arch", "debian", "fedora", "several", "syslinux", "xen", "made-arch", "made-debian",
      "made-debian-folder", "made-debian-luks", "made-debian-xen", "made-fedora",
      "made-fedora-kernelopts", "made-qubes", "made-several",
    ])
  func lines(name: String) throws {
    let menu = try BootMenu(of: Self.cases + "/\(name)/boot")
    let expected = try String(contentsOfFile: Self.cases + "/\(name)/lines", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let found = menu.entries.map { text($0) ?? "?" }
    // Which of several files comes first is the file system's word.
    let hasSeveral = Set(menu.entries.map(\.source)).count > 1
    #expect(hasSeveral ? found.sorted() == expected.sorted() : found == expected)
    #expect(!expected.isEmpty)
  }

  @Test(
    "whose text Heads would run are named, and nothing is run",
    arguments: [
      "menuentry 'a $(touch %)' {\nlinux /vmlinuz x\n}\n",
      "menuentry 'a `touch %`' {\nlinux /vmlinuz x\n}\n",
      "menuentry 'a' {\nlinux /vmlinuz x=$(touch %)\n}\n",
      "menuentry 'a' {\nlinux /vmlinuz x\"; touch % ;\"\n}\n",
      "menuentry 'a' {\nlinux /vmlinuz x\"| touch % #\"\n}\n",
      "menuentry 'a' {\nlinux /vmlinuz ${x:-$(touch %)}\n}\n",
      "menuentry 'a' {\nlinux /vmlinuz $((1))\n}\n",
      // Text to Heads' parser, and a command to what evaluates its line.
      "menuentry 'a' {\nlinux /vmlinuz \\\\\\`touch %\\\\\\`\n}\n",
      "label $(touch %)\nlinux /vmlinuz\n\n",
    ])
  func commands(configuration: String) throws {
    let folder = try TemporaryFolder()
    let witness = folder.path("witness")
    let menu = try menu(configuration.replacingOccurrences(of: "%", with: witness))
    #expect(menu.entries.count == 1)
    let entry = try #require(menu.entries.first)
    guard case .runsCommands = entry.line else {
      Issue.record("\(entry.line)")
      return
    }
    #expect(entry.files.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: witness))
  }

  @Test("that depend on Heads' own variables, or whose quotes don't match, are no lines")
  func unknown() throws {
    let menu = try menu(
      """
      menuentry 'a' {
      linux /vmlinuz $PATH
      }
      menuentry 'b' {
      linux /vmlinuz $kernel
      }
      menuentry 'c' {
      linux /vmlinuz "half
      }
      menuentry 'd' {
      linux /vmlinuz costs $ 5 and "$x"
      }

      """)
    #expect(
      menu.entries.map(\.line) == [
        .dependsOn(Array("PATH".utf8)), .dependsOn(Array("kernel".utf8)), .unmatchedQuotes,
        .heads(Array("d|elf|kernel /vmlinuz|append costs $ 5 and".utf8)),
      ])
  }

  @Test("are none in a configuration that is empty, binary, or ends in the middle")
  func nothing() throws {
    for text in [
      "", "menuentry", "\0\u{1}menuentry\n{", "menuentry 'a' {\nlinux /vmlinuz", "label a\n",
    ] {
      #expect(try menu(text).entries.isEmpty)
    }
  }

  @Test("have their files and their command line")
  func parts() throws {
    let menu = try BootMenu(of: Self.cases + "/xen/boot")
    let entry = try #require(menu.entries.first)
    #expect(
      entry.files.map { String(decoding: $0, as: UTF8.self) } == [
        "/xen-4.17-amd64.gz", "/vmlinuz-6.1", "/initrd.img-6.1",
      ])
    #expect(entry.commandLine == Array("placeholder root=UUID=ab ro quiet".utf8))
    #expect(entry.xenCommandLine == Array("placeholder".utf8))
  }

  @Test("the default is written as Heads writes it, found again, and seen to have moved")
  func chosen() throws {
    let one = "menuentry 'one' {\nlinux /vmlinuz ro\ninitrd /initrd\n}\n"
    let two = "menuentry 'two' {\nlinux /vmlinuz rw\ninitrd /initrd\n}\n"
    let folder = try Self.boot(one + two, ["vmlinuz", "initrd"])
    let boot = folder.path("boot")
    let menu = try BootMenu(of: boot)
    #expect(try DefaultEntry(of: boot) == nil)
    for number in [1, 2] { try DefaultEntry.choose(number, in: menu, of: boot) }
    let chosen = try #require(try DefaultEntry(of: boot))
    #expect(chosen.number == 2 && chosen.isIn(menu))
    #expect(
      try String(contentsOfFile: boot + "/kexec_default.2.txt", encoding: .utf8)
        == "two|elf|kernel /vmlinuz|initrd /initrd|append rw\n")
    #expect(!FileManager.default.fileExists(atPath: boot + "/kexec_default.1.txt"))
    let checked = try Program.run(
      "sha256sum", ["-c", "kexec_default_hashes.txt"], folder: boot)
    #expect(checked.text == "./vmlinuz: OK\n./initrd: OK\n", "\(checked.errorText)")

    try folder.write("boot/grub/grub.cfg", two + one)
    #expect(try !chosen.isIn(BootMenu(of: boot)))
    #expect(throws: BootMenuError.noSuchEntry(of: 2)) {
      try DefaultEntry.choose(3, in: menu, of: boot)
    }
    try FileManager.default.removeItem(atPath: boot + "/initrd")
    #expect(throws: BootMenuError.missingFile(Array("/initrd".utf8))) {
      try DefaultEntry.choose(1, in: menu, of: boot)
    }
    #expect(try DefaultEntry(of: boot) == chosen)
  }

  @Test("the command lists them, chooses the default, and fails where one has commands in it")
  func command() throws {
    let latchkey = Repository.product("latchkey")
    let boot = Self.cases + "/debian/boot"
    let lines = try Program.run(latchkey, ["entries", "list", "--lines", "--boot", boot])
    let expected = try String(contentsOfFile: Self.cases + "/debian/lines", encoding: .utf8)
    #expect(lines.status == 0 && lines.text == expected, "\(lines.errorText)")
    let json = try Program.run(latchkey, ["entries", "list", "--json", "--boot", boot])
    #expect(json.text.contains("\"commandLine\" : \"root=/dev/mapper/vg-root ro quiet splash\""))

    // One beneath the other, from 9 to 10 too; Xen's own options beside the kernel's.
    let xen = try Program.run(
      latchkey, ["entries", "list", "--boot", Self.cases + "/made-debian-xen/boot"])
    #expect(
      xen.text.contains(
        """
         9  Debian GNU/Linux, with Linux 6.1.0-9-amd64 (systemd)
            from     /grub/grub.cfg
        """), "\(xen.text)")
    #expect(
      xen.text.contains(
        """
        11  Debian GNU/Linux, with Xen hypervisor
            from     /grub/grub.cfg
            files    /xen-4.17-amd64.gz /vmlinuz-6.1.0-56-amd64 /initrd.img-6.1.0-56-amd64
            Xen      placeholder loglvl=all com1=115200,8n1 dom0_mem=1024M,max:1024M ucode=scan
            options  placeholder root=UUID=11111111-1111-4111-8111-111111111111 ro rd.luks.uuid=3f3e quiet

        """), "\(xen.text)")

    let folder = try Self.boot("menuentry 'a' {\nlinux /vmlinuz ro\n}\n", ["vmlinuz"])
    let none = try Program.run(latchkey, ["entries", "default", "--boot", folder.path("boot")])
    #expect(none.status == 1 && none.errorText.contains("Choose one"), "\(none.errorText)")
    let chosen = try Program.run(
      latchkey, ["entries", "default", "1", "--boot", folder.path("boot")])
    #expect(chosen.status == 0 && chosen.text == "1  a|elf|kernel /vmlinuz|append ro\n")
    #expect(chosen.errorText.contains("run latchkey sign"))

    let evil = try Self.boot("menuentry 'a' {\nlinux /vmlinuz `reboot`\n}\n", ["vmlinuz"])
    let found = try Program.run(latchkey, ["entries", "list", "--boot", evil.path("boot")])
    #expect(found.status == 1 && found.text.contains("PROBLEM"), "\(found.text)")
    #expect(found.errorText.contains("would run commands"))
  }

  @Test("keep what a configuration does beside its entries, each command once, and no more")
  func commands() throws {
    let menu = try menu(
      """
      # source /comment
      if [ x = y ]; then set default="0"; fi
      set timeout=5; insmod part_gpt; echo 'chainloader /x'
      set root='hd0,gpt1'
      function load_video { insmod all_video; }
      menuentry 'A' --class debian --unrestricted $menuentry_id_option 'a' {
        search --set=root 1
        linux /vmlinuz root=A
        initrd /initrd
      }
      menuentry 'B {' {
        search   --set=root 1
        cha\\inloader /evil.efi
        linux (hd1)/vmlinuz
        linux /gone
        initrd /initrd (hd1)/more
      }
      """)
    #expect(
      menu.commands.first?.lines.map { String(decoding: $0, as: UTF8.self) } == [
        "if [ x = y ]", #"set default="0""#, "set root='hd0,gpt1'", "menuentry --unrestricted",
        "search --set=root 1", "chainloader /evil.efi", "linux (hd1)/vmlinuz", "linux /gone",
        "initrd /initrd (hd1)/more",
      ])
  }
}
