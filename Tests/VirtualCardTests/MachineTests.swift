import Foundation
import TestSupport
import Testing

@testable import VirtualCard

/// `virtual-card run` at a machine's socket.
@Suite struct MachineTests {
  private static let program = Repository.product("virtual-card")

  private static func folder(_ model: String = "nitrokey-3") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try VirtualCard.create(
      at: folder.path("card"),
      profile: CardProfile(contentsOf: Repository.path("cards/\(model).json")), serial: 1)
    return folder
  }

  private static func start(
    _ folder: TemporaryFolder, _ machine: FakeMachine, _ more: [String] = []
  ) throws -> Process {
    try Program.start(
      program,
      [
        "run", "--usb-redir", machine.path, "--trace", folder.path("trace"), folder.path("card"),
      ] + more, errors: folder.path("err"))
  }

  /// A hello without capabilities: ids of 32 bits, no acknowledgement of a disconnection.
  private static let hello = USBRedirMessage(
    .hello, [UInt8](repeating: 0, count: 68)
  ).bytes(wide: false)

  private static func bulk(_ address: UInt8, _ data: [UInt8], length: Int) -> [UInt8] {
    var payload = [address, 0]
    payload.append(little: UInt16(length))
    payload.append(little: UInt32(0))
    payload.append(little: UInt16(0))
    return USBRedirMessage(.bulk, payload + data).bytes(wide: false)
  }

  /// Sends a command to the reader.
  /// - Returns: every message up to the answer that isn't a plea for time.
  private static func exchange(
    _ machine: FakeMachine, _ kind: UInt8, _ data: [UInt8] = []
  ) throws -> [[UInt8]] {
    let command = CCIDMessage(kind, slot: 0, sequence: 0, [0, 0, 0], data).bytes
    machine.send(bulk(0x02, command, length: command.count))
    #expect(try machine.next().kind == .bulk)
    var answers: [[UInt8]] = []
    repeat {
      machine.send(bulk(0x82, [], length: 4096))
      answers.append(Array(try machine.next().payload.dropFirst(10)))
    } while answers.last.map { $0.count > 7 && $0[7] & 0xC0 == 0x80 } ?? false
    return answers
  }

  @Test("pulled by SIGUSR1 and plugged in by SIGUSR2, and it ends when the machine does")
  func hands() throws {
    let folder = try Self.folder()
    let machine = try FakeMachine(folder)
    let card = try Self.start(folder, machine)
    try machine.accept()
    #expect(try machine.next().kind == .hello)
    machine.send(Self.hello)
    #expect(try machine.kinds(3) == [.interfaceInfo, .endpointInfo, .connect])
    kill(card.processIdentifier, SIGUSR1)
    #expect(try machine.next().kind == .disconnect)
    kill(card.processIdentifier, SIGUSR2)
    #expect(try machine.kinds(3) == [.interfaceInfo, .endpointInfo, .connect])
    machine.close()
    #expect(Program.wait { !card.isRunning })
    Program.end(card)
    #expect(card.terminationStatus == 0 && card.terminationReason == .exit)
  }

  @Test("a reset forgets the PIN, and each answer is late as often as was asked for")
  func resets() throws {
    let folder = try Self.folder()
    let machine = try FakeMachine(folder)
    let card = try Self.start(folder, machine, ["--wtx", "2"])
    defer { Program.end(card) }
    try machine.accept()
    machine.send(Self.hello)
    #expect(try machine.kinds(4).last == .connect)
    let select = try #require(bytes(hex: Script.select))
    let verify = try #require(bytes(hex: "00200082 06 313233343536"))
    let status = try #require(bytes(hex: "00200082"))
    func sent(_ apdu: [UInt8]) throws -> [UInt8] {
      let answers = try Self.exchange(machine, 0x6F, apdu)
      // Two pleas for time, or more where the machine is slow.
      #expect(answers.count >= 3)
      return Array(answers.last?.suffix(2) ?? [])
    }
    #expect(try Self.exchange(machine, 0x62).last?.count == 10 + 19)
    #expect(try sent(select) == [0x90, 0])
    #expect(try sent(verify) == [0x90, 0])
    #expect(try sent(status) == [0x90, 0])
    #expect(try Self.exchange(machine, 0x62).count == 1)
    #expect(try sent(select) == [0x90, 0])
    #expect(try sent(status) == [0x63, 0xC3])
    let trace = try String(contentsOfFile: folder.path("trace"), encoding: .utf8)
    #expect(trace.split(separator: "\n").filter { $0 == "# power on" }.count == 2)
  }

  @Test("the pad types what the file says")
  func pad() throws {
    let folder = try Self.folder()
    try folder.write("pad", "000000\ncancel\n123456\n")
    let machine = try FakeMachine(folder)
    let card = try Self.start(folder, machine, ["--pinpad", "--pad-pin-file", folder.path("pad")])
    defer { Program.end(card) }
    try machine.accept()
    machine.send(Self.hello)
    #expect(try machine.kinds(4).last == .connect)
    _ = try Self.exchange(machine, 0x62)
    _ = try Self.exchange(machine, 0x6F, try #require(bytes(hex: Script.select)))
    let wanted: [UInt8] =
      [0, 30, 0x82, 0, 0, 127, 6, 2, 0xFF, 9, 4, 0, 0, 0, 0] + [0x00, 0x20, 0x00, 0x82]
    #expect(try Self.exchange(machine, 0x69, wanted).last?.suffix(2) == [0x63, 0xC2])
    // Cancelled, and later nobody is there.
    #expect(try Self.exchange(machine, 0x69, wanted).last?[8] == 0xEF)
    #expect(try Self.exchange(machine, 0x69, wanted).last?.suffix(2) == [0x90, 0])
    #expect(try Self.exchange(machine, 0x69, wanted).last?[8] == 0xF0)
  }

  /// Wrong uses: what is said, and the exit code.
  static let wrong: [(options: [String], status: Int32, says: String)] = [
    (["--usb-redir", "FOLDER/none", "--patience", "0"], 3, "Start QEMU"),
    (["--vscard", "FOLDER/none", "--patience", "0"], 3, "Start QEMU"),
    (["--usb-redir", "FOLDER/" + String(repeating: "x", count: 120)], 2, "so long a path"),
    (["--usb-redir", "a", "--vscard", "b"], 2, "one place"),
    (["--usb-redir", "a", "--usb-vendor", "xyz"], 2, "four hexadecimal"),
    (["--usb-redir", "a", "--plug-after=-1"], 2, "seconds"),
    (["--usb-redir", "a", "--usb-level", "any"], 2, "--usb-level"),
    (["--pad-pin-file", "a"], 2, "--usb-redir"),
    (["--usb-redir", "a", "--pad-pin-file", "FOLDER/none"], 5, "Can't read"),
    (["--usb-redir", "a", "--pad-pin-file", "FOLDER/card"], 5, "neither digits"),
  ]

  @Test("what can't be done is said in plain words, with the exit code for it", arguments: wrong)
  func saysWhy(_ row: (options: [String], status: Int32, says: String)) throws {
    let folder = try Self.folder()
    let result = try Program.run(
      Self.program,
      ["run", folder.path("card")]
        + row.options.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) })
    #expect(result.status == row.status, "\(result.errorText)")
    #expect(result.errorText.contains(row.says), "\(result.errorText)")
  }

  @Test("a card for readers says which numbers it needs, and something else than usbredir is named")
  func saysMore() throws {
    let folder = try Self.folder("smartpgp")
    let none = try Program.run(
      Self.program, ["run", "--usb-redir", folder.path("none"), folder.path("card")])
    #expect(none.status == 2)
    #expect(none.errorText.contains("--usb-vendor 08E6 --usb-product 3437"))
    let machine = try FakeMachine(folder)
    let card = try Self.start(
      folder, machine, ["--usb-vendor", "08E6", "--usb-product", "3437"])
    try machine.accept()
    machine.send([UInt8](repeating: 0x41, count: 64))
    #expect(Program.wait { !card.isRunning })
    Program.end(card)
    #expect(card.terminationStatus == 5)
    let said = try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    #expect(said.contains("isn't usbredir"))
  }
}
