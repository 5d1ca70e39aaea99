import BootManifest
import Foundation
import Testing

@Suite("A root, by the hashes that Heads makes of it")
struct RootTests {
  /// A root beside /boot, as a small Debian has it.
  private func root(_ boot: TestBoot) throws -> String {
    try run(
      """
      mkdir -p "$1/root" && cd "$1/root"
      mkdir -p usr/bin usr/lib/x usr/lib/kexec-tools boot etc home
      ln -s usr/bin bin; ln -s usr/lib lib
      echo sh >usr/bin/sh; echo ls >usr/bin/ls; echo so >usr/lib/x/libc.so
      echo k >usr/bin/kexec; echo k >usr/lib/kexec-tools/file
      echo unit >'usr/lib/a\\x2db.slice'; printf cert >usr/lib/$'Te\\xc5\\x91.crt'
      ln -s sh usr/bin/dash; echo v >boot/vmlinuz; echo passwd >etc/passwd
      """, boot.folder
    ).succeed()
    return boot.folder + "/root"
  }

  /// `root-hashes-gui`'s own list.
  private func list(_ root: String) throws -> [UInt8] {
    try run(
      "cd \"$1\" && find bin boot lib sbin usr -type f ! -name '*kexec*' -print0 | xargs -0 sha256sum",
      root
    ).output
  }

  private func differences(_ root: String, _ list: [UInt8]) throws -> [RootChange] {
    try RootFolder(path: root).changes(from: RootHashList(parsing: list.span))
  }

  @Test("holds when untouched, and so it does with what Heads leaves out")
  func untouched() throws {
    let boot = try TestBoot()
    let root = try root(boot)
    let list = try list(root)
    #expect(try RootHashList(parsing: list.span).entries.count == 7)
    #expect(try differences(root, list).isEmpty)
    try run("cd \"$1\" && echo x >etc/passwd; echo x >usr/bin/kexec; touch usr/bin/sh", root)
      .succeed()
    #expect(try differences(root, list).isEmpty)
    withExtendedLifetime(boot) {}
  }

  @Test(
    "each difference is named for what it is",
    arguments: [
      ("echo x >usr/bin/sh", "usr/bin/sh", RootChange.Kind.changed),
      ("rm usr/bin/ls", "usr/bin/ls", .deleted),
      ("rm -r usr/lib/x", "usr/lib/x/libc.so", .deleted),
      ("echo x >usr/bin/new", "usr/bin/new", .added),
      ("echo x >boot/new", "boot/new", .added),
      ("rm usr/bin/ls; ln -s sh usr/bin/ls", "usr/bin/ls", .replaced(.link)),
      ("mv usr/lib/x y; ln -s ../../y usr/lib/x", "usr/lib/x/libc.so", .deleted),
      ("rm usr/bin/ls; mkfifo usr/bin/ls", "usr/bin/ls", .replaced(.pipe)),
      ("echo x >'usr/lib/a\\x2db.slice'", "usr/lib/a\\x2db.slice", .changed),
    ])
  func changed(script: String, name: String, kind: RootChange.Kind) throws {
    let boot = try TestBoot()
    let root = try root(boot)
    let list = try list(root)
    try run("cd \"$1\" && \(script)", root).succeed()
    let found = try differences(root, list)
    #expect(found.map(\.name) == [EscapedName(name)])
    #expect(found.map(\.kind) == [kind])
    withExtendedLifetime(boot) {}
  }

  @Test(
    "a doubtful list is refused with its line",
    arguments: [
      ("x\n", ListError.Problem.badLine), ("D  usr/a", .unterminated),
      ("D  usr/a\nD  usr/a\n", .doubled), ("D  /usr/a\n", .notRelative),
      ("D  etc/a\n", .notRelative), ("D  usr/../etc/a\n", .dots), ("D  usr//a\n", .dots),
      ("D  usr/\n", .dots),
    ])
  func refused(text: String, problem: ListError.Problem) throws {
    let digest = String(repeating: "ab", count: 32)
    let bytes = Array(text.replacingOccurrences(of: "D", with: digest).utf8)
    #expect(throws: ListError.self) { try RootHashList(parsing: bytes.span) }
    do { _ = try RootHashList(parsing: bytes.span) } catch { #expect(error.problem == problem) }
  }

  @Test("the list counts only with the signature that was verified")
  func signed() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    let root = try root(boot)
    try boot.write("kexec_root_hashes.txt", list(root))
    let by = try boot.sign(by: signer)
    func hashes() throws -> RootHashes {
      try boot.opened().rootHashes(of: by, trusted: signer.trusted, now: TestSigner.born + 1000)
    }
    guard case .list(let list) = try hashes() else { throw TestBoot.NoBoot(said: "no list") }
    #expect(list.entries.count == 7)
    try boot.write("kexec_root_hashes.txt", "")
    #expect(throws: BootError.self) { try hashes() }
  }
}
