import BootManifest
import Foundation
import Glibc
import TestSupport
import Testing

/// Something done to a signed /boot behind its owner's back, and what verifying must say.
struct Attack: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let changes: [BootChange]
  let work: @Sendable (TestBoot) throws -> Void

  init(
    _ name: String, _ changes: [BootChange], _ work: @escaping @Sendable (TestBoot) throws -> Void
  ) {
    testDescription = name
    self.changes = changes
    self.work = work
  }

  static func change(_ name: String, _ kind: BootChange.Kind) -> BootChange {
    BootChange(name: EscapedName("./" + name), kind: kind)
  }

  static let all: [Attack] = [
    Attack("one byte changed", [change("vmlinuz-6.1", .changed)]) {
      try $0.write("vmlinuz-6.1", "b kernel")
    },
    Attack("a file cut to nothing", [change("initrd.img-6.1", .changed)]) {
      try $0.write("initrd.img-6.1", "")
    },
    Attack("a file added", [change("grub/custom.cfg", .added(.file))]) {
      try $0.write("grub/custom.cfg", "evil")
    },
    Attack("a file added whose name ends in OK", [change("x: OK", .added(.file))]) {
      try $0.write("x: OK", "evil")
    },
    Attack("a file added whose name has a newline", [change("a\nb", .added(.file))]) {
      try $0.write("a\nb", "evil")
    },
    Attack("a file added whose name has a backslash", [change("a\\b", .added(.file))]) {
      try $0.write("a\\b", "evil")
    },
    Attack(
      "a file added whose name isn't UTF-8",
      [BootChange(name: EscapedName([0x2E, 0x2F, 0xFF, 0xFE]), kind: .added(.file))]
    ) { try run("touch \"$1\"/$'\\xff\\xfe'", $0.path).succeed() },
    Attack("a folder added", [change("empty", .added(.folder))]) {
      try run("mkdir \"$1/empty\"", $0.path).succeed()
    },
    Attack("a dangling link added", [change("dangling", .added(.link))]) {
      try $0.link("dangling", to: "/nowhere")
    },
    Attack("a pipe added", [change("pipe", .added(.pipe))]) {
      try run("mkfifo \"$1/pipe\"", $0.path).succeed()
    },
    Attack("a file deleted", [change("grub/grub.cfg", .deleted)]) {
      try $0.remove("grub/grub.cfg")
    },
    Attack(
      "a folder deleted", [change("grub", .deleted), change("grub/grub.cfg", .deleted)]
    ) { try $0.remove("grub") },
    Attack("a link deleted", [change("vmlinuz", .deleted)]) { try $0.remove("vmlinuz") },
    Attack(
      "a file renamed", [change("grub/grub.cfg", .deleted), change("grub/grub.cfh", .added(.file))]
    ) { try run("cd \"$1/grub\" && mv grub.cfg grub.cfh", $0.path).succeed() },
    Attack(
      "a name in another case",
      [change("VMLINUZ-6.1", .added(.file)), change("vmlinuz-6.1", .deleted)]
    ) { try run("cd \"$1\" && mv vmlinuz-6.1 VMLINUZ-6.1", $0.path).succeed() },
    Attack(
      "a link that points elsewhere",
      [
        change(
          "vmlinuz",
          .retargeted(from: EscapedName("vmlinuz-6.1"), to: EscapedName("initrd.img-6.1")))
      ]
    ) {
      try $0.remove("vmlinuz")
      try $0.link("vmlinuz", to: "initrd.img-6.1")
    },
    Attack(
      "a link that dangles now",
      [change("vmlinuz", .retargeted(from: EscapedName("vmlinuz-6.1"), to: EscapedName("gone")))]
    ) {
      try $0.remove("vmlinuz")
      try $0.link("vmlinuz", to: "gone")
    },
    Attack(
      "a file replaced by a link to identical bytes",
      [
        change("copy", .added(.file)),
        change("vmlinuz-6.1", .replaced(from: .file, to: .link)),
      ]
    ) {
      try run("cd \"$1\" && mv vmlinuz-6.1 copy && ln -s copy vmlinuz-6.1", $0.path).succeed()
    },
    Attack(
      "a file replaced by a link to identical bytes outside /boot",
      [change("vmlinuz-6.1", .replaced(from: .file, to: .link))]
    ) {
      try run("cd \"$1\" && mv vmlinuz-6.1 .. && ln -s ../vmlinuz-6.1 vmlinuz-6.1", $0.path)
        .succeed()
    },
    Attack("a link replaced by a file", [change("vmlinuz", .replaced(from: .link, to: .file))]) {
      try $0.remove("vmlinuz")
      try $0.write("vmlinuz", "a kernel")
    },
    Attack(
      "a folder replaced by a link to one like it",
      [change("grub", .replaced(from: .folder, to: .link)), change("grub/grub.cfg", .deleted)]
    ) { try run("cd \"$1\" && mv grub .. && ln -s ../grub grub", $0.path).succeed() },
    Attack(
      "a file replaced by a folder",
      [change("initrd.img-6.1", .replaced(from: .file, to: .folder))]
    ) { try run("cd \"$1\" && rm initrd.img-6.1 && mkdir initrd.img-6.1", $0.path).succeed() },
    Attack(
      "a file replaced by a pipe", [change("initrd.img-6.1", .replaced(from: .file, to: .pipe))]
    ) { try run("cd \"$1\" && rm initrd.img-6.1 && mkfifo initrd.img-6.1", $0.path).succeed() },
    Attack("a file anyone may write", [change("vmlinuz-6.1", .mode(from: 0o644, to: 0o666))]) {
      try run("chmod 666 \"$1/vmlinuz-6.1\"", $0.path).succeed()
    },
    Attack("a file that is setuid now", [change("vmlinuz-6.1", .mode(from: 0o644, to: 0o4755))]) {
      try run("chmod 4755 \"$1/vmlinuz-6.1\"", $0.path).succeed()
    },
    Attack("a folder anyone may write", [change("grub", .mode(from: 0o755, to: 0o777))]) {
      try run("chmod 777 \"$1/grub\"", $0.path).succeed()
    },
    Attack("a hard link to a signed file", [change("again", .added(.file))]) {
      try run("cd \"$1\" && ln vmlinuz-6.1 again", $0.path).succeed()
    },
    Attack("written through a hard link from outside", [change("vmlinuz-6.1", .changed)]) {
      try run("cd \"$1\" && ln vmlinuz-6.1 ../out && printf X >>../out", $0.path).succeed()
    },
    Attack("a kexec file beside the set added", [change("kexec_boot.sh", .added(.file))]) {
      try $0.write("kexec_boot.sh", "evil")
    },
    Attack(
      "a kexec folder added",
      [
        change("kexec.d", .added(.folder)), change("kexec.d/x", .added(.file)),
      ]
    ) { try $0.write("kexec.d/x", "evil") },
    Attack("a kexec file beside the set changed", [change("kexec-stray", .changed)]) {
      try $0.write("kexec-stray", "evil")
    },
    Attack("a kexec file beside the set deleted", [change("kexec-stray", .deleted)]) {
      try $0.remove("kexec-stray")
    },
    Attack("only touched", []) { try run("touch \"$1/vmlinuz-6.1\"", $0.path).succeed() },
    Attack("Heads' own counter, which nothing signs", []) {
      try $0.write("kexec_hotp_counter", "7")
    },
  ]
}

@Suite("What is done to a signed /boot")
struct AttackTests {
  @Test("is named for what it is", arguments: Attack.all)
  func named(attack: Attack) throws {
    let boot = try TestBoot()
    try boot.write("kexec-stray", "left out by Heads")
    try run("cd \"$1\" && chmod 644 vmlinuz-6.1 && chmod 755 grub", boot.path).succeed()
    let signer = try TestSigner()
    try boot.sign(by: signer)
    #expect(try boot.verify(by: signer).holds)
    try attack.work(boot)
    guard case .signed(_, .present, let changes) = try boot.verify(by: signer) else {
      Issue.record("not signed")
      return
    }
    #expect(changes == attack.changes)
  }

  /// The figure to report: what is detected here, beside what Heads detects.
  @Test("Heads misses some of it; nothing is missed here")
  func besideHeads() throws {
    let boot = try TestBoot()
    try boot.write("kexec-stray", "left out by Heads")
    try run("cd \"$1\" && chmod 644 vmlinuz-6.1 && chmod 755 grub", boot.path).succeed()
    let signer = try TestSigner()
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer)
    try boot.save(as: "before")
    #expect(try Heads.accepts(boot, keyring: keyring, .relative))
    var here = 0
    var heads = 0
    var rows: [String] = []
    for attack in Attack.all {
      try attack.work(boot)
      let holds = try boot.verify(by: signer).holds
      // A pipe in a file's place would hold sha256sum up for ever, which nobody overlooks.
      let isStuck = attack.testDescription == "a file replaced by a pipe"
      let accepts = try !isStuck && Heads.accepts(boot, keyring: keyring, .relative)
      let look = try boot.opened().lookAsFirmware(
        trusted: signer.trusted, now: TestSigner.born + 1000)
      #expect(look.relative == .holds(despite: nil), "\(attack.testDescription)")
      #expect((look.lists == .hold) == accepts, "\(attack.testDescription): \(look.lists)")
      if !attack.changes.isEmpty {
        here += holds ? 0 : 1
        heads += accepts ? 0 : 1
      }
      rows.append(
        "| \(attack.testDescription) | \(accepts ? "-" : "yes") | \(holds ? "-" : "yes") |")
      try run("rm -rf \"$1/../out\" \"$1/../vmlinuz-6.1\" \"$1/../grub\"", boot.path).succeed()
      try boot.restore("before")
    }
    let all = Attack.all.count { !$0.changes.isEmpty }
    print("manifest attacks detected: \(here) of \(all); by Heads: \(heads)")
    #expect(here == all)
    #expect(heads < here)
    let page = try String(contentsOfFile: Repository.path("docs/changes.md"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    for row in rows { #expect(page.contains(row), "docs/changes.md should say: \(row)") }
    let figures = "Of these \(all), `latchkey verify` notices \(here) and Heads \(heads)."
    #expect(page.contains(figures), "docs/changes.md should say: \(figures)")
  }

  @Test("without a record of types, what Heads' lists hold is still told apart")
  func withoutRecord() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try Heads.sign(boot, by: signer, at: TestSigner.born + 100)
    try boot.write("vmlinuz-6.1", "b kernel")
    try boot.remove("initrd.img-6.1")
    try boot.link("initrd.img-6.1", to: "vmlinuz-6.1")
    try boot.remove("vmlinuz")
    try boot.write("vmlinuz", "a kernel")
    try boot.remove("grub/grub.cfg")
    try boot.write("new", "")
    #expect(
      try boot.verify(by: signer)
        == .signed(
          #require(boot.verify(by: signer).signedBy), record: .absent,
          changes: [
            Attack.change("grub/grub.cfg", .deleted),
            Attack.change("initrd.img-6.1", .replaced(from: .file, to: .link)),
            Attack.change("new", .added(.file)),
            Attack.change("vmlinuz", .replaced(from: nil, to: .file)),
            Attack.change("vmlinuz-6.1", .changed),
          ]))
  }
}
