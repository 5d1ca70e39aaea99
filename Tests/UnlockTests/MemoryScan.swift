import Foundation
import TestSupport

/// A program run until it is about to leave the system, its memory still whole: then every readable
/// mapping is searched (Tests/CMemoryScan).
struct MemoryScan {
  /// The program's exit code.
  let status: Int
  /// How many bytes were looked at.
  let scanned: Int
  /// How often each pattern was found.
  let hits: [Int]
  /// What the program wrote to stdout.
  let output: [UInt8]
  /// What it wrote to stderr.
  let errors: String

  /// - Parameters:
  ///   - input: what the program reads on stdin.
  ///   - patterns: what is searched for.
  static func run(
    _ program: String, _ arguments: [String], input: [UInt8], environment: [String: String],
    patterns: [[UInt8]]
  ) throws -> MemoryScan {
    let folder = try TemporaryFolder()
    let files = try patterns.enumerated().map { index, pattern in
      try folder.write("pattern\(index)", bytes: pattern)
    }
    let result = try Program.run(
      Repository.product("CMemoryScan"),
      [folder.path("report")] + files + ["--", program] + arguments, input: input,
      environment: environment)
    let report = String(
      decoding: FileManager.default.contents(atPath: folder.path("report")) ?? Data(),
      as: UTF8.self)
    let numbers = report.split(separator: " ").compactMap { Int($0) }
    guard result.status == 0, numbers.count == patterns.count + 2 else {
      throw TestSupportError("no scan\n\(result.errorText)")
    }
    return MemoryScan(
      status: numbers[0], scanned: numbers[1], hits: Array(numbers[2...]), output: result.output,
      errors: result.errorText)
  }
}
