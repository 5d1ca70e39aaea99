import DiskKey
import Foundation
import OpenPGPCard
import Secrets
import TestSupport
import Testing

/// Which PINs a dongle gets, and which it doesn't.
@Suite("No PIN try unasked")
struct PINMemoryTests {
  private static let sign = ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]

  /// Commands that send each of the three PINs, without it.
  static let uses: [(pin: PIN, option: String, right: String, command: [String])] = [
    (.user, "--pin", "factory", ["card", "pin", "change", "--new-pin-file", "pin"]),
    (
      .admin, "--admin-pin", "factory-admin",
      ["card", "pin", "change", "--admin", "--new-pin-file", "admin"]
    ),
    (.admin, "--admin-pin", "factory-admin", ["card", "holder", "name", "Ada"]),
    (.resetCode, "--reset-code", "code", ["card", "pin", "unblock", "--new-pin-file", "pin"]),
    (
      .admin, "--admin-pin", "factory-admin", ["card", "pin", "unblock", "--new-pin-file", "pin"]
    ),
  ]

  private func workplace(_ way: Way = .inProcess) throws -> Workplace {
    let work = try Workplace(way)
    for (name, text) in [
      ("factory", "123456\n"), ("factory-admin", "12345678\n"), ("code", "code-4711\n"),
      ("wrong1", "wrong-one\n"), ("wrong2", "wrong-two\n"),
    ] { try work.folder.write(name, text) }
    return work
  }

  /// The tries left as the card has them, by PIN.
  private func tries(_ work: Workplace, _ card: String = "dongle.card") throws -> [PIN: Int] {
    let shown = try work.run(
      Repository.product("virtual-card"), ["show", work.folder.path(card)], expecting: 0
    ).text
    func number(behind word: String) throws -> Int {
      let range = try #require(shown.range(of: word), "\(shown)")
      return try #require(
        shown[range.upperBound...].prefix { $0.isNumber }.split(separator: " ").first.flatMap {
          Int($0)
        })
    }
    return [
      .user: try number(behind: "PIN "), .resetCode: try number(behind: "reset code "),
      .admin: try number(behind: "admin PIN "),
    ]
  }

  private func setCode(_ work: Workplace) throws {
    try work.latchkey(
      [
        "card", "pin", "set-reset-code", "--admin-pin-file", "factory-admin", "--reset-code-file",
        "code",
      ], expecting: 0)
  }

  private func identifier(_ work: Workplace, _ card: String = "dongle.card") throws
    -> CardIdentifier
  {
    let list = try work.latchkey(["card", "list"], card: ["--virtual-card", card], expecting: 0)
      .text
    let text = Array(list.prefix { $0 != " " }.utf8)
    guard let identifier = CardIdentifier(text: text.span) else {
      throw TestSupportError("no serial number: \(list)")
    }
    return identifier
  }

  @Test("each wrong PIN says which it was, and is not sent twice", arguments: uses.indices)
  func remembers(index: Int) throws {
    let use = Self.uses[index]
    let work = try workplace()
    try setCode(work)
    let words = [PIN.user: "PIN", .admin: "admin PIN", .resetCode: "reset code"][use.pin] ?? ""
    expect(
      try work.latchkey(use.command + [use.option + "-file", "wrong1"]), 1,
      ["wrong \(words) for Nitrokey", "2 tries are left"])
    expect(
      try work.latchkey(use.command + [use.option + "-file", "wrong1"]), 1,
      ["this \(words) already failed", "no try was used", "latchkey card pin forget"])
    #expect(try tries(work)[use.pin] == 2)
    // One of another kind, and one of another dongle, is another PIN.
    let others = PIN.allCases.filter { $0 != use.pin }
    for other in others { #expect(try tries(work)[other] == 3) }
    try work.latchkey(use.command + [use.option + "-file", use.right], expecting: 0)
  }

  @Test(
    "tries that somebody else uses meanwhile end it before the PIN goes out",
    arguments: uses.indices)
  func fewerTries(index: Int) throws {
    let use = Self.uses[index]
    let work = try workplace()
    try setCode(work)
    _ = try work.run("mkfifo", ["pipe"], expecting: 0)
    let output = work.folder.path("output")
    // It has looked at the dongle when it opens the pipe.
    let process = try Program.start(
      Repository.product("latchkey"),
      use.command + [use.option + "-file", "pipe"] + work.card + ["--sysroot", "system"],
      output: output, errors: output, folder: work.folder.path)
    defer { Program.end(process) }
    let pipe = try #require(FileHandle(forWritingAtPath: work.folder.path("pipe")))
    for wrong in ["wrong1", "wrong2"] {
      _ = try work.latchkey(use.command + [use.option + "-file", wrong])
    }
    #expect(try tries(work)[use.pin] == 1)
    // The right one, even.
    let right = try #require(FileManager.default.contents(atPath: work.folder.path(use.right)))
    try pipe.write(contentsOf: right)
    try pipe.close()
    process.waitUntilExit()
    let said = String(
      decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    #expect(process.terminationStatus == 4, "\(said)")
    #expect(said.contains("had 3 tries left") && said.contains("1 try left now"), "\(said)")
    #expect(try tries(work)[use.pin] == 1)
  }

  @Test("a PIN that changes on one dongle says nothing of another's, nor of another PIN")
  func otherDongle() throws {
    let work = try workplace()
    try work.createCard("second.card", serial: "00000002")
    for card in ["dongle.card", "second.card"] {
      let way = ["--virtual-card", card]
      expect(
        try work.latchkey(Self.uses[0].command + ["--pin-file", "wrong1"], card: way), 1,
        ["wrong PIN"])
      expect(
        try work.latchkey(Self.uses[1].command + ["--admin-pin-file", "wrong1"], card: way), 1,
        ["wrong admin PIN"])
    }
    try work.latchkey(
      ["card", "pin", "change", "--pin-file", "factory", "--new-pin-file", "pin"],
      card: ["--virtual-card", "second.card"], expecting: 0)
    let first = ["--virtual-card", "dongle.card"]
    let second = ["--virtual-card", "second.card"]
    for (use, option, card, isSent) in [
      (0, "--pin-file", first, false), (1, "--admin-pin-file", first, false),
      (0, "--pin-file", second, true), (1, "--admin-pin-file", second, false),
    ] {
      expect(
        try work.latchkey(Self.uses[use].command + [option, "wrong1"], card: card), 1,
        [isSent ? "wrong PIN" : "already failed"])
    }
    #expect(try tries(work) == [.user: 2, .resetCode: 0, .admin: 2])
    #expect(try tries(work, "second.card") == [.user: 2, .resetCode: 0, .admin: 2])
  }

  @Test("what failed is forgotten for the dongle that is named, and no PIN is sent for it")
  func forgets() throws {
    let work = try workplace()
    try work.createCard("second.card", serial: "00000002")
    for card in ["dongle.card", "second.card"] {
      _ = try work.latchkey(
        Self.uses[0].command + ["--pin-file", "pin"], card: ["--virtual-card", card])
    }
    // As by another program.
    let path = work.folder.path("dongle.card")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = text.replacing("313233343536\"", with: "323731383238\"")
    #expect(changed != text)
    try work.folder.write("dongle.card", changed)
    let change = ["card", "pin", "change", "--pin-file", "pin", "--new-pin-file", "factory"]
    expect(try work.latchkey(change), 1, ["already failed", "latchkey card pin forget"])
    let forgot = try work.latchkey(["card", "pin", "forget"], expecting: 0)
    #expect(forgot.text.contains("No PIN counts as failed on Nitrokey"), "\(forgot.text)")
    #expect(try tries(work)[.user] == 2)
    try work.latchkey(change, expecting: 0)
    expect(
      try work.latchkey(change, card: ["--virtual-card", "second.card"]), 1, ["already failed"])
    let document = try work.latchkey(["card", "pin", "forget", "--json"], expecting: 0).text
    #expect(document.contains(#""dongle" : "000F:"#), "\(document)")
  }

  @Test("a PIN whose answer never came is not sent again by a script; a person may say yes")
  func unanswered() throws {
    let work = try workplace()
    try work.provision()
    let memory = FailedPINs(folder: Array(work.folder.path("system/run/latchkey").utf8))
    let card = try identifier(work)
    func lose() { memory.note(.unknown, of: secret(Workplace.pin), as: .user, on: card) }
    lose()
    // The tests may have a terminal; a script has none.
    let refused = try work.run(
      "setsid",
      ["--wait", Repository.product("latchkey")] + Self.sign + ["--pin-file", "pin"] + work.card
        + ["--sysroot", "system"])
    expect(
      refused, 2,
      [
        "was sent to Nitrokey", "no answer came", "there is no terminal",
        "latchkey card pin forget",
      ])
    #expect(try work.verify().status != 0)
    let script = try work.folder.write(
      "typed",
      """
      set timeout 60
      set answer [lindex $argv 0]
      spawn {\(Repository.product("latchkey"))} \(Self.sign.joined(separator: " ")) \
      --pin-file pin --virtual-card dongle.card --sysroot system
      expect "Send it once more? " ; send "$answer\\r" ; expect eof
      """)
    _ = try work.run("expect", [script, "n"])
    #expect(try work.verify().status != 0)
    _ = try work.run("expect", [script, "y"])
    #expect(try work.verify().status == 0)
    // It was right, so nothing is left of it.
    _ = try work.latchkey(Self.sign + ["--pin-file", "pin"], expecting: 0)
    lose()
    try work.latchkey(["card", "pin", "forget"], expecting: 0)
    _ = try work.latchkey(Self.sign + ["--pin-file", "pin"], expecting: 0)
    #expect(try tries(work)[.user] == 3)
  }

  @Test(
    "a dongle with more tries than a new one has is emptied and made ready, whatever failed on it")
  func reset() throws {
    let work = try Workplace(profile: "yubikey-5")
    try work.folder.write("factory-admin", "12345678\n")
    try work.folder.write("factory", "123456\n")
    try work.provision()
    try work.latchkey(
      ["card", "pin", "retries", "10", "5", "10", "--admin-pin-file", "admin", "--yes"],
      expecting: 0)
    for (pin, file) in [("pin", "factory"), ("admin-pin", "factory-admin")] {
      let more = pin == "pin" ? [] : ["--admin"]
      expect(
        try work.latchkey(
          ["card", "pin", "change", "--\(pin)-file", file, "--new-pin-file", "admin"] + more), 1,
        ["wrong", "9 tries are left"])
    }
    try work.provision(["--reset", "--export", "new.asc"])
    #expect(try tries(work) == [.user: 3, .resetCode: 0, .admin: 3])
  }

  @Test("a dongle that was never used here gets a PIN only by name, once")
  func stranger() throws {
    let work = try workplace(.reader)
    let daemon = try #require(work.daemon)
    let set = ["card", "holder", "name", "Ada", "--admin-pin-file", "factory-admin"]
    func apart(_ arguments: [String]) throws -> Program {
      try work.run(
        "setsid",
        ["--wait", Repository.product("latchkey")] + arguments + ["--sysroot", "system"])
    }
    let serial = String(
      try work.latchkey(["card", "list"], expecting: 0).text.prefix { $0 != " " })
    daemon.forgetTrace()
    expect(
      try apart(set), 2,
      ["\(serial) was never used on this system", "Send it the admin PIN?", "--card \(serial)"])
    let script = try work.folder.write(
      "typed",
      """
      set timeout 60
      spawn {\(Repository.product("latchkey"))} \(set.joined(separator: " ")) --sysroot system
      expect "\(serial) was never used on this system. Send it the admin PIN? "
      send "n\\r" ; expect "wasn't yes" ; expect eof
      """)
    #expect(try work.run("expect", [script]).text.contains("wasn't yes"))
    #expect(!daemon.trace().contains { $0.hasPrefix("00 20") }, "\(daemon.trace())")
    #expect(try apart(set + ["--card", serial]).status == 0)
    // It is known now.
    #expect(try apart(set).status == 0)
  }

  @Test("a signing dongle of which only the certificate is known is a stranger too")
  func strangerThatSigns() throws {
    let work = try workplace()
    try work.provision()
    _ = try work.run("sh", ["-c", "rm system/etc/latchkey/dongles/*"], expecting: 0)
    try work.insert(["dongle.card"])
    let sign = ["sign", "--boot", "BOOT", "--names", "relative", "--pin-file", "pin"]
    let script = try work.folder.write(
      "typed",
      """
      set timeout 60
      spawn {\(Repository.product("latchkey"))} \(sign.joined(separator: " ")) --sysroot system
      expect "as it is now? " ; send "y\\r"
      expect "was never used on this system. Send it the PIN? " ; send "n\\r"
      expect "wasn't yes" ; expect eof
      """)
    #expect(try work.run("expect", [script]).text.contains("wasn't yes"))
    #expect(try work.verify().status != 0)
    let trace = try #require(work.daemon).trace()
    #expect(!trace.contains { $0.hasPrefix("00 20") }, "\(trace)")
    try work.sign()
    #expect(try work.verify().status == 0)
  }

  @Test(
    "an ordinary user's PINs are remembered in a folder of theirs, and root heeds none that is not theirs"
  )
  func ordinaryUser() throws {
    let work = try workplace()
    // The folder and the program must be within reach of that user.
    let run = work.folder.path("runtime")
    _ = try work.run(
      "sh",
      [
        "-c",
        "mkdir -m 700 runtime && cp \"$0\" . && chown -R nobody . && chmod 755 .",
        Repository.product("latchkey"),
      ], expecting: 0)
    func asNobody(_ environment: [String]) throws -> Program {
      try work.run(
        "setpriv",
        ["--reuid", "nobody", "--clear-groups", "env"] + environment + [
          "./latchkey", "card", "pin", "change", "--pin-file", "wrong1", "--new-pin-file", "pin",
          "--virtual-card", "dongle.card",
        ])
    }
    let named = ["XDG_RUNTIME_DIR=\(run)"]
    expect(try asNobody(named), 1, ["wrong PIN", "2 tries are left"])
    expect(try asNobody(named), 1, ["already failed"])
    #expect(try tries(work)[.user] == 2)
    let kept = try work.run(
      "stat", ["-c", "%a %U", run + "/latchkey", run + "/latchkey/failed-pins"], expecting: 0)
    #expect(kept.text == "700 nobody\n600 nobody\n")
    // A folder that others can write is none; nobody then says that it remembers.
    _ = try work.run("chmod", ["777", run], expecting: 0)
    expect(try asNobody(named), 1, ["wrong PIN", "can't be remembered"])
  }
}
