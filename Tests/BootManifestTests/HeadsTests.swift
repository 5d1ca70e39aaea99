import BootManifest
import Foundation
import Glibc
import LibCrypto
import OpenPGP
import Testing

@Suite("Heads' own shell is the witness")
struct HeadsTests {
  @Test(
    "what is signed here on a real /boot, Heads boots, in its own dialect only",
    arguments: Dialect.allCases)
  func ours(dialect: Dialect) throws {
    let boot = try TestBoot(real: true)
    let signer = try TestSigner()
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer, dialect: dialect)
    for other in Dialect.allCases {
      #expect(try Heads.accepts(boot, keyring: keyring, other) == (other == dialect))
    }
    let verdict = try boot.verify(by: signer)
    #expect(verdict.holds)
    #expect(verdict.signedBy?.dialect == dialect)
    #expect(verdict.signedBy?.certificate == signer.certificate.fingerprint)
    #expect(verdict.signedBy?.time == TestSigner.born + 100)
  }

  @Test("the lists are Heads' own to the byte, but for the order of the hashes")
  func lists() throws {
    let boot = try TestBoot(real: true)
    try boot.write("kexec_default.1.txt", "Debian|elf|kernel /vmlinuz\n")
    try boot.write("kexec-tools/file", "left out by Heads, with all below it")
    try boot.write("grub/a b'$(c)", "a name Heads bears")
    try boot.write("-n", "a name like an option")
    try boot.sign(by: TestSigner())
    let hashes = try boot.read("kexec_hashes.txt")
    let tree = try boot.read("kexec_tree.txt")
    try Heads.makeLists(boot)
    func sorted(_ lines: [UInt8]) -> [String] {
      String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
    }
    #expect(try sorted(boot.read("kexec_hashes.txt")) == sorted(hashes))
    #expect(try boot.read("kexec_tree.txt") == tree)
  }

  @Test(
    "the signed list is sha256sum's, in the shell's order of names", arguments: Dialect.allCases)
  func signedList(dialect: Dialect) throws {
    let boot = try TestBoot()
    try boot.write("kexec_default_hashes.txt", "1")
    try boot.write("kexec_default.2.txt", "2")
    try boot.write("kexec_default.10.txt", "3")
    try boot.write("kexec.txt", "4")
    let folder = try boot.opened()
    let draft = try folder.draft(folder.hash(folder.scan()), dialect: dialect)
    try boot.sign(by: TestSigner(), dialect: dialect)
    #expect(try Heads.signedBytes(boot, dialect) == draft.signedBytes)
    #expect(
      draft.keptNames.map(\.description) == [
        "kexec.txt", "kexec_default.10.txt", "kexec_default.2.txt", "kexec_default_hashes.txt",
        "kexec_rollback.txt",
      ])
  }

  @Test(
    "what Heads' shell and gpg signed is accepted, armored and binary", arguments: Dialect.allCases,
    ["--armor", "--no-armor"])
  func theirs(dialect: Dialect, armor: String) throws {
    let boot = try TestBoot(real: true)
    try Heads.makeLists(boot)
    try boot.write("signed", Heads.signedBytes(boot, dialect))
    let made = try run(
      """
      set -e
      export GNUPGHOME="$1/gnupg"; mkdir -m 700 "$GNUPGHOME"
      mv "$1/boot/signed" "$1/signed"
      gpg --quiet --batch --passphrase '' --quick-gen-key 'Ada <a@b.c>' ed25519 sign 0
      gpg --export >"$1/keyring.gpg"
      gpg --quiet --batch "$2" --output "$1/boot/kexec.sig" --detach-sign "$1/signed"
      gpgconf --kill all
      """, boot.folder, armor)
    try made.succeed()
    let bytes = Array(try Data(contentsOf: URL(filePath: boot.folder + "/keyring.gpg")))
    let trusted = TrustedSigners([try Certificate(parsing: bytes.span)])
    let verdict = try boot.opened().verify(trusted: trusted, now: UInt32(time(nil)))
    #expect(verdict.holds)
    #expect(verdict.signedBy?.dialect == dialect)
    if case .signed(_, let record, _) = verdict { #expect(record == .absent) }
  }

  @Test("gpg itself takes the signature and the certificate")
  func gpg() throws {
    let boot = try TestBoot()
    let signer = try TestSigner(.rsa(bits: 2048))
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer)
    let checked = try run(
      """
      export GNUPGHOME="$1/gnupg"; mkdir -m 700 "$GNUPGHOME"
      gpg --quiet --batch --import "$2" || exit 1
      cd "$1/boot"; sha256sum kexec*.txt | gpg --batch --verify kexec.sig -
      status=$?; gpgconf --kill all; exit $status
      """, boot.folder, keyring)
    #expect(checked.status == 0, "\(checked.errors)")
  }

  @Test("after the firmware signed again, the record of types is stale and counts as absent")
  func stale() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try boot.sign(by: signer)
    try boot.write("vmlinuz-6.2", "another kernel")
    try boot.remove("vmlinuz")
    try boot.link("vmlinuz", to: "vmlinuz-6.2")
    try Heads.sign(boot, by: signer, at: TestSigner.born + 200)
    guard case .signed(_, let record, let changes) = try boot.verify(by: signer) else {
      Issue.record("not signed")
      return
    }
    #expect(record == .stale)
    #expect(changes.isEmpty)
  }

  @Test("the dialect of a set there is told, so that it can be kept")
  func keepsDialect() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try Heads.sign(boot, by: signer, at: TestSigner.born + 100, .absolute)
    let dialect = try #require(boot.verify(by: signer).signedBy?.dialect)
    try boot.sign(by: signer, at: TestSigner.born + 200, dialect: dialect)
    #expect(try Heads.accepts(boot, keyring: Heads.keyring(signer, in: boot), .absolute))
  }

  @Test("pending names are in neither of Heads' lists nor in its signed one")
  func pendingNames() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try boot.sign(by: signer)
    for name in ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"] {
      try boot.write(name + ".new", "half")
    }
    #expect(try Heads.accepts(boot, keyring: Heads.keyring(signer, in: boot), .relative))
    #expect(try boot.verify(by: signer).holds)
  }
}
