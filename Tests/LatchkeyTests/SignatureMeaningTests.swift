import Foundation
import TestSupport
import Testing

/// What is signed for /boot counts for that /boot alone, and what is signed as a file for no /boot.
@Suite("A signature has one meaning")
struct SignatureMeaningTests {
  let work: Workplace

  init() throws {
    work = try Workplace()
    try work.provision()
  }

  private func json(_ program: Program) throws -> [String: Any] {
    let document = try JSONSerialization.jsonObject(with: Data(program.text.utf8))
    let result = (document as? [String: Any])?["result"] as? [String: Any]
    return try #require(result)
  }

  private func shell(_ script: String) throws {
    _ = try work.run("bash", ["-c", script], expecting: 0)
  }

  /// Signs `boot` as the system whose folder stands for `/`.
  private func sign(
    _ boot: String, of system: String, pin: String = "pin", _ more: [String] = [],
    expecting status: Int32 = 0
  ) throws -> Program {
    try work.run(
      Repository.product("latchkey"),
      [
        "sign", "--virtual-card", "dongle.card", "--trusted", "ada.asc", "--sysroot", system,
        "--boot", boot, "--pin-file", pin, "--names", "relative", "--yes",
      ] + more, expecting: status)
  }

  private func ask(_ command: [String], _ boot: String, of system: String) throws -> Program {
    try work.run(
      Repository.product("latchkey"),
      command + ["--boot", boot, "--trusted", "ada.asc", "--sysroot", system])
  }

  @Test(
    "a file that could pass for a /boot's list is not signed, and no PIN is asked for",
    arguments: [
      ("SUMS", "sha256sum kexec*.txt"), ("SUMS", "sha256sum \"$PWD\"/kexec*.txt"),
      ("SUMS", "sha256sum -b kexec*.txt"), ("SUMS", "sha256sum kexec*.txt | sed 's/$/\\r/'"),
      ("SUMS", "sha256sum --tag kexec*.txt"), ("kexec_other.txt", "echo hello"),
      ("KEXEC_A.TXT", "echo hello"), ("kexec.sig", "echo hello"), ("kexec", "echo hello"),
    ])
  func list(name: String, command: String) throws {
    try work.sign()
    try shell("cd BOOT; (\(command)) >../\"\(name)\"")
    let said = try work.latchkey(["sign", name, "--pin-file", "missing", "--yes"])
    #expect(said.status == 1 || said.status == 2, "\(said.errorText)")
    #expect(said.errorText.contains("/boot") && said.errorText.contains("Nothing was signed"))
    #expect(!FileManager.default.fileExists(atPath: work.folder.path(name + ".sig")))
    let output = try work.latchkey(
      ["sign", "pin", "--output", "BOOT/kexec.sig", "--pin-file", "missing", "--yes"])
    #expect(output.errorText.contains("Nothing was signed"), "\(output.errorText)")
    #expect(try work.verify().status == 0)
  }

  @Test("the raw signatures of the other keys neither")
  func raw() throws {
    try work.sign()
    try shell("cd BOOT; sha256sum kexec*.txt >../SUMS")
    let said = try work.latchkey(["card", "authenticate", "SUMS", "--pin-file", "missing"])
    #expect(said.status == 1 && said.errorText.contains("/boot"), "\(said.errorText)")
  }

  @Test("a /boot's signature counts for no file: not for its list, nor for a list of checksums")
  func bootSignature() throws {
    try work.sign()
    try shell("cd BOOT; sha256sum kexec*.txt >../SUMS; cp kexec.sig ../SUMS.sig")
    let said = try work.latchkey(["verify", "SUMS", "--trusted", "ada.asc"])
    #expect(said.status == 1 && said.text.contains("does not hold"), "\(said.text)")
    let list = try work.latchkey(
      ["verify", "BOOT/kexec_tree.txt", "--checksums", "SUMS", "--trusted", "ada.asc"])
    #expect(list.status == 1 && list.errorText.contains("/boot"), "\(list.errorText)")
  }

  @Test("a file's signature still verifies, says that it is a file's, and gpg takes it")
  func file() throws {
    try work.folder.write("image.iso", "an image")
    try work.latchkey(["sign", "image.iso", "--pin-file", "pin", "--yes"], expecting: 0)
    #expect(try work.latchkey(["verify", "image.iso", "--trusted", "ada.asc"]).status == 0)
    try shell(
      """
      export GNUPGHOME=$PWD/gnupg; mkdir -m 700 gnupg; gpg -q --batch --import ada.asc
      gpg --batch --verify-options show-notations --verify image.iso.sig image.iso >said 2>&1
      status=$?; gpgconf --kill all
      grep -q 'purpose@latchkey.example=file' said || exit 9
      exit $status
      """)
  }

  @Test("another system's whole /boot is named as that by every command, and is not signed unasked")
  func otherSystem() throws {
    for name in ["a", "b"] {
      try shell("mkdir -p system-\(name)/etc boot-\(name)")
      try work.folder.write("system-\(name)/etc/hostname", "host-\(name)\n")
      try work.folder.write("boot-\(name)/vmlinuz", "kernel \(name)")
      _ = try sign("boot-\(name)", of: "system-\(name)")
      sleep(1)
    }
    let good = try json(ask(["verify", "--json"], "boot-a", of: "system-a"))
    #expect((good["signedOn"] as? [String: Any])?["name"] as? String == "host-a")
    #expect((good["signedOn"] as? [String: Any])?["isThis"] as? Bool == true)
    #expect(good["linksAndModes"] as? String == "compared")
    try shell("cp -a boot-a kept; rm -r boot-a; cp -a boot-b boot-a")
    for command in [["verify"], ["status"], ["changes"], ["verify", "--as-heads"]] {
      let said = try ask(command, "boot-a", of: "system-a")
      #expect(said.status == (command.count == 2 ? 0 : 1), "\(command) \(said.text)")
      #expect(said.text.contains("signed on host-b (id "), "\(command) \(said.text)")
    }
    let verdict = try json(ask(["verify", "--json"], "boot-a", of: "system-a"))
    #expect(verdict["verdict"] as? String == "otherSystem")
    let refused = try sign("boot-a", of: "system-a", expecting: 1)
    #expect(
      refused.errorText.contains("host-b") && refused.errorText.contains("Nothing was signed"))
    // A system without a memory takes it, and says whose it is.
    let fresh = try ask(["verify"], "boot-a", of: "system-c")
    #expect(fresh.status == 0 && fresh.text.contains("signed on  host-b (id "), "\(fresh.text)")
    _ = try sign("boot-a", of: "system-a", ["--unexplained"])
    for name in ["a", "b"] {
      #expect(try ask(["verify"], "boot-a", of: "system-\(name)").status == 0)
    }
  }

  @Test(
    "what waits of an interrupted signing stays, and counts for nothing, until the PIN is right")
  func waiting() throws {
    try work.sign()
    try shell(
      """
      cp -a BOOT OLD; echo new >BOOT/vmlinuz-6.1; chmod 644 BOOT/vmlinuz-6.1; sleep 1
      """)
    try work.sign(["--unexplained"])
    try shell(
      """
      cd BOOT; for f in hashes.txt tree.txt latchkey.txt; do
        mv kexec_$f kexec_$f.new; cp -a ../OLD/kexec_$f .; done
      mv kexec.sig kexec.sig.new; cp -a ../OLD/kexec.sig .; mv kexec_hashes.txt.new kexec_hashes.txt
      find . | xargs sha256sum 2>/dev/null | sort >../before
      """)
    let verdict = try work.verify()
    #expect(verdict.status == 1 && verdict.errorText.contains("latchkey sign"))
    #expect(verdict.text.contains("cut short"), "\(verdict.text)")
    let wrong = try work.latchkey(["sign", "--boot", "BOOT", "--pin-file", "wrong", "--yes"])
    #expect(wrong.status != 0)
    try shell("cd BOOT; find . | xargs sha256sum 2>/dev/null | sort | cmp - ../before")
    sleep(1)
    try work.sign()
    #expect(try work.verify().status == 0)
    try shell("! ls BOOT | grep -q new")
  }

  @Test("what the firmware's signing leaves out is said with a word of its own")
  func firmware() throws {
    try work.sign()
    try shell(
      """
      set -e; export GNUPGHOME=$PWD/gnupg; mkdir -m 700 gnupg
      gpg -q --batch --passphrase '' --quick-gen-key 'F <f@example.org>' ed25519 sign 0
      gpg --armor --export >f.asc
      for b in stale none; do cp -a BOOT $b; (cd $b; [ $b = stale ] || rm kexec_latchkey.txt
        find ./ -type f ! -path './kexec*' -print0 | sort -zr | xargs -0 sha256sum >kexec_hashes.txt
        echo >x; echo y >vmlinuz-6.1; find ./ -type f ! -path './kexec*' -print0 | xargs -0 sha256sum >kexec_hashes.txt
        find ./ ! -path './kexec*' -print0 | LC_ALL=C sort -z >kexec_tree.txt
        sha256sum kexec*.txt | gpg -q --batch --armor --detach-sign >../sig; mv ../sig kexec.sig); done
      gpgconf --kill all
      """)
    for (boot, word) in [
      ("stale", "notComparedSignedByFirmware"), ("none", "notComparedNoRecord"),
    ] {
      let said = try work.latchkey(["verify", "--json", "--boot", boot, "--trusted", "f.asc"])
      #expect(said.status == 0, "\(said.text)\(said.errorText)")
      #expect(try json(said)["linksAndModes"] as? String == word)
    }
  }
}
