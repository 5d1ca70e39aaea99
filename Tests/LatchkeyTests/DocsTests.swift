import Foundation
import TestSupport
import Testing

/// `docs/card-features.md`, held against the tests that it names and the pages that it counts.
@Suite("the feature table")
struct DocsTests {
  private static func page(_ name: String) throws -> String {
    try String(contentsOfFile: Repository.path("docs/\(name)"), encoding: .utf8)
  }

  /// The lines between the heading `name` and the next one.
  private static func sections(_ text: String) -> [(name: String, lines: [Substring])] {
    var sections: [(name: String, lines: [Substring])] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") {
        sections.append((String(line.dropFirst(3)), []))
      } else if !sections.isEmpty {
        sections[sections.count - 1].lines.append(line)
      }
    }
    return sections
  }

  /// What stands in backticks and names a test: `Target/Suite.function`.
  private static func tests(in text: some StringProtocol) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      .filter { $0.contains(/^[A-Za-z]+Tests\/[A-Za-z]+Tests\.[A-Za-z0-9]+$/) }
  }

  @Test("each row names tests, and each test that is named is there")
  func names() throws {
    let text = try Self.page("card-features.md")
    var rows = 0
    for line in text.split(separator: "\n")
    where line.hasPrefix("| ") && !line.hasPrefix("| what |") {
      rows += 1
      let held = try #require(line.split(separator: "|").last { !$0.allSatisfy(\.isWhitespace) })
      #expect(!Self.tests(in: held).isEmpty, "no test: \(line)")
    }
    #expect(rows > 35)
    for name in Set(Self.tests(in: text)) {
      let parts = name.split(separator: ".")
      let path = Repository.path("Tests/\(parts[0]).swift")
      let source = try? String(contentsOfFile: path, encoding: .utf8)
      let found = source?.ranges(of: "  func \(parts[1])(").first
      guard let source, let found else {
        Issue.record("no such test: \(name)")
        continue
      }
      // Its @Test stands just before it, behind the end of what came before.
      let before = source[..<found.lowerBound].ranges(of: "@Test").last
      let between = before.map { source[$0.upperBound..<found.lowerBound] } ?? "\n  }\n"
      #expect(!between.contains("\n  }\n"), "\(name) is no test")
    }
  }

  @Test("the counts are those of the clients' page, of cards/ and of the recordings")
  func counts() throws {
    let text = try Self.page("card-features.md").split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    let rows = try Self.sections(Self.page("clients.md")).map(\.lines)
      .map { $0.filter { $0.hasPrefix("| `") } }.filter { !$0.isEmpty }
    let operations = rows.reduce(0) { $0 + $1.count }
    let passed = rows.reduce(0) { $0 + $1.filter { $0.hasSuffix("| passes |") }.count }
    let clients =
      "\(rows.count) runs of 7 clients of other people's making on our card, \(operations) operations, "
      + "of which \(passed) pass; each of the other \(operations - passed) has its reason"
    #expect(text.contains(clients), "it should say: \(clients)")
    func files(_ folder: String, _ suffix: String) throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))
        .count { $0.hasSuffix(suffix) }
    }
    let models = "\(try files("cards", ".json")) card models"
    #expect(text.contains(models), "it should say: \(models)")
    let recorded = "\(try files("Tests/Transcripts/yubikey-5.4.3", ".txt")) exchanges"
    #expect(text.contains(recorded), "it should say: \(recorded)")
  }
}
