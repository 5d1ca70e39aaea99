import Foundation
import TestSupport
import Testing

@Suite("The certificates in trusted.d")
struct TrustTests {
  /// A signed /boot, and the path of the folder.
  private func signed() throws -> (work: Workplace, folder: String, file: String) {
    let work = try Workplace()
    try work.provision()
    try work.sign()
    let folder = "system/etc/latchkey/trusted.d"
    let names = try FileManager.default.contentsOfDirectory(atPath: work.folder.path(folder))
    return (work, folder, folder + "/" + (try #require(names.first)))
  }

  private func verify(_ work: Workplace, _ more: [String] = []) throws -> Program {
    try work.latchkey(["verify", "--boot", "BOOT"] + more, card: [])
  }

  private func shell(_ work: Workplace, _ script: String) throws {
    _ = try work.run("sh", ["-ec", script], expecting: 0)
  }

  @Test("a revocation counts in each place, and the file that holds it is named")
  func revocations() throws {
    let (work, folder, file) = try signed()
    let good = try verify(work)
    #expect(good.status == 0 && good.text.contains("trusted by \(file)"), "\(good.text)")
    for (script, holder) in [
      ("cp ada-revocation.asc \(folder)/x.asc", "\(folder)/x.asc"),
      ("cp ada-revocation.asc \(folder)/x.rev", "\(folder)/x.rev"),
      ("gpg --dearmor <ada-revocation.asc >\(folder)/x.gpg", "\(folder)/x.gpg"),
      ("cat ada-revocation.asc >>\(file)", file),
      ("{ echo Hello; cat ada-revocation.asc ada.asc; } >\(folder)/x.pgp", "\(folder)/x.pgp"),
    ] {
      try shell(work, "cp ada.asc \(file); rm -f \(folder)/x.*; \(script)")
      let run = try verify(work)
      #expect(run.text.contains("was revoked on"), "\(script): \(run.text)")
      expect(run, 1, ["The revocation is in \(holder)."])
      // Whoever is named instead of the folder.
      try shell(work, "cp ada.asc other.asc")
      expect(try verify(work, ["--trusted", "other.asc"]), 1, ["The revocation is in \(holder)."])
      let sign = try work.latchkey(
        ["sign", "--boot", "BOOT", "--names", "relative", "--yes", "--pin-file", "pin"])
      expect(sign, 1, ["was revoked on", "The revocation is in \(holder)."])
      let status = try work.latchkey(["status", "--boot", "BOOT"])
      #expect(status.text.contains("Not ready") && status.text.contains(holder), "\(status.text)")
      let gpg = try verify(work, ["--engine", "gpg"])
      expect(gpg, 1, ["refuses it too"])
    }
  }

  @Test("a file that can't be used is named, and the others count; status isn't ready")
  func badFiles() throws {
    let (work, folder, file) = try signed()
    for (script, name, words) in [
      ("echo junk >\(folder)/x.asc", "x.asc", "its armor is broken"),
      (
        "sed 's/^-----BEGIN/:&/' ada-revocation.asc >\(folder)/x.rev", "x.rev",
        "Remove the colon"
      ),
      ("head -c 90 /dev/zero >\(folder)/x.gpg", "x.gpg", "is not used"),
      ("head -c 2000000 /dev/zero >\(folder)/x.gpg", "x.gpg", "larger than 1 MiB"),
      ("mkdir \(folder)/x.pgp", "x.pgp", "no regular file"),
      ("ln -s nowhere \(folder)/x.asc", "x.asc", "a link to a file that isn't there"),
      (
        "cp \(Repository.path("testkeys/rsa2048/secret.asc")) \(folder)/x.asc", "x.asc",
        "no secret key"
      ),
    ] {
      try shell(work, "rm -rf \(folder)/x.*; \(script)")
      let run = try verify(work)
      expect(run, 0, ["\(folder)/\(name) is not used", words])
      #expect(run.text.contains("trusted by \(file)"))
      let status = try work.latchkey(["status", "--boot", "BOOT"])
      #expect(status.text.contains("Not ready"), "\(script)")
      #expect(status.text.contains("\(folder)/\(name) is not used"), "\(script)")
      // One that was named is an error.
      guard !name.hasPrefix("x.pgp") else { continue }
      #expect(try verify(work, ["--trusted", "\(folder)/\(name)"]).status != 0, "\(script)")
    }
    try shell(work, "rm -rf \(folder)/x.*; cp ada-revocation.asc \(folder)/x.txt")
    expect(try verify(work), 0, ["\(folder)/x.txt is not read"])
    try shell(work, "mv \(folder)/x.txt \(folder)/.x.asc")
    #expect(try verify(work).errorText.isEmpty)
  }

  @Test("several certificates in a file, text around them, and any of the endings")
  func forms() throws {
    let (work, folder, file) = try signed()
    let other = Repository.path("testkeys/ed25519/public.asc")
    for script in [
      "{ echo Hello; cat \(other); echo and; cat ada.asc; echo bye; } >\(folder)/x.asc",
      "cat \(other) ada.asc >\(folder)/x.pgp",
      "{ gpg --dearmor <\(other); gpg --dearmor <ada.asc; } >\(folder)/x.gpg",
      "cp ada.asc \(folder)/X.GPG",
    ] {
      try shell(work, "rm -f \(file) \(folder)/*; \(script)")
      let run = try verify(work)
      expect(run, 0, [])
      #expect(run.text.contains("trusted by \(folder)/"), "\(script): \(run.text)")
      expect(try verify(work, ["--engine", "gpg"]), 0, ["says so too"])
      let export = try work.latchkey(["card", "export", "certificate"])
      #expect(export.status == 0 && export.text.contains("BEGIN PGP PUBLIC KEY BLOCK"))
    }
  }

  @Test("a key certified with SHA-1 is refused for that, and what is advised makes it good")
  func sha1() throws {
    let gpg = try GPG()
    func run(_ arguments: [String]) throws -> Program {
      let run = try gpg.run(arguments)
      guard run.status == 0 else { throw TestSupportError(run.errorText) }
      return run
    }
    let old = ["--cert-digest-algo", "SHA1", "--faked-system-time", "20120101T000000!"]
    _ = try run(
      old + ["--quick-generate-key", "Ada <ada@example.org>", "rsa2048", "sign", "never"])
    let listed = try run(["--with-colons", "--list-keys"]).text
    let line = listed.split(separator: "\n").first { $0.hasPrefix("fpr") }
    let key = try #require(line?.split(separator: ":").last.map(String.init))
    _ = try run(old + ["--quick-add-key", key, "rsa2048", "encr", "never"])
    let work = try Workplace()
    try work.folder.write("list", "data")
    func export() throws {
      try work.folder.write("c.asc", bytes: try run(["--armor", "--export", key]).output)
    }
    try export()
    _ = try run(
      ["--detach-sign", "--output", work.folder.path("list.sig"), work.folder.path("list")])
    let refused = try work.latchkey(["verify", "list", "--trusted", "c.asc"], card: [])
    expect(refused, 1, ["--cert-digest-algo SHA256", "--quick-set-expire", "c.asc"])
    #expect(refused.text.contains("SHA-1"), "\(refused.text)")
    let renew = ["--cert-digest-algo", "SHA256", "--expert", "--quick-set-expire", key, "never"]
    _ = try run(renew)
    _ = try run(renew + ["*"])
    try export()
    expect(try work.latchkey(["verify", "list", "--trusted", "c.asc"], card: []), 0, [])
  }

  @Test("an expired key: which copy may be old, and how to renew it")
  func expired() throws {
    let work = try Workplace()
    let folder = Repository.path("testkeys")
    let run = try work.latchkey(
      [
        "verify", "\(folder)/signed.txt", "--signature", "\(folder)/expired/signed.sig",
        "--trusted",
        "\(folder)/expired/public.asc",
      ], card: [])
    expect(
      run, 1,
      ["expired/public.asc may hold an old copy", "--quick-set-expire", "gpg --armor --export"])
    #expect(run.text.contains("expired on 2024-07"), "\(run.text)")
  }
}
