import BootManifest
import Foundation
import OpenPGP
import Testing

@Suite("What the firmware will say, beside its own shell")
struct FirmwareTests {
  /// Something about a set, and whether the firmware of its dialect accepts it.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let accepts: Bool
    let work: @Sendable (TestBoot) throws -> Void

    init(_ name: String, accepts: Bool, _ work: @escaping @Sendable (TestBoot) throws -> Void) {
      testDescription = name
      self.accepts = accepts
      self.work = work
    }

    static let all = [
      Case("as it was signed", accepts: true) { _ in },
      Case("a set file added", accepts: false) { try $0.write("kexec_new.txt", "x") },
      Case("a set file changed", accepts: false) { try $0.write("kexec_rollback.txt", "x") },
      Case("a set file deleted", accepts: false) { try $0.remove("kexec_rollback.txt") },
      Case("the record deleted", accepts: false) { try $0.remove("kexec_latchkey.txt") },
      Case("the signature of other bytes", accepts: false) {
        try $0.write("kexec.sig", TestSigner().sign([1], at: TestSigner.born + 5))
      },
      Case("no signature at all", accepts: false) { try $0.write("kexec.sig", "") },
    ]
  }

  @Test("is what it says, for each dialect", arguments: Case.all, Dialect.allCases)
  func pipeline(case test: Case, dialect: Dialect) throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer, dialect: dialect)
    try test.work(boot)
    let look = try boot.opened().lookAsFirmware(
      trusted: signer.trusted, now: TestSigner.born + 1000)
    for other in Dialect.allCases {
      let accepted = look.signature(other) == .holds(despite: nil) && look.lists == .hold
      #expect(try Heads.accepts(boot, keyring: keyring, other) == accepted)
      #expect(accepted == (test.accepts && other == dialect))
    }
  }

  @Test("a missing signature or list is told apart from one that fails")
  func missing() throws {
    let signer = try TestSigner()
    func look(_ work: (TestBoot) throws -> Void) throws -> FirmwareLook {
      let boot = try TestBoot()
      try boot.sign(by: signer)
      try work(boot)
      return try boot.opened().lookAsFirmware(
        trusted: signer.trusted, now: TestSigner.born + 1000)
    }
    let unsigned = try look { try $0.remove("kexec.sig") }
    #expect(unsigned.relative == .missing && unsigned.absolute == .missing)
    guard case .missing(let both) = unsigned.lists else { throw TestBoot.NoBoot(said: "lists") }
    #expect(both.count == 2)
    let treeless = try look { boot in
      try boot.remove("kexec_tree.txt")
      try boot.remove("kexec_latchkey.txt")
      try boot.write(
        "kexec.sig",
        signer.sign(Heads.signedBytes(boot, .relative), at: TestSigner.born + 100))
    }
    #expect(treeless.relative == .holds(despite: nil))
    #expect(treeless.lists == .missing([EscapedName("kexec_tree.txt")]))
    let changed = try look {
      try $0.write("vmlinuz-6.1", "evil")
      try $0.write("new", "")
    }
    #expect(changed.lists == .differ(hashes: [EscapedName("./vmlinuz-6.1")], tree: true))
  }

  @Test("a key that expired since passes there, and not here")
  func expired() throws {
    let boot = try TestBoot()
    let signer = try TestSigner(lifetime: 500)
    let keyring = try Heads.keyring(signer, in: boot)
    try boot.sign(by: signer, at: TestSigner.born + 100)
    let now = TestSigner.born + 1000
    #expect(try !boot.verify(by: signer, now: now).holds)
    let look = try boot.opened().lookAsFirmware(trusted: signer.trusted, now: now)
    #expect(look.relative == .holds(despite: .expired(at: TestSigner.born + 500)))
    #expect(look.lists == .hold)
    // That key expired years ago.
    #expect(try Heads.accepts(boot, keyring: keyring, .relative))
  }

  @Test("a key that was revoked since is named, and passes as it passes there")
  func revoked() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try boot.sign(by: signer, at: TestSigner.born + 100)
    let revoked = try signer.revoked(at: TestSigner.born + 500)
    let trusted = TrustedSigners([revoked])
    #expect(try !boot.opened().verify(trusted: trusted, now: TestSigner.born + 1000).holds)
    let look = try boot.opened().lookAsFirmware(trusted: trusted, now: TestSigner.born + 1000)
    switch look.relative {
    case .holds(.revoked?), .refused(.key(_, .revoked)): break
    default: Issue.record("\(look.relative)")
    }
  }

  @Test("a list that leads out of /boot is followed, as there")
  func escape() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    let keyring = try Heads.keyring(signer, in: boot)
    try Heads.makeLists(boot)
    try run("cd \"$1\" && echo out >../out && sha256sum ../out >>kexec_hashes.txt", boot.path)
      .succeed()
    try boot.write("a\\b", "x")
    try run("cd \"$1\" && sha256sum './a\\b' >>kexec_hashes.txt", boot.path).succeed()
    try run("cd \"$1\" && rm 'a\\b'", boot.path).succeed()
    func signAgain() throws {
      try boot.write(
        "kexec.sig", signer.sign(Heads.signedBytes(boot, .relative), at: TestSigner.born + 100))
    }
    func look() throws -> FirmwareLook.Lists {
      try boot.opened().lookAsFirmware(trusted: signer.trusted, now: TestSigner.born + 1000).lists
    }
    try signAgain()
    #expect(try look() == .differ(hashes: [EscapedName("./a\\b")], tree: false))
    #expect(try !Heads.accepts(boot, keyring: keyring, .relative))
    try run("cd \"$1\" && sed -i '$d' kexec_hashes.txt", boot.path).succeed()
    try signAgain()
    #expect(try look() == .hold)
    #expect(try Heads.accepts(boot, keyring: keyring, .relative))
  }
}
