import Foundation
import TestSupport
import Testing

/// What runs on is told by a file's name among the arguments of all processes.
@Suite struct ChildWatchTests {
  private static let mark = "4242.4242"

  private static func isRunning() throws -> Bool {
    try Program.run("pgrep", ["-f", "^sleep \(mark)"]).status == 0
  }

  @Test("a process that is killed takes with it what it started, and what that started")
  func killed() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      _ = try Program.start("sh", ["-c", "sleep \(Self.mark) & wait"])
      guard Program.wait(until: { (try? Self.isRunning()) == true }) else { return }
      kill(getpid(), SIGKILL)
    }
    #expect(Program.wait { (try? Self.isRunning()) == false })
  }

  @Test("a program whose time is up is ended with what it started")
  func timedOut() throws {
    let mark = "4343.4343"
    #expect(throws: TestSupportError.self) {
      try Program.run("sh", ["-c", "trap '' TERM; sleep \(mark) & wait"], timeout: 1)
    }
    #expect(try Program.run("pgrep", ["-f", "^sleep \(mark)"]).status != 0)
  }
}
