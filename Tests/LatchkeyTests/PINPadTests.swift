import TestSupport
import Testing

/// A reader with a pad, and the whole command.
@Suite("PIN entry on the reader's pad")
struct PINPadTests {
  /// Runs it with a pad on which these lines are typed.
  private func latchkey(
    _ work: Workplace, pad: String, _ arguments: [String]
  ) throws -> Program {
    try work.folder.write("pad", pad)
    return try work.latchkey(arguments, card: work.card + ["--virtual-pad", "pad"])
  }

  private func tries(_ work: Workplace) throws -> String {
    try work.run(
      Repository.product("virtual-card"), ["show", work.folder.path("dongle.card")], expecting: 0
    ).text
  }

  @Test(
    "the screen says where the PIN is typed, for which dongle and what, and it signs and unlocks")
  func signsAndUnlocks() throws {
    let work = try Workplace()
    try work.provision()
    expect(
      try latchkey(
        work, pad: Workplace.pin,
        ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]), 0,
      ["Type the PIN of Nitrokey", "to sign on the pad of dongle.card (3 tries left)"])
    #expect(try work.verify().status == 0)
    try work.makeImage()
    try work.enroll()
    try work.sign()
    expect(
      try latchkey(
        work, pad: Workplace.pin,
        ["unlock", "disk.img", "--boot", "BOOT", "--trusted", "ada.asc", "--test"]), 0,
      ["to open disk.img on the pad"])
  }

  /// What happens on the pad, the exit code, what is said, and the tries left.
  static let faults: [(pad: String, status: Int32, says: [String], tries: String)] = [
    ("000000", 1, ["wrong PIN", "2 tries are left"], "PIN 2"),
    ("cancel", 2, ["was cancelled on its reader's pad", "no try was used"], "PIN 3"),
    ("timeout", 4, ["nobody typed the PIN", "in time", "no try was used"], "PIN 3"),
    ("12", 1, ["no possible PIN", "too short or too long", "no try was used"], "PIN 3"),
  ]

  @Test("cancel, time-out, a wrong PIN and an impossible one are told apart", arguments: faults)
  func tellsApart(_ row: (pad: String, status: Int32, says: [String], tries: String)) throws {
    let work = try Workplace()
    try work.provision()
    expect(
      try latchkey(
        work, pad: row.pad, ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]),
      row.status, row.says)
    #expect(try tries(work).contains(row.tries))
  }

  @Test("the admin PIN and a new PIN are typed on the pad; a PIN file still wins")
  func managesOnPad() throws {
    let work = try Workplace()
    try work.folder.write("factory", "123456\n")
    expect(
      try latchkey(work, pad: "12345678", ["card", "holder", "name", "Ada"]), 0,
      ["Type the admin PIN of", "on the pad of dongle.card"])
    expect(
      try latchkey(work, pad: "123456\n271828\n271829", ["card", "pin", "change"]), 2,
      ["not the same", "Nothing was changed"])
    expect(
      try latchkey(work, pad: "123456\n271828\n271828", ["card", "pin", "change"]), 0,
      ["as it is now, then the new one, then the new one once more"])
    let given = try latchkey(
      work, pad: "000000",
      ["card", "pin", "change", "--pin-file", "pin", "--new-pin-file", "factory"])
    #expect(given.status == 0, "\(given.errorText)")
    #expect(!given.errorText.contains("on the pad"))
  }

  @Test("where PINs are derived the pad is not used, and that is said")
  func derived() throws {
    let work = try Workplace(profile: "yubikey-5")
    for (name, text) in [("factory", "123456\n"), ("factory-admin", "12345678\n")] {
      try work.folder.write(name, text)
    }
    try work.latchkey(
      [
        "card", "kdf", "setup", "--pin-file", "factory", "--admin-pin-file", "factory-admin",
        "--yes",
      ], expecting: 0)
    expect(
      try latchkey(work, pad: "12345678", ["card", "holder", "name", "Ada"]), 2,
      ["derived (KDF)", "type them here", "--admin-pin-file"])
    #expect(try tries(work).contains("admin PIN 3"))
  }

  @Test("the last try is asked for on the terminal before anybody types on the pad")
  func lastTry() throws {
    let work = try Workplace()
    try work.provision()
    for _ in 0..<2 {
      _ = try latchkey(
        work, pad: "000000", ["sign", "--boot", "BOOT", "--names", "relative", "--yes"])
    }
    expect(
      try latchkey(
        work, pad: Workplace.pin, ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]), 2,
      ["only one try left", "there is no terminal"])
    #expect(try tries(work).contains("PIN 1"))
  }
}
