import Foundation
import TestSupport
import VolumeTestSupport

/// Volumes that are to be mapped, and dongles in readers, as in an initramfs. Where the tests run there may
/// be no device mapper: then all but the mapping itself happens, and the program says so (exit code 5).
final class Boot {
  let volumes: [TestVolume]
  let daemon: PCSCDaemon
  let files: TemporaryFolder
  private let folders: [String]
  // Their cards' files go with them.
  private let dongles: [TestDongle?]
  private let mark = "latchkey-test-" + UUID().uuidString.prefix(8).lowercased()

  /// - Parameters:
  ///   - dongles: one for each volume, enrolled.
  ///   - readers: the card in each reader; nil for an empty one.
  init(_ dongles: [TestDongle], readers: [TestDongle?]) throws {
    files = try TemporaryFolder()
    self.dongles = dongles + readers
    volumes = try dongles.map { dongle in
      let volume = try TestVolume(luks: 2)
      try volume.enroll(dongle)
      return volume
    }
    folders = try volumes.map { try $0.installedFolder() }
    daemon = try PCSCDaemon(cards: readers.map { $0?.file })
  }

  /// One volume, and its dongle in the reader.
  convenience init() throws {
    let dongle = try TestDongle()
    try self.init([dongle], readers: [dongle])
  }

  deinit {
    for index in volumes.indices where FileManager.default.fileExists(atPath: mapping(index)) {
      _ = try? Program.run("cryptsetup", ["close", name(index)])
    }
  }

  /// The name of a volume's mapping.
  func name(_ index: Int) -> String { "\(mark)-\(index)" }
  /// Its path.
  func mapping(_ index: Int) -> String { "/dev/mapper/\(name(index))" }

  /// The program's arguments for all volumes.
  func arguments(_ options: [String] = []) -> [String] {
    ["--activate", "--run", files.path("run")] + options
      + volumes.indices.flatMap { index in
        [volumes[index].image, name(index), folders[index]]
      }
  }

  /// Runs the program with a PIN at descriptor 3.
  func run(
    _ build: Build = .ordinary, pin: String = TestDongle.pin, options: [String] = []
  ) throws -> Program {
    guard let program = build.path else { throw TestSupportError("not built") }
    let file = try files.write("pin", pin + "\n")
    return try Program.run(
      "sh",
      ["-c", "pin=$0; exec \"$@\" 3<\"$pin\"", file, program]
        + arguments(["--pin-fd", "3"] + options),
      environment: daemon.environment)
  }

  /// Talks to the program on a terminal by an expect script, in which `mark NAME` makes a file, for
  /// ``wait(for:in:)``. It may stand on its own feet, as in an initramfs, where a console controls nobody.
  func talk(
    _ build: Build = .ordinary, options: [String] = [], asConsole: Bool = false,
    environment: [String: String] = [:], _ conversation: String
  ) throws -> Conversation {
    guard let program = build.path else { throw TestSupportError("not built") }
    let number = Int.random(in: 0..<1_000_000)
    let words = ([program] + arguments(options)).joined(separator: " ")
    let script = try files.write(
      "script\(number)",
      """
      set timeout 300
      proc mark {name} { close [open "\(files.path("mark-"))$name" w] }
      spawn sh -c {trap : INT; \(asConsole ? "setsid -w " : "")\(words); echo "ended $?"}
      expect_after timeout { puts "\\nNOT SEEN IN TIME"; exit 9 }
      \(conversation)
      expect -re "ended \\[0-9\\]+"
      """)
    let output = files.path("shown\(number)")
    let process = try Program.start(
      "expect", [script], output: output, errors: files.path("errors"),
      environment: daemon.environment.merging(environment) { $1 })
    return Conversation(process: process, output: output)
  }

  /// Waits until an expect script has come to a mark.
  func wait(for mark: String, in conversation: Conversation) -> Bool {
    func isThere() -> Bool { FileManager.default.fileExists(atPath: files.path("mark-" + mark)) }
    _ = Program.wait { isThere() || !conversation.process.isRunning }
    return isThere()
  }

  /// The instructions that reached the card, without GET RESPONSE.
  var instructions: [String] {
    daemon.trace().map { String($0.dropFirst(3).prefix(2)) }.filter { $0 != "C0" }
  }
}

/// An expect script that goes on by itself.
struct Conversation {
  let process: Process
  let output: String

  /// What the terminal showed, after the end.
  func shown() -> String {
    _ = Program.wait { !process.isRunning }
    Program.end(process)
    return String(
      decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
  }
}
