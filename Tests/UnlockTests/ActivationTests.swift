import Foundation
import TestSupport
import Testing
import VolumeTestSupport

@Suite("latchkey-unlock --activate", .serialized)
struct ActivationTests {
  /// All that comes before the mapping has happened; the mapping itself, where the kernel can.
  private func expectOpened(_ result: Program, _ boot: Boot) {
    let isMapped = boot.volumes.indices.allSatisfy {
      FileManager.default.fileExists(atPath: boot.mapping($0))
    }
    #expect(result.output.isEmpty)
    #expect(result.status == (isMapped ? 0 : 5), "\(result.errorText)")
    #expect(isMapped || result.errorText.contains("the kernel doesn't map it"))
  }

  @Test("a header as recorded and the right PIN come as far as the kernel", arguments: Build.built)
  func activates(build: Build) throws {
    let boot = try Boot()
    expectOpened(try boot.run(build), boot)
    #expect(boot.instructions == ["A4", "CA", "47", "CA", "20", "2A"])
  }

  @Test("several volumes open with one PIN, in one visit", arguments: Build.built)
  func several(build: Build) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle, dongle], readers: [dongle])
    let result = try boot.run(build)
    expectOpened(result, boot)
    #expect(boot.instructions == ["A4", "CA", "47", "CA", "20", "2A", "2A"], "\(result.errorText)")
  }

  @Test("what is wrong with one volume keeps no other closed", arguments: Build.built)
  func oneFails(build: Build) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle, dongle], readers: [dongle])
    var header = try ForgedHeader(boot.volumes[0].image)
    header.set("segments.0.encryption", "cipher_null-ecb")
    try header.write(to: boot.volumes[0].image)
    let result = try boot.run(build)
    #expect(result.status == 1)
    #expect(result.errorText.contains("null cipher"), "\(result.errorText)")
    #expect(boot.instructions == ["A4", "CA", "47", "CA", "20", "2A"], "\(result.errorText)")
  }

  @Test(
    "a forged header is refused by its name before any dongle or PIN is asked for",
    arguments: [
      ("segments.0.encryption", "cipher_null-ecb", "the data are not encrypted (null cipher)"),
      (
        "keyslots.1.area.encryption", "cipher_null-ecb",
        "a keyslot is not encrypted (null cipher)"
      ),
      ("segments.0.encryption", "aes-cbc-plain64", "another cipher"),
      ("keyslots.1.kdf.type", "argon2id", "no LUKS header that can be read"),
    ])
  func forged(path: String, value: String, words: String) throws {
    let boot = try Boot()
    var header = try ForgedHeader(boot.volumes[0].image)
    header.set(path, value)
    try header.write(to: boot.volumes[0].image)
    boot.daemon.forgetTrace()
    for build in Build.built {
      let result = try boot.run(build)
      #expect(result.status == 1, "\(result.errorText)")
      #expect(result.errorText.contains(words), "\(result.errorText)")
    }
    #expect(boot.daemon.trace().isEmpty)
  }

  @Test("wrong use is said so, and nothing is asked")
  func usage() throws {
    let program = Repository.product("latchkey-unlock")
    for arguments in [
      [], ["--activate"], ["--activate", "device", "name"], ["--wait"], ["--x", "1", "folder"],
      ["--activate", "device", "a/b", "folder"], ["--activate", "device", "..", "folder"],
      ["--activate", "device", "name", "folder", "device"], ["folder", "folder"],
      ["--wait", "x", "folder"],
    ] {
      let result = try Program.run(program, arguments)
      #expect(result.status == 2 && result.errorText.contains("usage:"), "\(arguments)")
    }
  }

  @Test("each dongle is asked for its own volumes", arguments: Build.built)
  func two(build: Build) throws {
    let first = try TestDongle()
    let second = try TestDongle(serial: 0x0A0B_0C0D)
    let boot = try Boot([first, second], readers: [first, second])
    let talk = try boot.talk(
      build,
      """
      # In which order, is pcscd's word.
      expect -re "dongle .*PIN: " ; send "123456\\r"
      expect -re "dongle .*PIN: " ; send "123456\\r"
      """)
    let shown = talk.shown()
    #expect(shown.contains("ended 5") || shown.contains("ended 0"), "\(shown)")
    for (index, serial) in ["01020304", "0A0B0C0D"].enumerated() {
      let asked = shown.split(separator: "\n").filter { $0.contains(serial) }
      #expect(asked.count == 1 && asked.allSatisfy { $0.contains(boot.name(index)) }, "\(shown)")
      let instructions = boot.daemon.trace(of: index).map { $0.dropFirst(3).prefix(2) }
      #expect(instructions.filter { $0 == "2A" }.count == 1, "\(shown)")
    }
  }

  @Test("the card takes no use of the key without a PIN after the program's end")
  func reset() throws {
    let boot = try Boot()
    for pin in [TestDongle.pin, "654321"] {
      _ = try boot.run(pin: pin)
      // DECIPHER without VERIFY: 6982 where no PIN is in force.
      let scd = try Program.run(
        "opensc-tool",
        ["-s", "00A4040006D27600012401", "-s", "002A80860100"],
        environment: boot.daemon.environment)
      #expect(scd.text.contains("SW1=0x69, SW2=0x82"), "\(scd.text) \(scd.errorText)")
    }
  }
}
