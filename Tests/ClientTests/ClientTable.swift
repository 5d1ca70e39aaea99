import Foundation
import TestSupport

/// A client's table in docs/clients.md: an operation, and `passes` or why it doesn't.
struct ClientTable {
  /// As the driver prints it: `ok name` or `no name: reason`.
  let lines: [String]

  init(lines: [String]) { self.lines = lines }

  /// Reads the table under the heading of this name.
  init(under name: String) throws {
    var lines: [String] = []
    var isHere = false
    for line in try Self.page() {
      if line.hasPrefix("## ") { isHere = line.dropFirst(3) == name }
      guard isHere, line.hasPrefix("| `") else { continue }
      let cells = line.dropFirst(3).dropLast(2).split(separator: "` | ", maxSplits: 1)
      guard cells.count == 2 else { throw TestSupportError("not a row: \(line)") }
      lines.append(cells[1] == "passes" ? "ok \(cells[0])" : "no \(cells[0]): \(cells[1])")
    }
    self.lines = lines
  }

  /// The page's lines.
  static func page() throws -> [Substring] {
    try String(contentsOfFile: Repository.path("docs/clients.md"), encoding: .utf8)
      .split(separator: "\n")
  }

  /// As the page has it.
  var text: String {
    lines.map { line in
      if line.hasPrefix("ok ") { return "| `\(line.dropFirst(3))` | passes |" }
      let parts = Self.split(line.dropFirst(3))
      return "| `\(parts.name)` | \(parts.reason) |"
    }.joined(separator: "\n")
  }

  /// The reason follows the last colon: names may have some.
  private static func split(_ text: Substring) -> (name: Substring, reason: Substring) {
    guard let colon = text.ranges(of: ": ").last else { return (text, "") }
    return (text[..<colon.lowerBound], text[colon.upperBound...])
  }
}
