import Foundation
import TestSupport
import Testing

/// New keys, revoked dongles, and what has to follow so that the next boot works.
@Suite("rotate and revoke")
struct RotateTests {
  /// A place with an enrolled volume that crypttab names, a signed /boot, and a program that makes the
  /// initramfs: it writes down its arguments and the record that it saw.
  private func workplace(
    cards: [String] = ["dongle.card"], options: String = "luks"
  ) throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    for card in cards.dropFirst() {
      try work.createCard(card)
      try work.latchkey(
        [
          "provision", "--name", "Ada", "--pin-file", "pin", "--admin-pin-file", "admin",
          "--export",
          card + ".asc", "--yes",
        ], card: ["--virtual-card", card], expecting: 0)
    }
    try work.makeImage()
    try work.latchkey(
      ["enroll", "disk.img"] + cards.flatMap { _ in ["--pin-file", "pin"] }
        + ["--passphrase-file", "old", "--boot", "BOOT", "--yes"],
      card: cards.flatMap { ["--virtual-card", $0] }, expecting: 0)
    try work.sign(["--card", try serial(work, "dongle.card")])
    let uuid = try work.uuid()
    try work.writeCrypttab("root UUID=\(uuid) none \(options)")
    try work.writeInitramfs(failing: false)
    return work
  }

  private func serial(_ work: Workplace, _ card: String) throws -> String {
    let list = try work.latchkey(["card", "list"], card: ["--virtual-card", card], expecting: 0)
    let word = list.text.split(whereSeparator: { " \n".contains($0) })
      .first { $0.utf8.count == 13 && $0.contains(":") }
    return String(try #require(word))
  }

  private let common = [
    "--boot", "BOOT", "--yes", "--initramfs", "./update-initramfs", "--pin-file", "pin",
  ]

  @Test("one PIN rotates: the dongle opens it, the initramfs is made, and /boot is signed again")
  func rotates() throws {
    let work = try workplace()
    let result = try work.latchkey(["rotate", "disk.img", "--json"] + common, expecting: 0)
    #expect(result.text.contains(#""keyslot" : 2"#) && result.text.contains(#""signed" : true"#))
    #expect(result.text.contains(#""replacedKeyslot" : 1"#))
    #expect(!result.text.contains("passphraseKeyslot"))
    #expect(work.initramfsCalls == ["-u -k all"])
    #expect(try work.verify().status == 0)
    #expect(try work.unlock().status == 0)
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "-"],
      text: Workplace.passphrase, expecting: 0)
    let status = try work.latchkey(["status", "disk.img", "--boot", "BOOT"], expecting: 0)
    #expect(status.text.contains("Ready."), "\(status.text)")
  }

  @Test("an initramfs that can't be made stops with both keys, is named, and the next run goes on")
  func failingInitramfs() throws {
    let work = try workplace()
    try work.writeInitramfs(failing: true)
    expect(
      try work.latchkey(["rotate", "disk.img"] + common), 5,
      [
        "the initramfs was not made anew", "update-initramfs ended with exit code 3",
        "no space left", "update-initramfs -u -k all", "run this again",
      ])
    let status = try work.latchkey(["status", "disk.img", "--boot", "BOOT"])
    #expect(status.text.contains("interrupted, with the initramfs still to be made"))
    #expect(status.text.contains("1 not known, 2 dongle"), "\(status.text)")
    try work.writeInitramfs(failing: false)
    let again = try work.latchkey(["rotate", "disk.img"] + common, expecting: 0)
    #expect(again.text.contains("disk.img has its new key"))
    #expect(again.errorText.contains("BOOT must be signed: run latchkey sign"))
    #expect(
      try work.latchkey(["status", "disk.img", "--boot", "BOOT"]).text
        .contains("/boot is not signed since: latchkey sign"))
    // No record says that this initramfs was made.
    try work.sign(["--unexplained"])
    #expect(try work.unlock().status == 0)
    let ready = try work.latchkey(["status", "disk.img", "--boot", "BOOT"], expecting: 0)
    #expect(ready.text.contains("Ready."), "\(ready.text)")
  }

  @Test("where nothing is known to make the initramfs, nothing is changed")
  func noInitramfs() throws {
    let work = try workplace()
    expect(
      try work.latchkey([
        "rotate", "disk.img", "--boot", "BOOT", "--yes", "--pin-file", "pin",
      ]), 5, ["nothing is known to make its initramfs anew", "--initramfs PROGRAM"])
    expect(
      try work.latchkey([
        "rotate", "disk.img", "--boot", "BOOT", "--yes", "--pin-file", "pin", "--initramfs", "none",
      ]), 2, ["none can't be run"])
    #expect(try work.unlock().status == 0)
  }

  @Test(
    "at a terminal the signature is offered, and what changed is shown first",
    arguments: ["y", "n"])
  func offer(answer: String) throws {
    let work = try workplace()
    let script = try work.folder.write(
      "talk",
      """
      set timeout 100
      spawn \(Repository.product("latchkey")) rotate disk.img --boot BOOT --virtual-card dongle.card \
        --sysroot system --initramfs ./update-initramfs
      expect "to try the new key" ; expect "tries left" ; send "\(Workplace.pin)\\r"
      expect "a new key?" ; send "y\\r"
      expect "must be signed. Sign it now" ; send "\(answer)\\r"
      \(answer == "y" ? #"expect "initrd.img-6.1"; expect "as it is now?" ; send "y\r""# : "")
      \(answer == "y" ? #"expect "to sign" ; send "\#(Workplace.pin)\r""# : "")
      expect eof
      puts "ended [lindex [wait] 3]"
      """)
    let shown = try work.run("expect", [script])
    #expect(shown.text.contains("ended 0"), "\(shown.text)")
    #expect(shown.text.contains("run latchkey sign") == (answer == "n"), "\(shown.text)")
    #expect(try work.verify().status == (answer == "y" ? 0 : 1), "\(shown.text)")
    #expect(try work.unlock().status == 0)
  }

  @Test("a wrong PIN changes nothing, and uses one try")
  func wrongPIN() throws {
    let work = try workplace()
    let wrong = common.map { $0 == "pin" ? "wrong" : $0 }
    expect(try work.latchkey(["rotate", "disk.img"] + wrong), 1, ["2 tries are left"])
    #expect(try work.verify().status == 0)
    #expect(try work.unlock().status == 0)
    #expect(work.initramfsCalls.isEmpty)
  }

  @Test("images older than the key, and dongles that were not tried, are in status")
  func stale() throws {
    let work = try workplace()
    let image = work.folder.path("BOOT/initrd.img-6.1")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: image)
    let status = try work.latchkey(["status", "disk.img", "--boot", "BOOT"])
    #expect(status.text.contains("Older than the key of disk.img"), "\(status.text)")
    #expect(status.text.contains("initrd.img-6.1. Make them anew"))
  }

  @Test("a revoked dongle need not be there; the others go on, and the backups are named")
  func revokes() throws {
    let work = try workplace(cards: ["dongle.card", "spare.card"])
    let spare = try serial(work, "spare.card")
    // Its key, as it may have kept it: the old blob, and the header's backup.
    let uuid = try work.uuid()
    _ = try work.run(
      "cp", ["-r", "system/etc/latchkey/\(uuid)", "kept"], expecting: 0)
    expect(
      try work.latchkey(["revoke", "disk.img", "--card", "0006:00000001"] + common), 3,
      ["0006:00000001 is none of the dongles of disk.img", spare])
    expect(
      try work.latchkey(["revoke", "disk.img"] + common), 2,
      ["the dongle to take out is not named"])
    let revoked = try work.latchkey(["revoke", "disk.img", "--card", spare] + common, expecting: 0)
    #expect(revoked.text.contains("revoked    \(spare)"))
    #expect(revoked.text.contains("keeps the old key alive"))
    let backups = try FileManager.default.contentsOfDirectory(
      atPath: work.folder.path("system/var/lib/latchkey/headers"))
    #expect(backups.count == 2)
    for name in backups { #expect(revoked.text.contains(name), "\(name): \(revoked.text)") }
    #expect(try work.verify().status == 0, "signed again")
    #expect(try work.unlock().status == 0)
    let spared = try work.latchkey(
      ["unlock", "disk.img", "--pin-file", "pin", "--boot", "BOOT", "--test"],
      card: ["--virtual-card", "spare.card"])
    expect(spared, 3, ["there is no dongle for disk.img"])
    // With the old folder put back, the keyslot that it names is gone.
    _ = try work.run("rm", ["-r", "system/etc/latchkey/\(uuid)"], expecting: 0)
    _ = try work.run("cp", ["-r", "kept", "system/etc/latchkey/\(uuid)"], expecting: 0)
    let old = try work.latchkey(
      ["unlock", "disk.img", "--pin-file", "pin", "--boot", "BOOT", "--test"],
      card: ["--virtual-card", "spare.card"])
    expect(old, 1, ["the dongles' keyslot is gone"])
  }

  @Test("the last dongle goes only when that is said, and a passphrase has opened the volume")
  func last() throws {
    let work = try workplace()
    let serial = try serial(work, "dongle.card")
    let revoke = [
      "revoke", "disk.img", "--card", serial, "--boot", "BOOT", "--yes", "--initramfs",
      "./update-initramfs",
    ]
    expect(try work.latchkey(revoke, card: []), 2, ["is the only dongle of disk.img", "--last"])
    expect(
      try work.latchkey(revoke + ["--last", "--passphrase-file", "wrong"], card: []), 1,
      ["the passphrase opens no keyslot"])
    #expect(try work.unlock().status == 0)
    let gone = try work.latchkey(
      revoke + ["--last", "--passphrase-file", "old"], card: [], expecting: 0)
    #expect(gone.text.contains("only by its passphrases"))
    #expect(gone.errorText.contains("BOOT must be signed"))
    #expect(work.initramfsCalls == ["-u -k all"])
    _ = try work.run(
      "cryptsetup", ["open", "--test-passphrase", "disk.img", "-d", "-"],
      text: Workplace.passphrase, expecting: 0)
    let dump = try work.run("cryptsetup", ["luksDump", "disk.img"], expecting: 0)
    #expect(dump.text.components(separatedBy: ": luks2").count == 2, "\(dump.text)")
    let status = try work.latchkey(["status", "disk.img", "--boot", "BOOT"])
    #expect(status.text.contains("disk.img is not enrolled"))
  }

  @Test("a keyscript that would be left without a key stops it, and the line to write is shown")
  func keyscript() throws {
    let work = try workplace()
    let uuid = try work.uuid()
    try work.writeCrypttab(
      "root UUID=\(uuid) /etc/cryptkey.gpg luks,discard,keyscript=decrypt_gnupg-sc")
    expect(
      try work.latchkey(["rotate", "disk.img"] + common), 1,
      ["keyscript decrypt_gnupg-sc", "root UUID=\(uuid) none luks,discard"])
    #expect(work.initramfsCalls.isEmpty)
    let status = try work.latchkey(["status", "disk.img", "--boot", "BOOT"])
    #expect(status.text.contains("keyscript   decrypt_gnupg-sc: checks nothing"), "\(status.text)")
    // With our blob for its key it goes on.
    try work.writeCrypttab(
      "root UUID=\(uuid) /etc/latchkey/\(uuid)/key.pgp luks,keyscript=decrypt_gnupg-sc")
    try work.latchkey(["rotate", "disk.img"] + common, expecting: 0)
  }
}

extension Workplace {
  /// The volume's UUID.
  func uuid() throws -> String {
    try run("cryptsetup", ["luksUUID", "disk.img"], expecting: 0).text
      .trimmingCharacters(in: .newlines)
  }

  /// Writes the system's crypttab.
  func writeCrypttab(_ line: String) throws { try folder.write("system/etc/crypttab", line + "\n") }

  /// Writes the program that makes the initramfs: its image is made of the records that it finds.
  func writeInitramfs(failing: Bool) throws {
    try folder.write(
      "update-initramfs",
      """
      #!/bin/sh
      cd '\(folder.path)' || exit 4
      echo "$@" >> calls
      \(failing ? "echo 'no space left' >&2; exit 3" : "")
      cat system/etc/latchkey/*-*/record > BOOT/initrd.img-6.1 2>/dev/null
      exit 0

      """)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path("update-initramfs"))
  }

  /// The arguments of each call of that program.
  var initramfsCalls: [String] {
    let data = FileManager.default.contents(atPath: folder.path("calls")) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
