import Foundation
import TestSupport
import Testing

/// What is in the reader may be another card when the PIN is given than when it was asked for.
@Suite("a dongle swapped between the two visits")
struct SwapTests {
  /// What lies in the reader at the second visit.
  enum Swap: CaseIterable, CustomTestStringConvertible {
    case anotherDongle
    case sameSerialOtherKeys
    case sameFingerprintsOtherKeys
    case otherKeyDerivation

    var testDescription: String { "\(self)" }
  }

  @Test("no byte of the PIN is sent to sign", arguments: Swap.allCases)
  func sign(swap: Swap) throws {
    let work = try Workplace(.reader)
    try work.provision()
    let arguments = ["sign", "--boot", "BOOT", "--names", "relative", "--yes"]
    let result = try swapped(swap, work, arguments)
    #expect(result.status == 3, "\(result.text)")
    #expect(result.text.contains("is not the dongle it should be"), "\(result.text)")
    #expect(
      !FileManager.default.fileExists(atPath: work.folder.path("BOOT/kexec.sig")),
      "nothing was written")
  }

  @Test("no byte of the PIN is sent to unlock", arguments: Swap.allCases)
  func unlock(swap: Swap) throws {
    let work = try Workplace.enrolled()
    // With its name it is looked for before the PIN is read, as it is where the PIN is typed.
    let named = ["--card", "000F:\(try serial(of: "dongle.card", work))"]
    let result = try swapped(
      swap, work, ["unlock", "disk.img", "--boot", "BOOT", "--test"] + named)
    #expect(result.status == 3, "\(result.text)")
    #expect(result.text.contains("is not the dongle it should be"), "\(result.text)")
  }

  @Test("no byte of a PIN that was read first is sent to unlock", arguments: Swap.allCases)
  func unlockInOneVisit(swap: Swap) throws {
    let work = try Workplace.enrolled()
    let result = try swapped(
      swap, work, ["unlock", "disk.img", "--boot", "BOOT", "--test"], afterALook: false)
    #expect(result.status == 3, "\(result.text)")
    let why =
      swap == .anotherDongle ? "there is no dongle for disk.img" : "is not the dongle it should be"
    #expect(result.text.contains(why), "\(result.text)")
  }

  /// Starts the command, swaps the card once it waits for the PIN, then gives the PIN.
  /// - Parameter afterALook: whether the command has been at the card by then.
  private func swapped(
    _ swap: Swap, _ work: Workplace, _ arguments: [String], afterALook: Bool = true
  ) throws -> (status: Int32, text: String) {
    let daemon = try #require(work.daemon)
    try makeCard(swap, work)
    _ = try work.run("mkfifo", ["pipe"], expecting: 0)
    daemon.forgetTrace()
    let output = work.folder.path("output")
    let process = try Program.start(
      Repository.product("latchkey"), arguments + ["--pin-file", "pipe", "--sysroot", "system"],
      output: output, errors: output, environment: work.environment, folder: work.folder.path)
    defer { Program.end(process) }
    // The first visit is SELECT and GET DATA 6E; opening the pipe for writing waits for its reader.
    let pipe = try #require(FileHandle(forWritingAtPath: work.folder.path("pipe")))
    #expect(daemon.trace().contains { $0.hasPrefix("00 CA 00 6E") } == afterALook)
    daemon.remove()
    try daemon.insert(work.folder.path("swapped.card"))
    try pipe.write(contentsOf: Data((Workplace.pin + "\n").utf8))
    try pipe.close()
    process.waitUntilExit()
    let trace = daemon.trace()
    #expect(trace.contains { $0.hasPrefix("00 CA 00 6E") }, "there was a visit behind it: \(trace)")
    #expect(
      !trace.contains { $0.hasPrefix("00 20") && !$0.contains("Lc 0") },
      "the PIN went to the card: \(trace)")
    let text = FileManager.default.contents(atPath: output) ?? Data()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  private func makeCard(_ swap: Swap, _ work: Workplace) throws {
    switch swap {
    case .anotherDongle:
      try work.createCard("swapped.card")
      try provisionElsewhere(work, "swapped.card")
    case .sameSerialOtherKeys, .sameFingerprintsOtherKeys:
      try work.createCard("swapped.card", serial: try serial(of: "dongle.card", work))
      try provisionElsewhere(work, "swapped.card")
      guard swap == .sameFingerprintsOtherKeys else { return }
      let own = try state(of: "dongle.card", work)
      try change("swapped.card", work) { card in
        guard var keys = card["keys"] as? [[String: Any]],
          let known = own["keys"] as? [[String: Any]]
        else { return }
        for index in keys.indices { keys[index]["fingerprint"] = known[index]["fingerprint"] }
        card["keys"] = keys
      }
    case .otherKeyDerivation:
      _ = try work.run("cp", ["dongle.card", "swapped.card"], expecting: 0)
      try change("swapped.card", work) { card in
        guard var objects = card["objects"] as? [String: Any] else { return }
        // Iterated and salted, SHA-256, 100000 bytes.
        objects["F9"] =
          "F9" + "20" + "810103" + "820108" + "8304000186A0"
          + "8408" + "3031323334353637" + "8608" + "4142434445464748"
        card["objects"] = objects
      }
    }
  }

  private func provisionElsewhere(_ work: Workplace, _ card: String) throws {
    _ = try work.run(
      Repository.product("latchkey"),
      [
        "provision", "--virtual-card", card, "--sysroot", "elsewhere", "--name", "Eve",
        "--pin-file", "pin", "--admin-pin-file", "admin", "--yes",
      ], expecting: 0)
  }

  private func serial(of card: String, _ work: Workplace) throws -> String {
    let number = try #require(try state(of: card, work)["serial"] as? Int)
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - text.count) + text
  }

  private func document(_ card: String, _ work: Workplace) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: work.folder.path(card)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func state(of card: String, _ work: Workplace) throws -> [String: Any] {
    try #require(try document(card, work)["card"] as? [String: Any])
  }

  private func change(
    _ card: String, _ work: Workplace, _ body: (inout [String: Any]) -> Void
  ) throws {
    var document = try document(card, work)
    var state = try state(of: card, work)
    body(&state)
    document["card"] = state
    try work.folder.write(card, bytes: [UInt8](JSONSerialization.data(withJSONObject: document)))
  }
}
