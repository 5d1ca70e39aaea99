public import Foundation
import Glibc

/// A program run to its end.
public struct Program {
  /// Its exit code; 128 and the signal's number if one ended it.
  public let status: Int32
  /// What it wrote to stdout.
  public let output: [UInt8]
  /// What it wrote to stderr.
  public let errors: [UInt8]

  /// ``output`` as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// ``errors`` as text.
  public var errorText: String { String(decoding: errors, as: UTF8.self) }

  /// Longer than anything takes on a machine that has several times as much to do as it can, in seconds. A test
  /// waits for a condition, and this is only how long it may take to fail.
  public static let patience = 600.0

  /// Runs it and waits.
  /// - Parameters:
  ///   - program: a path, or a name that PATH finds.
  ///   - input: what it reads on stdin; nothing if left out.
  ///   - environment: added to this process's own.
  ///   - timeout: seconds; then it is killed.
  /// - Throws: if it can't be started, or the time is up.
  public static func run(
    _ program: String, _ arguments: [String] = [], input: [UInt8] = [],
    environment: [String: String] = [:], folder: String? = nil, timeout: Double = patience
  ) throws -> Program {
    let files = try TemporaryFolder()
    try files.write("in", bytes: input)
    let process = try start(
      program, arguments, input: files.path("in"), output: files.path("out"),
      errors: files.path("err"), environment: environment, folder: folder)
    let inTime = wait(upTo: timeout) { !process.isRunning }
    end(process)
    func bytes(_ name: String) -> [UInt8] {
      [UInt8](FileManager.default.contents(atPath: files.path(name)) ?? Data())
    }
    let result = Program(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: bytes("out"), errors: bytes("err"))
    guard inTime else {
      throw TestSupportError(
        "\(program) took more than \(timeout) s\n\(result.text)\n\(result.errorText)")
    }
    return result
  }

  /// Runs it, with text for stdin.
  public static func run(
    _ program: String, _ arguments: [String] = [], text: String,
    environment: [String: String] = [:], folder: String? = nil, timeout: Double = patience
  ) throws -> Program {
    try run(
      program, arguments, input: Array(text.utf8), environment: environment, folder: folder,
      timeout: timeout)
  }

  /// Starts one that goes on by itself; its output goes to the files named.
  public static func start(
    _ program: String, _ arguments: [String], input: String = "/dev/null",
    output: String = "/dev/null", errors: String = "/dev/null",
    environment: [String: String] = [:], folder: String? = nil
  ) throws -> Process {
    let process = Process()
    if program.contains("/") {
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
    } else {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [program] + arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    func writing(_ path: String) throws -> FileHandle {
      if path != "/dev/null" {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
      }
      guard let handle = FileHandle(forWritingAtPath: path) else {
        throw TestSupportError("can't write \(path)")
      }
      return handle
    }
    process.standardInput = FileHandle(forReadingAtPath: input)
    process.standardOutput = try writing(output)
    process.standardError = try writing(errors)
    try process.runWatched()
    return process
  }

  /// Ends a process of ours, if it runs: by SIGTERM, and where that doesn't reach it, by SIGKILL with all that it
  /// has started.
  public static func end(_ process: Process) {
    if process.isRunning {
      process.terminate()
      if !wait(upTo: 10, until: { !process.isRunning }) { return process.endGroup() }
    }
    process.waitUntilExit()
    ChildWatch.shared.ended(process)
  }

  /// Asks `condition` every few milliseconds.
  /// - Returns: false if it never held within so many seconds.
  public static func wait(
    upTo seconds: Double = patience, until condition: () -> Bool
  ) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while !condition() {
      if Date() > end { return false }
      usleep(5_000)
    }
    return true
  }
}
