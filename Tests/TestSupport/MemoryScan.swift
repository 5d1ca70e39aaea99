import Foundation

/// A program run until it is about to leave the system, its memory still whole: then every readable
/// mapping is searched (Tests/CMemoryScan).
public struct MemoryScan {
  /// The program's exit code.
  public let status: Int
  /// How many bytes were looked at.
  public let scanned: Int
  /// How often each pattern was found.
  public let hits: [Int]
  /// What the program wrote to stdout.
  public let output: [UInt8]
  /// What it wrote to stderr.
  public let errors: String

  /// Runs the program to its end.
  /// - Parameters:
  ///   - input: what the program reads on stdin.
  ///   - patterns: what is searched for.
  public static func run(
    _ program: String, _ arguments: [String], input: [UInt8], environment: [String: String],
    in workingFolder: String? = nil, patterns: [[UInt8]]
  ) throws -> MemoryScan {
    let folder = try TemporaryFolder()
    let files = try patterns.enumerated().map { index, pattern in
      try folder.write("pattern\(index)", bytes: pattern)
    }
    let result = try Program.run(
      Repository.product("CMemoryScan"),
      [folder.path("report")] + files + ["--", program] + arguments, input: input,
      environment: environment, folder: workingFolder)
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
