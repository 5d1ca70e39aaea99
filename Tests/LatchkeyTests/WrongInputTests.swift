import Foundation
import TestSupport
import Testing

/// Each a plain message with the next step, the right exit code, and nothing half-written.
@Suite("wrong input")
struct WrongInputTests {
  @Test("no pcscd: exit 5, and how to start it")
  func noService() throws {
    let work = try Workplace()
    let result = try Program.run(
      Repository.product("latchkey"), ["card", "show"],
      environment: ["PCSCLITE_CSOCK_NAME": work.folder.path("none")], folder: work.folder.path)
    expect(result, 5, ["pcscd", "systemctl start pcscd.socket"])
  }

  @Test("stdout on a full disk: exit 5, however well the rest went", arguments: ["", " --json"])
  func fullDisk(json: String) throws {
    let work = try Workplace()
    let command = "card show --virtual-card dongle.card --sysroot system" + json
    let result = try work.run(
      "sh", ["-c", "exec \"$0\" \(command) >/dev/full", Repository.product("latchkey")])
    expect(result, 5, ["can't write stdout: No space left on device", "Make room"])
    // Who reads no further wants no more.
    try work.run(
      "bash",
      [
        "-c", "\"$0\" \(command) | true; exit ${PIPESTATUS[0]}", Repository.product("latchkey"),
      ], expecting: 0)
  }

  @Test("no reader, or no card in it: exit 3, plug it in", arguments: [[], [String?.none]])
  func noCard(cards: [String?]) throws {
    let work = try Workplace()
    let daemon = try PCSCDaemon(cards: cards)
    let result = try Program.run(
      Repository.product("latchkey"), ["card", "show"], environment: daemon.environment,
      folder: work.folder.path)
    expect(result, 3, ["there is no dongle", "Plug it in"])
  }

  @Test("a card that isn't an OpenPGP one: exit 3, and it hides no other")
  func otherCard() throws {
    let work = try Workplace()
    let daemon = try PCSCDaemon(cards: [nil, work.folder.path("dongle.card")])
    // A card that has no application at all.
    let script = """
      import socket, struct, sys
      s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
      while True:
          n = struct.unpack(">H", s.recv(2))[0]
          d = s.recv(n)
          a = bytes.fromhex("3b8080018101") if d == b"\\x04" else b"\\x6a\\x82" if n > 1 else None
          if a: s.sendall(struct.pack(">H", len(a)) + a)
      """
    let card = try Program.start("python3", ["-c", script, String(daemon.readers[0].port)])
    defer { Program.end(card) }
    func list() throws -> Program {
      try Program.run(
        Repository.product("latchkey"), ["card", "list"], environment: daemon.environment,
        folder: work.folder.path)
    }
    let isThere = Program.wait {
      (try? list())?.errorText.contains("has no OpenPGP application") ?? false
    }
    #expect(isThere)
    let result = try list()
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.contains("Nitrokey"), "\(result.text)")
    daemon.remove(from: 1)
    let alone = try Program.run(
      Repository.product("latchkey"), ["card", "show"], environment: daemon.environment,
      folder: work.folder.path)
    expect(alone, 3, ["there is no dongle", "has no OpenPGP application"])
  }

  @Test("another dongle than the one asked for: exit 3, and which is there")
  func wrongDongle() throws {
    let work = try Workplace()
    expect(
      try work.latchkey(["card", "show", "--card", "0006:00000001"]), 3,
      ["0006:00000001 is not there", "There is Nitrokey"])
    expect(try work.latchkey(["card", "show", "--card", "hello"]), 2, ["names no dongle"])
  }

  @Test("two dongles that fit: exit 3, and how to say which")
  func two() throws {
    let work = try Workplace()
    try work.createCard("second.card")
    let result = try work.latchkey(
      ["card", "show"],
      card: ["--virtual-card", "dongle.card", "--virtual-card", "second.card"])
    expect(result, 3, ["there are 2 dongles", "--card 000F:"])
  }

  @Test("a dongle that has keys isn't overwritten: exit 2")
  func provisionedAlready() throws {
    let work = try Workplace()
    try work.provision()
    let again = try work.latchkey([
      "provision", "--name", "Ada", "--pin-file", "pin", "--admin-pin-file", "admin", "--yes",
    ])
    expect(again, 2, ["has keys already", "--reset"])
    let fingerprint = try work.latchkey(["card", "show", "--json"]).text
    try work.provision(["--reset", "--export", "new.asc"])
    #expect(try work.latchkey(["card", "show", "--json"]).text != fingerprint)
  }

  @Test("a dongle whose PINs aren't the factory's: exit 1, and the factory's is not tried again")
  func changedPINs() throws {
    let work = try Workplace()
    let path = work.folder.path("dongle.card")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // The admin PIN is 87654321 now.
    try work.folder.write(
      "dongle.card",
      text.replacingOccurrences(of: "3132333435363738", with: "3837363534333231"))
    let provision = [
      "provision", "--name", "Ada", "--pin-file", "pin", "--admin-pin-file", "admin", "--yes",
    ]
    expect(try work.latchkey(provision), 1, ["admin PIN", "--current-admin-pin-file"])
    expect(try work.latchkey(provision), 1, ["already failed"])
    let shown = try work.latchkey(["card", "show"]).text
    #expect(shown.contains("admin PIN 2"), "\(shown)")
    #expect(shown.contains("signature       no key"), "\(shown)")
    try work.folder.write("current", "87654321\n")
    try work.latchkey(provision + ["--current-admin-pin-file", "current"], expecting: 0)
  }

  @Test("an export file that is there stays, and the dongle as it was: exit 2")
  func exportExists() throws {
    let work = try Workplace()
    try work.folder.write("ada.asc", "mine")
    let result = try work.latchkey([
      "provision", "--name", "Ada", "--pin-file", "pin", "--admin-pin-file", "admin", "--export",
      "ada.asc", "--yes",
    ])
    expect(result, 2, ["ada.asc is there already"])
    #expect(try work.latchkey(["card", "show"]).text.contains("signature       no key"))
  }

  @Test("a wrong PIN: exit 1, tries left; the same again is not sent; blocked: exit 4")
  func pins() throws {
    let work = try Workplace()
    try work.provision()
    let sign = ["sign", "--boot", "BOOT", "--names", "relative", "--yes", "--pin-file"]
    expect(try work.latchkey(sign + ["wrong"]), 1, ["wrong PIN", "2 tries are left"])
    expect(try work.latchkey(sign + ["wrong"]), 1, ["already failed", "no try was used"])
    expect(try work.latchkey(sign + ["short"]), 1, ["no possible PIN", "no try was used"])
    #expect(try work.latchkey(["card", "show"]).text.contains("PIN 2"))
    try work.folder.write("wrong2", "321321\n")
    expect(try work.latchkey(sign + ["wrong2"]), 1, ["1 try is left"])
    // Without a terminal nobody can say yes to the last try.
    expect(try work.latchkey(sign + ["pin"]), 2, ["only one try left", "Only a person"])
    #expect(try work.latchkey(["card", "show"]).text.contains("PIN 1"))
    #expect(!FileManager.default.fileExists(atPath: work.folder.path("BOOT/kexec.sig")))
  }

  @Test("a blocked PIN: exit 4, and how to unblock it")
  func blocked() throws {
    let work = try Workplace()
    try work.provision()
    let path = work.folder.path("dongle.card")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let range = try #require(text.range(of: #""tries"\s*:\s*3"#, options: .regularExpression))
    try work.folder.write("dongle.card", text.replacingCharacters(in: range, with: "\"tries\":0"))
    let result = try work.latchkey(
      ["sign", "--boot", "BOOT", "--names", "relative", "--yes", "--pin-file", "pin"])
    expect(result, 4, ["is blocked", "Unblock it with the admin PIN"])
  }

  @Test("an image that isn't LUKS, a wrong passphrase: the volume and the files are as they were")
  func volumes() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    let enroll = [
      "--pin-file", "pin", "--boot", "BOOT", "--yes", "--passphrase-file",
    ]
    expect(try work.latchkey(["enroll", "pin", "old"] + enroll + ["old"]), 2, [])
    expect(try work.latchkey(["enroll", "pin"] + enroll + ["old"]), 5, ["is no LUKS volume"])
    expect(try work.latchkey(["enroll", "none"] + enroll + ["old"]), 5, ["can't be opened"])
    let before = try Data(contentsOf: URL(fileURLWithPath: work.folder.path("disk.img")))
    expect(
      try work.latchkey(["enroll", "disk.img"] + enroll + ["wrong"]), 1,
      ["the passphrase opens no keyslot"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: work.folder.path("disk.img"))) == before)
    #expect(!FileManager.default.fileExists(atPath: work.folder.path("BOOT/latchkey")))
    expect(
      try work.latchkey([
        "unlock", "disk.img", "--test", "--pin-file", "pin", "--boot", "BOOT",
      ]), 3, ["no dongle is enrolled", "latchkey enroll"])
  }

  @Test("a blob cut short, or exchanged: exit 1, and no PIN is asked for")
  func blob() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let folders = [work.folder.path("system/etc/latchkey"), work.folder.path("BOOT/latchkey")]
    for folder in folders {
      let uuid = try #require(
        try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.count == 36 })
      let path = "\(folder)/\(uuid)/key.pgp"
      let bytes = try #require(FileManager.default.contents(atPath: path))
      try bytes.dropLast(10).write(to: URL(fileURLWithPath: path))
    }
    let result = try work.unlock()
    expect(result, 1, ["is not the one that was recorded", "No PIN was sent"])
  }

  @Test("a record on a /boot whose signature doesn't hold gets no PIN")
  func untrustedRecord() throws {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    try work.enroll()
    let uuid = try work.run("cryptsetup", ["luksUUID", "disk.img"], expecting: 0).text
      .trimmingCharacters(in: .newlines)
    // Root's own copy is gone: only /boot's is left, which isn't signed yet.
    _ = try work.run("rm", ["-r", "system/etc/latchkey/\(uuid)"], expecting: 0)
    expect(try work.unlock(), 1, ["is not signed", "no PIN was asked for"])
    try work.sign()
    #expect(try work.unlock().status == 0)
    try work.folder.write("BOOT/grub/grub.cfg", "changed")
    expect(try work.unlock(), 1, ["is not as it was signed"])
  }

  @Test("a trusted.d that others can write makes nobody trusted: exit 5, and what to do")
  func writableTrust() throws {
    let work = try Workplace()
    try work.provision()
    try work.sign()
    for name in ["", "/"] {
      let path = "system/etc/latchkey/trusted.d" + name
      _ = try work.run("sh", ["-c", "chmod o+w \(path)*"], expecting: 0)
      let result = try work.run(
        Repository.product("latchkey"), ["verify", "--boot", "BOOT", "--sysroot", "system"])
      expect(result, 5, ["others than root and you can write", "chmod go-w"])
      _ = try work.run("sh", ["-c", "chmod o-w \(path)*"], expecting: 0)
    }
  }

  @Test("a question that nobody can answer: exit 2, add --yes")
  func noTerminal() throws {
    let work = try Workplace()
    try work.provision()
    let result = try work.run(
      "setsid",
      [
        "--wait", Repository.product("latchkey"), "sign", "--boot", "BOOT", "--names", "relative",
        "--pin-file", "pin", "--virtual-card", "dongle.card", "--sysroot", "system",
      ])
    expect(result, 2, ["--yes"])
  }

  @Test("a PIN by descriptor works as one by file does")
  func descriptor() throws {
    let work = try Workplace()
    try work.provision()
    let result = try work.run(
      "sh",
      [
        "-c",
        "\"$0\" sign --boot BOOT --names absolute --yes --pin-fd 7 --virtual-card dongle.card "
          + "--sysroot system --json 7<pin",
        Repository.product("latchkey"),
      ], expecting: 0)
    #expect(result.text.contains("\"verdict\" : \"good\""), "\(result.text)")
    #expect(result.text.contains("\"names\" : \"absolute\""), "\(result.text)")
  }

  @Test("wrong use: exit 2")
  func wrongUse() throws {
    let work = try Workplace()
    for arguments in [["frobnicate"], ["enroll"], ["sign", "--names", "sideways"]] {
      let result = try work.latchkey(arguments)
      #expect(result.status == 2, "\(arguments): \(result.errorText)")
    }
  }
}
