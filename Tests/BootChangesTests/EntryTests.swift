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

  private func comparison(
    _ old: [MenuEntry], _ new: [MenuEntry], touched: [String] = [], gone: [String] = []
  ) -> EntryComparison {
    EntryComparison(
      from: old, to: new,
      touched: .init(
        changed: Set(touched.map { Array($0.utf8) }), gone: Set(gone.map { Array($0.utf8) })),
      CommandLineSettings(words: Self.settings))
  }

  private func changes(
    _ old: [MenuEntry], _ new: [MenuEntry], touched: [String] = []
  ) -> [EntryChange] {
    comparison(old, new, touched: touched).changes
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

  @Test("entries in another order are a change of their own")
  func reordered() {
    let (one, two, three) = (
      "A|/vmlinuz-1 root=A|/initrd.img-1", "B|/vmlinuz-2 root=A|/initrd.img-2",
      "C|/vmlinuz-3 root=A|/initrd.img-3"
    )
    func order(_ old: [MenuEntry], _ new: [MenuEntry], gone: [String] = []) -> [MenuChange.Kind] {
      comparison(old, new, gone: gone).order.map(\.kind)
    }
    #expect(order(menu(one, two, three), menu(one, two, three)) == [])
    #expect(order(menu(one, two, three), menu(two, one, three)) == [.order])
    #expect(order(menu(one, two, three), menu(one, three, two)) == [.order])
    // The first went, and its kernel is there still; a kernel that went takes its entry with it.
    #expect(order(menu(two, one), menu(one)) == [.first])
    #expect(order(menu(one, two), menu(two)) == [.first])
    #expect(order(menu(one, two), menu(two), gone: ["/vmlinuz-1"]) == [])
    #expect(order(menu(two, one), menu(one), gone: ["/vmlinuz-2"]) == [.first])
    #expect(order(menu(one), menu("X|/memtest root=A|/initrd.img-1", one)) == [.first])
    #expect(order(menu(one, two), menu(one)) == [])
    // A new kernel's entry.
    let (old, new) = (
      "Linux 6.1|/vmlinuz-6.1 root=A|/initrd.img-6.1",
      "Linux 6.2|/vmlinuz-6.2 root=A|/initrd.img-6.2"
    )
    #expect(order(menu(old), menu(new, old)) == [])
  }

  @Test(
    "an older kernel is marked, though its files came since: in its entry, and in one that is new")
  func older() {
    let touched = [
      "/vmlinuz-6.1.0-9", "/initrd.img-6.1.0-9", "/vmlinuz-6.1.0-11", "/initrd.img-6.1.0-11",
    ]
    func entry(_ version: String, name: String = "Debian") -> String {
      "\(name)|/vmlinuz-\(version) root=A|/initrd.img-\(version)"
    }
    for (version, isExplained) in [("6.1.0-9", false), ("6.1.0-11", true)] {
      let found = changes(menu(entry("6.1.0-10")), menu(entry(version)), touched: touched)
      #expect(found.map(\.isExplained) == [isExplained])
      #expect(found[0].files.map(\.isOlder) == [!isExplained, !isExplained])
      let added = changes(
        menu(entry("6.1.0-10", name: "Linux 6.1.0-10")),
        menu(entry("6.1.0-10", name: "Linux 6.1.0-10"), entry(version, name: "Linux \(version)")),
        touched: touched)
      #expect(added.map(\.isExplained) == [isExplained], "\(added)")
    }
  }

  @Test("a file that an entry boots from is explained only by one of its kind that came")
  func files() {
    let old = menu("D|/vmlinuz-1 root=A|/initrd.img-1")
    for (new, touched, isExplained) in [
      ("D|/vmlinuz-2 root=A|/initrd.img-1", ["/vmlinuz-2"], true),
      ("D|/memtest root=A|/initrd.img-1", ["/memtest"], false),
      ("D|/vmlinuz-1 root=A|/initrd.img-1 /more.img", [], false),
      ("D|/vmlinuz-2 root=A|/initrd.img-1", [], false),
    ] as [(String, [String], Bool)] {
      #expect(
        changes(old, menu(new), touched: touched).map(\.isExplained) == [isExplained], "\(new)")
    }
    let without = MenuEntry.reading(
      configuration: Array("menuentry 'D' {\nlinux /vmlinuz-1 root=A\n}\n".utf8))
    #expect(changes(old, without, touched: ["/initrd.img-1"]).map(\.isExplained) == [false])
  }

  @Test(
    "a word that takes a protection away is marked, whatever settings say, unless it was signed",
    arguments: [
      "init=/bin/sh", "rdinit=/x", "\"init=/bin/sh\"", "systemd.unit=rescue.target",
      "systemd.debug-shell", "systemd.debug_shell=1", "rd.break", "rd.shell", "single", "1", "s",
      "emergency", "rescue", "break", "break=premount", "apparmor=0", "selinux=0", "enforcing=0",
      "lsm=capability", "security=none", "module.sig_enforce=0", "module.sig-enforce=0",
      "lockdown=none",
      "mitigations=off", "nopti", "pti=off", "spectre_v2=off", "spectre-v2=off", "nospectre_v1",
      "mds=off",
      "l1tf=off", "tsx_async_abort=off", "kvm.nx_huge_pages=off", "nosmep", "nosmap", "nokaslr",
      "latchkey=off", "iommu=off", "intel_iommu=off", "amd_iommu=off", "iommu.passthrough=1",
      "audit=0",
      "ima_appraise=off", "module_blacklist=x", "modprobe.blacklist=x", "initrd=/x", "rootflags=x",
      "cryptdevice=x", "rd.luks.key=x", "luks.name=x", "usbcore.authorized_default=1",
      "random.trust_cpu=on", "debugfs=on", "kgdboc=ttyS0", "efi=runtime", "acpi_rsdp=1", "panic=0",
      "init_on_alloc=0", "slub_debug=-", "sysctl.kernel.kptr_restrict=0", "xsm=dummy",
      "flask=disabled",
      "netconsole=x", "--",
    ])
  func grave(word: String) {
    func entry(_ words: String) -> [MenuEntry] {
      menu("D|/vmlinuz-1 root=A ro quiet \(words)|/initrd.img-1")
    }
    let settings = CommandLineSettings(words: [Array(word.utf8)])
    let (old, new) = (entry("x"), entry("x \(word) y z"))
    let found = EntryComparison(from: old, to: new, touched: .init(), settings).changes
    #expect(found.count == 1 && !found[0].isExplained)
    let marked = found.first?.added.filter { $0.reason != nil && !$0.isExplained } ?? []
    #expect(!marked.isEmpty)
    #expect(EntryComparison(from: new, to: new, touched: .init(), settings).changes.isEmpty)
    let arrived = EntryComparison(
      from: old, to: old + menu("E|/vmlinuz-1 root=A ro \(word) x|/initrd.img-1"),
      touched: .init(changed: [Array("/vmlinuz-1".utf8), Array("/initrd.img-1".utf8)]), settings
    ).changes
    #expect(arrived.count == 1 && !arrived[0].isExplained)
  }

  @Test(
    "a word that protects is explained by settings, and its going is not",
    arguments: [
      "apparmor=1", "module.sig_enforce", "module.sig_enforce=1", "lockdown=confidentiality",
      "mitigations=auto,nosmt", "pti=on", "iommu=force", "intel_iommu=on", "audit=1",
      "init_on_alloc=1",
      "slab_nomerge", "vsyscall=none", "panic=10", "efi=disable_early_pci_dma",
    ])
  func protecting(word: String) {
    func entry(_ words: String) -> [MenuEntry] {
      menu("D|/vmlinuz-1 root=A \(words)|/initrd.img-1")
    }
    let (with, without) = (entry("x \(word)"), entry("x"))
    let settings = CommandLineSettings(words: [Array(word.utf8)])
    let none = CommandLineSettings(words: [])
    #expect(
      EntryComparison(from: without, to: with, touched: .init(), settings).changes.map(
        \.isExplained) == [true])
    #expect(
      EntryComparison(from: with, to: without, touched: .init(), none).changes.map(\.isExplained)
        == [false])
  }

  @Test("of two words of one name the last counts, and what stands behind -- is init's")
  func places() {
    func found(_ old: String, _ new: String) -> [Bool] {
      changes(
        menu("D|/vmlinuz-1 \(old)|/initrd.img-1"), menu("D|/vmlinuz-1 \(new)|/initrd.img-1")
      ).map(\.isExplained)
    }
    #expect(found("apparmor=0 apparmor=1", "apparmor=1 apparmor=0") == [false])
    #expect(found("root=A root=B", "root=B root=A") == [false])
    #expect(found("a -- b", "a b --") == [false])
    #expect(found("a b c", "c b a") == [true])
  }

  @Test("an entry that Heads would run a part of stands out, even without a word")
  func command() {
    let found = changes([], menu("$(reboot)|/vmlinuz-1|/initrd.img-1"))
    #expect(found.count == 1 && found[0].isUnreadable && !found[0].isExplained)
  }

  @Test(
    "what is kept of entries is read as it was, and what an older version kept",
    arguments: [true, false])
  func kept(isFirst: Bool) throws {
    let entries = menu(
      "A|/vmlinuz-1 root=A|/initrd.img-1", "$(reboot)|/vmlinuz-1|/initrd.img-1",
      "$kernel|/vmlinuz-1|/initrd.img-1", "B\"|/vmlinuz-1|/initrd.img-1")
    let snapshot = BootSnapshot(
      manifest: [UInt8](repeating: 1, count: 32), entries: entries,
      images: [.init(path: [0x2F], bytes: [UInt8](repeating: 2, count: 32))],
      environments: [.init(path: [0x2F], bytes: [])],
      commands: isFirst
        ? nil : [.init(source: Array("/grub/grub.cfg".utf8), lines: [[0x61], Array("set a".utf8)])])
    let bytes = snapshot.bytes
    #expect(try BootSnapshot(parsing: bytes.span) == snapshot)
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      #expect(throws: BootSnapshot.Fault.damaged) { try BootSnapshot(parsing: cut.span) }
    }
  }

  @Test(
    "a menu's commands follow the kernel's version; an older first kernel, words and order are changes"
  )
  func commands() {
    func kinds(_ old: [String], _ new: [String]) -> [MenuChange.Kind] {
      let source = Array("/grub/grub.cfg".utf8)
      let before = BootSnapshot(
        manifest: [UInt8](repeating: 0, count: 32), entries: [], images: [], environments: [],
        commands: [.init(source: source, lines: old.map { Array($0.utf8) })])
      let menu = BootMenu(
        entries: [], commands: [.init(source: source, lines: new.map { Array($0.utf8) })])
      return MenuComparison(from: before, to: menu).changes.map(\.kind)
    }
    let (one, two) = ("linux /boot/vmlinuz-6.1 root=A ro", "linux /boot/vmlinuz-6.2 root=A ro")
    #expect(kinds([one], [two]) == [])
    #expect(kinds([one], [two, one]) == [])
    #expect(kinds([two, one], [one]) == [.first])
    #expect(kinds([one], [two + " init=/bin/sh", one]) == [.added])
    #expect(kinds(["a", "b"], ["b", "a"]) == [.moved])
    #expect(kinds(["a", "b"], ["a"]) == [.removed])
  }
}
