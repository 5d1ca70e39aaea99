import Foundation
import TestSupport
import Testing

/// A dongle whose keys want a touch, in a reader, and a person who touches it late or never.
@Suite("touch")
struct TouchTests {
  /// A workplace whose dongle wants a touch for signing and deciphering, enrolled and signed.
  private func workplace(touch: [String]) throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    try work.makeImage()
    try work.enroll()
    try work.sign()
    let path = work.folder.path("dongle.card")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var card = try #require(document["card"] as? [String: Any])
    var keys = try #require(card["keys"] as? [[String: Any]])
    for index in keys.indices { keys[index]["touch"] = 1 }
    card["keys"] = keys
    document["card"] = card
    try work.folder.write(
      "dongle.card", bytes: [UInt8](JSONSerialization.data(withJSONObject: document)))
    try work.insert(["dongle.card"], touch: touch)
    return work
  }

  private static let sign = [
    "sign", "--pin-file", "pin", "--boot", "BOOT", "--names", "relative", "--yes",
  ]
  private static let unlock = [
    "unlock", "disk.img", "--pin-file", "pin", "--boot", "BOOT", "--test",
  ]

  @Test("a touch that is awaited is said by the dongle's name; at once touched, nothing is said")
  func late() throws {
    let work = try workplace(touch: ["--touch", "2"])
    for command in [Self.sign, Self.unlock] {
      let result = try work.latchkey(command, expecting: 0)
      let lines = result.errorText.split(separator: "\n").filter { $0.hasSuffix("your touch.") }
      #expect(lines.count == 1, "\(result.errorText)")
      #expect(lines.first?.hasPrefix("Nitrokey 000F:") ?? false)
    }
    // Touched at once: only a machine that takes half a second for a signature says it all the same.
    try work.insert(["dongle.card"])
    let silent = (0..<3).contains { _ in
      guard let result = try? work.latchkey(Self.unlock) else { return false }
      return result.status == 0 && !result.errorText.contains("your touch")
    }
    #expect(silent)
  }

  @Test("a touch that never comes is an error of its own, exit 4, and costs no try")
  func never() throws {
    let work = try workplace(touch: ["--touch", "never", "--touch-time-out", "1"])
    for command in [Self.sign, Self.unlock] {
      expect(
        try work.latchkey(command), 4,
        ["waits for your touch", "waited for a touch that did not come"])
    }
    let shown = try work.latchkey(["card", "show"], expecting: 0)
    #expect(shown.text.contains("PIN 3,"))
    #expect(try work.verify().status == 0, "the signature from before is still there")
  }

  @Test("a dongle pulled while it waits for a touch is told, and nothing hangs")
  func pulled() throws {
    let work = try workplace(touch: ["--touch", "30", "--touch-time-out", "60"])
    let output = work.folder.path("output")
    let process = try Program.start(
      Repository.product("latchkey"), Self.unlock + ["--sysroot", "system"], output: output,
      errors: output, environment: work.environment, folder: work.folder.path)
    defer { Program.end(process) }
    func said() -> String {
      String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    }
    let waits = Program.wait { said().contains("waits for your touch") }
    #expect(waits, "\(said())")
    work.daemon?.remove()
    let ended = Program.wait { !process.isRunning }
    #expect(ended)
    #expect([3, 4].contains(process.terminationStatus), "\(said())")
    #expect(said().contains("pulled out"), "\(said())")
  }
}
