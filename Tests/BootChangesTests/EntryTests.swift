import BootEntries
import Testing

@testable import BootChanges

/// What an upgrade, a setting and a stranger make of boot entries.
@Suite("boot entries of two days")
struct EntryTests {
  private static let settings = CommandLineSettings.words(
    Array(
      """
      # GRUB_CMDLINE_LINUX="commented"
      GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
        GRUB_CMDLINE_LINUX='audit=1'
      GRUB_TIMEOUT="$(reboot)"

      """.utf8))

  private func menu(_ lines: String...) -> [MenuEntry] {
    let text = lines.map { line in
      let parts = line.split(separator: "|")
      return "menuentry '\(parts[0])' {\nlinux \(parts[1])\ninitrd \(parts[2])\n}\n"
    }.joined()
    return MenuEntry.reading(configuration: Array(text.utf8))
  }

  private func changes(
    _ old: [MenuEntry], _ new: [MenuEntry], touched: [String] = []
  ) -> [EntryChange] {
    EntryComparison(
      from: old, to: new, touched: Set(touched.map { Array($0.utf8) }),
      CommandLineSettings(words: Self.settings)
    ).changes
  }

  @Test("settings are words of data; what is commented or no command line is none")
  func settings() {
    #expect(Self.settings == Set(["quiet", "splash", "audit=1"].map { Array($0.utf8) }))
  }

  @Test("a kernel's upgrade is explained, with its recovery entry and its version in words")
  func upgrade() {
    let old = menu(
      "Debian|/vmlinuz-6.1.0-41 root=A ro image=6.1.0-41 quiet|/initrd.img-6.1.0-41",
      "Debian, with Linux 6.1.0-41 (recovery mode)|/vmlinuz-6.1.0-41 root=A ro single|/initrd.img-6.1.0-41"
    )
    let new = menu(
      "Debian|/vmlinuz-6.1.0-42 root=A ro image=6.1.0-42 quiet|/initrd.img-6.1.0-42",
      "Debian, with Linux 6.1.0-42 (recovery mode)|/vmlinuz-6.1.0-42 root=A ro single|/initrd.img-6.1.0-42",
      "Debian, with Linux 6.1.0-41 (recovery mode)|/vmlinuz-6.1.0-41 root=A ro single|/initrd.img-6.1.0-41"
    )
    let touched = ["/vmlinuz-6.1.0-42", "/initrd.img-6.1.0-42"]
    let found = changes(old, new, touched: touched)
    #expect(found.map(\.isExplained) == [true, true], "\(found)")
    #expect(found.map(\.kind) == [.changed, .added])
    #expect(found[0].files.map(\.role) == ["kernel", "initrd"])
    // The same, of files that were there all the time.
    let chosen = changes(old, new)
    #expect(chosen.count == 2 && !chosen[0].isExplained)
  }

  @Test(
    "a word is explained by settings alone",
    arguments: [
      ("root=A ro", "root=A ro splash", true), ("root=A ro", "root=A ro init=/bin/sh", false),
      ("root=A ro quiet", "root=A ro", false), ("root=A ro verbose", "root=A ro", true),
      ("root=A ro", "root=A", false), ("root=A ro", "root=B ro", false),
      ("root=A ro x", "root=A x ro", true), ("root=A ro", "root=A ro ro", false),
    ])
  func words(before: String, now: String, isExplained: Bool) {
    let found = changes(
      menu("D|/vmlinuz-1 \(before)|/initrd.img-1"), menu("D|/vmlinuz-1 \(now)|/initrd.img-1"))
    #expect(found.count == 1 && found[0].isExplained == isExplained, "\(found)")
  }

  @Test("entries of one name are told apart, and one that moved is no change")
  func order() {
    let one = "D|/vmlinuz-1 root=A|/initrd.img-1"
    let two = "D|/vmlinuz-2 root=A|/initrd.img-2"
    #expect(changes(menu(one, two), menu(two, one)).isEmpty)
    #expect(changes(menu(one, two), menu(two)).map(\.kind) == [.deleted])
    #expect(changes(menu(one), menu(one, one)).map(\.kind) == [.added])
  }

  @Test("an entry that Heads would run a part of stands out, even without a word")
  func command() {
    let found = changes([], menu("$(reboot)|/vmlinuz-1|/initrd.img-1"))
    #expect(found.count == 1 && found[0].isUnreadable && !found[0].isExplained)
  }

  @Test("what is kept of entries is read as it was")
  func kept() throws {
    let entries = menu(
      "A|/vmlinuz-1 root=A|/initrd.img-1", "$(reboot)|/vmlinuz-1|/initrd.img-1",
      "$kernel|/vmlinuz-1|/initrd.img-1", "B\"|/vmlinuz-1|/initrd.img-1")
    let snapshot = BootSnapshot(
      manifest: [UInt8](repeating: 1, count: 32), entries: entries,
      images: [.init(path: [0x2F], bytes: [UInt8](repeating: 2, count: 32))],
      environments: [.init(path: [0x2F], bytes: [])])
    let bytes = snapshot.bytes
    #expect(try BootSnapshot(parsing: bytes.span) == snapshot)
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      #expect(throws: BootSnapshot.Fault.damaged) { try BootSnapshot(parsing: cut.span) }
    }
  }
}
