import Foundation
import Glibc
import TestSupport
import Testing
import VolumeTestSupport

/// How latchkey-unlock --activate asks where another program has the screen: stand-ins of plymouth and
/// systemd-ask-password write down what they are told, and answer from a file.
@Suite("latchkey-unlock under plymouth and systemd", .serialized)
struct ScreenTests {
  /// Both programs' stand-ins, first on PATH.
  private final class Screen {
    let folder: TemporaryFolder
    var path: String {
      folder.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    }
    /// What they were told, a line each.
    var told: String {
      String(
        decoding: FileManager.default.contents(atPath: folder.path("told")) ?? Data(), as: UTF8.self
      )
    }

    /// - Parameters:
    ///   - isShown: whether plymouth says that it is there.
    ///   - answers: what is typed at each question.
    ///   - key: what is pressed while plymouth watches for it; nil for nothing.
    init(isShown: Bool = true, answers: [String] = [], key: String? = nil) throws {
      folder = try TemporaryFolder()
      try folder.write("answers", answers.map { $0 + "\n" }.joined())
      try FileManager.default.createDirectory(
        atPath: folder.path("bin"), withIntermediateDirectories: true)
      let answer = """
        answer=$(head -n 1 '\(folder.path("answers"))'); sed -i 1d '\(folder.path("answers"))'
        """
      try write(
        "plymouth",
        """
        case $1 in
          --ping) exit \(isShown ? 0 : 1) ;;
          ask-*) \(answer); printf %s "$answer" ;;
          watch-keystroke) \(key.map { "printf %s \($0)" } ?? "exec sleep 60") ;;
        esac
        """)
      try write("systemd-ask-password", "\(answer); printf '%s\\n' \"$answer\"")
    }

    private func write(_ name: String, _ text: String) throws {
      let path = try folder.write(
        "bin/" + name, "#!/bin/sh\necho \"\(name) $*\" >>'\(folder.path("told"))'\n\(text)\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
  }

  private func run(
    _ boot: Boot, _ screen: Screen, _ build: Build, underSystemd: Bool = false
  ) throws -> Program {
    let program = try #require(build.path)
    let environment = boot.daemon.environment.merging(["PATH": screen.path]) { $1 }
    guard underSystemd else {
      return try Program.run(program, boot.arguments(), environment: environment)
    }
    return try Program.run(
      "unshare",
      ["--mount"] + (getuid() == 0 ? [] : ["--map-root-user"]) + [
        "sh", "-c",
        "mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec \"$0\" \"$@\"", program,
      ] + boot.arguments(), environment: environment)
  }

  @Test(
    "the screen asks with volume, dongle and tries; a wrong PIN is asked for again",
    arguments: Build.built, [false, true])
  func wrongThenRight(build: Build, underSystemd: Bool) throws {
    let boot = try Boot()
    let screen = try Screen(isShown: !underSystemd, answers: ["654321", "123456"])
    let result = try run(boot, screen, build, underSystemd: underSystemd)
    // Without a device mapper, all but the mapping.
    #expect([0, 5].contains(result.status), "\(result.errorText)")
    #expect(boot.instructions.filter { $0 == "20" }.count == 2)
    #expect(boot.instructions.last == "2A" || boot.instructions.contains("2A"))
    let asked = screen.told.split(separator: "\n").filter {
      $0.contains(underSystemd ? "systemd-ask-password" : "ask-for-password")
    }
    #expect(asked.count == 2, "\(screen.told)")
    for (question, tries) in zip(asked, ["3 tries", "2 tries"]) {
      for words in [boot.name(0), "Nitrokey", "01020304", tries] {
        #expect(question.contains(words), "\(question)")
      }
    }
    for secret in ["654321", "123456"] {
      #expect(!screen.told.contains(secret) && !result.errorText.contains(secret))
      #expect(!result.text.contains(secret))
    }
  }

  @Test("an empty answer leads to the passphrase", arguments: Build.built, [false, true])
  func empty(build: Build, underSystemd: Bool) throws {
    let boot = try Boot()
    let screen = try Screen(isShown: !underSystemd)
    let result = try run(boot, screen, build, underSystemd: underSystemd)
    #expect(result.status == 6, "\(result.errorText)")
    #expect(!boot.instructions.contains("20"))
  }

  @Test("without a dongle the screen says which would do, and P leads to the passphrase")
  func noDongle() throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [nil])
    let screen = try Screen(key: "P")
    let result = try run(boot, screen, .ordinary)
    #expect(result.status == 6, "\(result.errorText)")
    let message = try #require(
      screen.told.split(separator: "\n").first { $0.contains("display-message") })
    for words in ["plug in one of these", "01020304"] {
      #expect(message.contains(words), "\(message)")
    }
    #expect(screen.told.contains("ignore-keystroke"))
  }

  @Test("a dongle plugged in while the screen waits is asked for its PIN")
  func late() throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [nil])
    let screen = try Screen(answers: ["123456"])
    let errors = screen.folder.path("errors")
    let process = try Program.start(
      try #require(Build.ordinary.path), boot.arguments(), errors: errors,
      environment: boot.daemon.environment.merging(["PATH": screen.path]) { $1 })
    defer { Program.end(process) }
    #expect(Program.wait { screen.told.contains("watch-keystroke") })
    try boot.daemon.insert(dongle.file)
    #expect(Program.wait { !process.isRunning }, "\(screen.told)")
    #expect([0, 5].contains(process.terminationStatus))
    #expect(boot.instructions.contains("2A"))
  }
}
