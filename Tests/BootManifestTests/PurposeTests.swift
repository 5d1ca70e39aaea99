import BootManifest
import Foundation
import OpenPGP
import TestSupport
import Testing

@Suite("What a signature is for")
struct PurposeTests {
  let boot: TestBoot
  let signer: TestSigner

  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
  }

  @Test(
    "a signature that says it is a file's counts for no /boot, though Heads takes it",
    arguments: Dialect.allCases)
  func file(dialect: Dialect) throws {
    try boot.sign(by: signer, dialect: dialect)
    try boot.write(
      "kexec.sig",
      signer.sign(
        Heads.signedBytes(boot, dialect), at: TestSigner.born + 200, for: .file))
    #expect(try boot.verify(by: signer) == .refused(.madeFor(.file), addedSince: []))
    let keyring = try Heads.keyring(signer, in: boot)
    #expect(try Heads.accepts(boot, keyring: keyring, dialect))
    let look = try boot.opened().lookAsFirmware(
      trusted: signer.trusted, now: TestSigner.born + 1000)
    #expect(look.signature(dialect) == .holds(despite: nil))
  }

  @Test("one that says nothing, as gpg's and the firmware's, counts")
  func silent() throws {
    try Heads.sign(boot, by: signer, at: TestSigner.born + 100)
    let bytes = try boot.read("kexec.sig")
    let signature = try DetachedSignature(parsing: bytes.span)
    #expect(signature.purpose == nil)
    #expect(try boot.verify(by: signer).holds)
  }

  @Test("ours says that it is a /boot's, and gpg shows so and calls it good")
  func gpg() throws {
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer)
    let said = try run(
      """
      export GNUPGHOME="$1/gnupg"; mkdir -m 700 "$GNUPGHOME"
      gpg --quiet --batch --import "$2" || exit 1
      cd "$1/boot"
      sha256sum kexec*.txt | gpg --batch --verify-options show-notations --verify kexec.sig - 2>&1
      status=$?; gpgconf --kill all; exit $status
      """, boot.folder, keyring
    ).succeed()
    let text = String(decoding: said.output, as: UTF8.self)
    #expect(text.contains("purpose@latchkey.example=boot"), "\(text)")
    #expect(try Heads.accepts(boot, keyring: keyring, .relative))
  }

  private func appears(_ bytes: [UInt8]) -> Bool { SignedListForm.appears(in: bytes.span) }

  /// Of one byte each.
  private func appearsInPieces(_ bytes: [UInt8]) -> Bool {
    var form = SignedListForm()
    for index in bytes.indices { form.update(bytes.span.extracting(index..<index + 1)) }
    return form.isThere
  }

  static let digest = String(repeating: "0123456789abcdef", count: 4)

  static let lists = [
    "\(digest)  kexec_hashes.txt\n", "\(digest)  /boot/kexec_hashes.txt\n",
    "\(digest) *kexec_tree.txt\n", "\(digest)  ./kexec_tree.txt\n", "\(digest)  kexec.txt",
    "\(digest)  kexec_hashes.txt\r\n", "\(digest.uppercased())  kexec_hashes.txt\n",
    "\\\(digest)  kexec_a\\nb.txt\n", "\(digest)\tkexec_hashes.txt\n",
    "\(digest)  kexec_hashes.txt\0", "\(digest)  KEXEC_HASHES.TXT\n",
    "\(digest)  /media/boot/kexec_hashes.txt\n", "\u{FEFF}\(digest)  kexec_hashes.txt\n",
    "  \(digest)  kexec_hashes.txt  \n", "# checksums\n\n\(digest)  kexec_hashes.txt\n",
    "\(digest)  debian.iso\n\(digest)  kexec_hashes.txt\n", "\(digest)  kexec evil .txt\n",
    "SHA256 (kexec_hashes.txt) = \(digest)\n", "\(digest)  \"kexec_hashes.txt\"\n",
    "text\r\(digest)  kexec_hashes.txt",
  ]

  static let others = [
    "", "\n", "hello", "\(digest)  debian.iso\n", "\(digest)  ./vmlinuz\n",
    "\(digest)  kexec-tools_2.0.deb\n", "\(digest)kexec_hashes.txt\n",
    "\(digest.dropLast())  kexec_hashes.txt\n", "kexec_hashes.txt\n",
    "\(digest)  not-kexec_hashes.txt\n",
  ]

  @Test(
    "what could pass for a /boot's signed list is known as that",
    arguments: lists)
  func listForm(text: String) {
    #expect(appears(Array(text.utf8)))
    #expect(appearsInPieces(Array(text.utf8)))
  }

  @Test(
    "and what couldn't, isn't",
    arguments: others)
  func otherForm(text: String) {
    #expect(!appears(Array(text.utf8)))
  }

  @Test("every real list is known, whatever else is in the set", arguments: Dialect.allCases)
  func realList(dialect: Dialect) throws {
    try boot.write("kexec_0.txt", "first")
    try boot.sign(by: signer)
    let bytes = try Heads.signedBytes(boot, dialect)
    #expect(appears(bytes))
    #expect(try !appears(boot.read("kexec_hashes.txt")))
  }

  @Test("names of a set's own files, in capitals too")
  func names() {
    for name in ["kexec.sig", "KEXEC.SIG", "kexec_hashes.txt", "kexec.txt", "Kexec_x.TXT"] {
      #expect(SignedListForm.isName(name.utf8), "\(name)")
    }
    for name in ["kexec", "kexec.sig.sig", "x-kexec.sig", "debian.iso", "hashes.txt", "kexec.iso"] {
      #expect(!SignedListForm.isName(name.utf8), "\(name)")
    }
  }
}
