import Foundation
import TestSupport

/// Someone who has logged in to a ``Machine``'s initramfs by SSH.
final class SecureShell {
  /// A port below those that the kernel gives out by itself.
  static let port: UInt16 = 22_022

  private let process = Process()
  private let keyboard = Pipe()
  private let folder: TemporaryFolder
  private var log: String { folder.path("said") }

  /// Everything that was shown.
  var said: String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }

  /// Logs in as root, as soon as the machine lets one in, and runs a command on a terminal there.
  init(_ command: String) throws {
    folder = try TemporaryFolder()
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    guard let output = FileHandle(forWritingAtPath: log) else {
      throw TestSupportError("can't write \(log)")
    }
    let client = [
      "-tt", "-i", Repository.path(".build-boot/machine/host/ssh"), "-p", String(Self.port),
      "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
      "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR", "root@127.0.0.1",
    ]
    let isThere = Program.wait {
      (try? Program.run("ssh", client + ["true"]).status) == 0
    }
    guard isThere else { throw TestSupportError("nobody lets one in by SSH") }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ssh"] + client + [command]
    process.standardInput = keyboard
    process.standardOutput = output
    process.standardError = output
    try process.runWatched()
  }

  deinit {
    process.endGroup()
  }

  /// Waits until this was shown.
  func see(_ text: String) throws {
    guard Program.wait(until: { said.contains(text) }) else {
      throw TestSupportError("waited for “\(text)” over SSH; it said:\n\(said)")
    }
  }

  /// Types a line.
  func type(_ line: String) throws {
    Thread.sleep(forTimeInterval: 0.3)
    try keyboard.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Waits for the command's end, and gives its exit code.
  func end() throws -> Int32 {
    guard Program.wait(until: { !process.isRunning }) else {
      throw TestSupportError("the command over SSH did not end; it said:\n\(said)")
    }
    return process.terminationStatus
  }
}
