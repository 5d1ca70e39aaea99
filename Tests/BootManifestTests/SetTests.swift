import BootManifest
import Foundation
import OpenPGP
import Testing

@Suite("The set itself")
struct SetTests {
  let boot: TestBoot
  let signer: TestSigner

  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
    try boot.sign(by: signer)
  }

  @Test(
    "a set without one of its three parts is none",
    arguments: ["kexec.sig", "kexec_hashes.txt", "kexec_tree.txt"])
  func missing(name: String) throws {
    try boot.remove(name)
    #expect(try boot.verify(by: signer) == .unsigned(missing: [EscapedName(name)]))
  }

  @Test(
    "a kexec*.txt that came later is named",
    arguments: ["kexec_evil.txt", "kexec_menu.txt", "kexec.txt", "kexec_default.1.txt"])
  func addedSince(name: String) throws {
    try boot.write(name, "Debian|elf|kernel /evil")
    #expect(try boot.verify(by: signer) == .refused(.bad, addedSince: [EscapedName(name)]))
  }

  @Test("several kexec*.txt that came later are named, as far as Heads has no use for them")
  func severalAddedSince() throws {
    try boot.write("kexec_a.txt", "")
    try boot.write("kexec_b.txt", "")
    #expect(
      try boot.verify(by: signer)
        == .refused(.bad, addedSince: [EscapedName("kexec_a.txt"), EscapedName("kexec_b.txt")]))
  }

  @Test(
    "a kexec*.txt that was changed or deleted breaks the signature",
    arguments: ["kexec_rollback.txt", "kexec_latchkey.txt", "kexec_tree.txt", "kexec_hashes.txt"])
  func changed(name: String) throws {
    try boot.write(name, try boot.read(name) + [0x0A])
    #expect(try boot.verify(by: signer) == .refused(.bad, addedSince: []))
    guard name == "kexec_rollback.txt" || name == "kexec_latchkey.txt" else { return }
    try boot.remove(name)
    #expect(try boot.verify(by: signer) == .refused(.bad, addedSince: []))
  }

  @Test("a stranger's signature, a revoked key's, one from the future and an empty one are refused")
  func signatures() throws {
    let stranger = try TestSigner()
    #expect(
      try boot.verify(by: stranger)
        == .refused(.untrusted(signer.certificate.fingerprint), addedSince: []))
    let revoked = TrustedSigners([try signer.revoked(at: TestSigner.born + 500)])
    #expect(
      try boot.opened().verify(trusted: revoked, now: TestSigner.born + 1000)
        == .refused(
          .key(signer.certificate.fingerprint, .revoked(at: TestSigner.born + 500)), addedSince: [])
    )
    #expect(
      try boot.verify(by: signer, now: TestSigner.born + 99)
        == .refused(.fromTheFuture(TestSigner.born + 100), addedSince: []))
    try boot.write("kexec.sig", "")
    guard case .refused(.unreadable, []) = try boot.verify(by: signer) else {
      Issue.record("an empty signature passed")
      return
    }
  }

  @Test("a good signature beside a stranger's does not pass")
  func severalSignatures() throws {
    let stranger = try TestSigner()
    let bytes = try Heads.signedBytes(boot, .relative)
    func binary(_ armored: [UInt8]) throws -> [UInt8] {
      try Armor.decode(armored.span, as: .signature)
    }
    let good = try binary(boot.read("kexec.sig"))
    let bad = try binary(stranger.sign(bytes, at: TestSigner.born + 100))
    for both in [good + bad, bad + good] {
      try boot.write("kexec.sig", both)
      #expect(try boot.verify(by: signer) == .refused(.severalSignatures, addedSince: []))
    }
  }

  @Test(
    "a link, a folder or a pipe in place of a file of the set is refused, never opened",
    arguments: ["kexec.sig", "kexec_hashes.txt", "kexec_rollback.txt", "kexec_new.txt"],
    ["ln -s ../aside", "mkfifo", "mkdir"])
  func notRegular(name: String, make: String) throws {
    try run(
      """
      cd "$1"; [ -e "$2" ] && mv "$2" ../aside
      case "$3" in ln*) ln -s ../aside "$2";; *) "$3" "$2";; esac
      """, boot.path, name, make
    ).succeed()
    let refusal = BootError.notRegular(EscapedName(name))
    #expect(throws: refusal) { try boot.verify(by: signer) }
    #expect(throws: refusal) { try boot.sign(by: signer) }
  }

  @Test(
    "every single flipped bit and every cut in the signature and each list is noticed",
    arguments: ["kexec.sig", "kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt"])
  func bitFlips(name: String) throws {
    let small = try TestBoot(empty: true)
    try small.write("vmlinuz", "a kernel")
    try small.sign(by: signer)
    let folder = try small.opened()
    let hashed = try folder.hash(folder.scan())
    var original = try small.read(name)
    // An armor's last digit of base64 has bits that mean nothing; so the binary signature is flipped.
    if name == "kexec.sig" { original = try Armor.decode(original.span, as: .signature) }
    func holds(_ bytes: [UInt8]) throws -> Bool {
      try small.write(name, bytes)
      return try folder.verify(hashed, trusted: signer.trusted, now: TestSigner.born + 1000).holds
    }
    #expect(try holds(original))
    var count = 0
    for index in original.indices {
      for bit in 0..<8 {
        var flipped = original
        flipped[index] ^= 1 << UInt8(bit)
        #expect(try !holds(flipped), "byte \(index) bit \(bit)")
        count += 1
      }
      #expect(try !holds(Array(original[..<index])), "cut to \(index)")
      count += 1
    }
    print("\(name) flipped or cut: 0 of \(count) accepted")
  }

  @Test("flipped bits in an armored signature never make another one")
  func armorFlips() throws {
    let folder = try boot.opened()
    let hashed = try folder.hash(folder.scan())
    let armored = try boot.read("kexec.sig")
    let by = try boot.verify(by: signer).signedBy
    for index in armored.indices {
      for bit in 0..<8 {
        var flipped = armored
        flipped[index] ^= 1 << UInt8(bit)
        try boot.write("kexec.sig", flipped)
        let verdict = try folder.verify(
          hashed, trusted: signer.trusted, now: TestSigner.born + 1000)
        #expect(!verdict.holds || verdict.signedBy == by)
      }
    }
  }

  @Test("the digest that signing shows is the one verifying shows")
  func digest() throws {
    let folder = try boot.opened()
    let draft = try folder.draft(folder.hash(folder.scan()), dialect: .relative)
    #expect(try boot.verify(by: signer).signedBy?.digest == draft.digestToShow)
    let shown = try run("cd \"$1\" && sha256sum kexec*.txt | sha256sum", boot.path).output
    let text = draft.digestToShow.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    #expect(String(decoding: shown.prefix(64), as: UTF8.self) == text.joined())
  }
}
