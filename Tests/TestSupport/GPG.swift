import Foundation

/// A program's end: what it wrote, and how it exited.
package struct ProgramResult: Sendable {
  /// Its exit status.
  package let status: Int32
  /// Its standard output.
  package let output: [UInt8]
  /// Its standard error.
  package let errors: String
}

/// Runs a program to its end.
/// - Parameters:
///   - program: found through PATH.
///   - input: its standard input.
///   - environment: added to this process's.
package func run(
  _ program: String, _ arguments: [String], input: [UInt8] = [],
  environment: [String: String] = [:]
) throws -> ProgramResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  // Files, as full pipes would block.
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: folder) }
  let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
  try Data(input).write(to: files[0])
  try Data().write(to: files[1])
  try Data().write(to: files[2])
  process.standardInput = try FileHandle(forReadingFrom: files[0])
  process.standardOutput = try FileHandle(forWritingTo: files[1])
  process.standardError = try FileHandle(forWritingTo: files[2])
  try process.run()
  process.waitUntilExit()
  return ProgramResult(
    status: process.terminationStatus, output: [UInt8](try Data(contentsOf: files[1])),
    errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
}

/// The real gpg with a home of its own, removed with it.
package final class GPG: Sendable {
  /// The home folder: a short path, as sockets lie in it.
  package let home: String

  /// A new empty home.
  package init() throws {
    home = "/tmp/lk-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(
      atPath: home, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    _ = try? TestSupport.run("gpgconf", ["--kill", "all"], environment: ["GNUPGHOME": home])
    try? FileManager.default.removeItem(atPath: home)
  }

  /// Runs gpg without questions; secret keys have no passphrase.
  package func run(_ arguments: [String], input: [UInt8] = []) throws -> ProgramResult {
    try TestSupport.run(
      "gpg",
      [
        "--batch", "--no-tty", "--yes", "--status-fd", "2", "--trust-model", "always",
        "--pinentry-mode", "loopback", "--passphrase", "",
      ] + arguments, input: input, environment: ["GNUPGHOME": home, "LC_ALL": "C"])
  }

  /// Writes a file into the home, and gives its path.
  package func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = "\(home)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
}
