import Foundation
import TestSupport
import Testing

/// `latchkey sign FILE` and `verify FILE`, with the real gpgv for the firmware's part and the real gpg
/// for the distributions'.
@Suite("files for sticks")
struct MediaTests {
  private let work: Workplace

  init() throws {
    work = try Workplace()
    try work.provision()
    try work.folder.write("debian.iso", bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0) })
  }

  private func sign(_ more: [String] = [], expecting status: Int32? = 0) throws -> Program {
    try work.latchkey(
      ["sign", "debian.iso", "--pin-file", "pin", "--yes"] + more, expecting: status)
  }

  /// What Heads does with FILE and FILE.sig, by its keyring.
  private func heads(_ signature: String = "debian.iso.sig") throws -> Program {
    _ = try work.run("gpg", ["--yes", "--dearmor", "-o", "keyring.gpg", "ada.asc"], expecting: 0)
    return try work.run(
      "gpgv", ["--keyring", work.folder.path("keyring.gpg"), signature, "debian.iso"])
  }

  @Test("gpgv takes the signature, verify too; one changed byte and both refuse")
  func signed() throws {
    let said = try sign()
    #expect(said.text.contains("debian.iso is signed by Nitrokey "), "\(said.text)")
    #expect(try heads().status == 0)
    #expect(
      FileManager.default.contents(atPath: work.folder.path("debian.iso.sig"))?
        .starts(with: Array("-----BEGIN PGP SIGNATURE-----\n".utf8)) == true)
    let verified = try work.latchkey(["verify", "debian.iso"], card: [], expecting: 0)
    #expect(verified.text.contains("debian.iso is as it was signed."))
    #expect(verified.text.contains("SHA-256"))
    let handle = try #require(FileHandle(forWritingAtPath: work.folder.path("debian.iso")))
    try handle.seek(toOffset: 150_000)
    try handle.write(contentsOf: [0xFF])
    #expect(try heads().status != 0)
    let refused = try work.latchkey(["verify", "debian.iso"], card: [], expecting: 1)
    #expect(refused.text.contains("was changed"))
    #expect(refused.errorText.contains("Don't boot debian.iso"))
  }

  @Test("JSON says what was signed and verified")
  func json() throws {
    for arguments in [["sign", "--pin-file", "pin", "--yes"], ["verify"]] {
      let said = try work.latchkey(arguments + ["debian.iso", "--json"], expecting: 0)
      let document = try #require(
        JSONSerialization.jsonObject(with: Data(said.output)) as? [String: Any])
      let files = try #require((document["result"] as? [String: Any])?["files"] as? [[String: Any]])
      #expect(files.first?["verdict"] as? String == "good")
      #expect(files.first?["size"] as? Int == 300_000)
    }
  }

  @Test(
    "a signature that is there is shown, and stays unless the answer is yes; no PIN is asked before"
  )
  func replacing() throws {
    _ = try sign()
    let before = FileManager.default.contents(atPath: work.folder.path("debian.iso.sig"))
    let said = try work.latchkey(["sign", "debian.iso", "--pin-file", "pin"], expecting: 2)
    #expect(said.errorText.contains("signed before, in debian.iso.sig, by "), "\(said.errorText)")
    #expect(said.errorText.contains("Replace debian.iso.sig?"))
    #expect(FileManager.default.contents(atPath: work.folder.path("debian.iso.sig")) == before)
    try work.folder.write("debian.iso.sig", "nonsense")
    let other = try sign()
    #expect(other.errorText.contains("which does not hold"))
    #expect(try heads().status == 0)
  }

  @Test("a distribution's .asc beside it stays, and it is said that Heads takes ours first")
  func besideAnother() throws {
    let gpg = try Distribution("rsa2048")
    try work.folder.write(
      "debian.iso.asc", bytes: gpg.run(["--armor", "--detach-sign"], of: work, "debian.iso"))
    let own = ["verify", "debian.iso", "--trusted", gpg.certificate]
    #expect(try work.latchkey(own, expecting: 0).text.contains("debian.iso.asc"))
    let said = try sign()
    #expect(said.errorText.contains("Heads takes debian.iso.sig before debian.iso.asc."))
    #expect(FileManager.default.fileExists(atPath: work.folder.path("debian.iso.asc")))
    // Just as Heads, which never looks at .asc then.
    let refused = try work.latchkey(own, expecting: 1)
    #expect(refused.text.contains("by a key that isn't trusted"), "\(refused.text)")
  }

  @Test("a wrong PIN costs one try and leaves no file; --output puts the signature elsewhere")
  func output() throws {
    try work.latchkey(
      ["sign", "debian.iso", "--pin-file", "wrong", "--yes"], expecting: 1)
    #expect(try signatures() == [])
    _ = try sign(["--output", "elsewhere.sig"])
    #expect(try signatures() == ["elsewhere.sig"])
    #expect(try heads("elsewhere.sig").status == 0)
    try work.latchkey(
      ["verify", "debian.iso", "--signature", "elsewhere.sig"], expecting: 0)
    try work.latchkey(["verify", "debian.iso"], expecting: 1)
  }

  /// What bears a signature's name, finished or not.
  private func signatures() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: work.folder.path)
      .filter { $0.contains(".sig") }.sorted()
  }

  @Test("on a full or read-only stick nothing is written, and no PIN is asked for")
  func fullStick() throws {
    for (options, remount, next) in [
      ("size=400k,nr_inodes=2", "true", "Make room"),
      ("size=400k", "dd if=/dev/zero of=STICK/fill bs=1k 2>/dev/null || true", "Make room"),
      ("size=1M", "mount -o remount,ro STICK", "writable"),
    ] {
      let script = """
        mkdir -p STICK && mount -t tmpfs -o \(options) none STICK && cp debian.iso STICK/ && \(remount)
        '\(Repository.product("latchkey"))' sign STICK/debian.iso --pin-file pin --yes \
        --virtual-card dongle.card --sysroot system; echo "exit $?"; ls STICK
        """
      let said = try work.run(
        "unshare", ["--mount"] + (getuid() == 0 ? [] : ["--map-root-user"]) + ["sh", "-c", script])
      #expect(said.text.contains("exit 5"), "\(said.text)\(said.errorText)")
      #expect(said.errorText.contains(next), "\(said.errorText)")
      #expect(!said.text.contains(".sig"), "\(said.text)")
    }
  }

  @Test("a stick whose file system has no modes is written to all the same")
  func withoutModes() throws {
    try work.folder.write(
      "fat.c", "#include <errno.h>\nint fchmod(int f, unsigned m) { errno = EPERM; return -1; }\n")
    _ = try work.run("gcc", ["-shared", "-fPIC", "-o", "fat.so", "fat.c"], expecting: 0)
    _ = try work.run(
      "env",
      [
        "LD_PRELOAD=\(work.folder.path("fat.so"))", Repository.product("latchkey"), "sign",
        "debian.iso", "--pin-file", "pin", "--yes", "--virtual-card", "dongle.card", "--sysroot",
        "system",
      ], expecting: 0)
    #expect(try heads().status == 0)
  }

  @Test("wrong uses are told apart, and name what to do")
  func wrongUse() throws {
    for (arguments, text) in [
      (["verify", "--checksums", "LIST"], "--checksums is for files"),
      (["sign", "--output", "x"], "--output is for files"),
      (["sign", "debian.iso", "--names", "relative"], "--names is about /boot"),
      (["sign", "debian.iso", "--boot", "BOOT"], "--boot and files don't go together"),
      (["sign", "debian.iso", "b", "--output", "x"], "--output is for one FILE, not for 2"),
      (["verify", "debian.iso", "--checksums-signature", "x"], "without --checksums"),
      (["verify", "BOOT"], "is no file"),
    ] {
      let said = try work.latchkey(arguments, expecting: 2)
      #expect(said.errorText.contains(text), "\(said.errorText)")
    }
    #expect(
      try work.latchkey(["verify", "absent.iso"], expecting: 5).errorText.contains("No such file"))
  }

  @Test("a long reading says on a terminal how far it is")
  func progress() throws {
    _ = try work.run("truncate", ["-s", "100M", "large.iso"], expecting: 0)
    let said = try work.run(
      "script",
      [
        "-qec",
        "'\(Repository.product("latchkey"))' verify large.iso --sysroot system",
        "/dev/null",
      ])
    #expect(said.status == 1)
    #expect(said.text.contains("Reading large.iso … 50 % of 104.9 MB"), "\(said.text)")
  }
}

/// gpg in a distribution's hands, with one of testkeys/.
struct Distribution {
  let certificate: String
  private let gpg: GPG
  private let key: String

  init(_ key: String) throws {
    self.key = key
    gpg = try GPG()
    certificate = Repository.path("testkeys/\(key)/public.asc")
    let imported = try gpg.run(["--import", Repository.path("testkeys/\(key)/secret.asc")])
    guard imported.status == 0 else { throw TestSupportError(imported.errorText) }
  }

  /// Signs some text.
  func run(_ arguments: [String], _ text: String) throws -> [UInt8] {
    let done = try gpg.run(arguments, input: Array(text.utf8))
    guard done.status == 0 else { throw TestSupportError(done.errorText) }
    return done.output
  }

  /// Signs a file.
  func run(_ arguments: [String], of work: Workplace, _ file: String) throws -> [UInt8] {
    let done = try gpg.run(arguments + ["--output", "-", work.folder.path(file)])
    guard done.status == 0 else { throw TestSupportError(done.errorText) }
    return done.output
  }
}
