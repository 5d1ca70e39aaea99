import Foundation
import TestSupport
import Testing

/// The manual pages, held against what the programs say of themselves.
@Suite("the manual")
struct ManualTests {
  @Test(
    "each command's section has all of its options, and no others",
    arguments: [("latchkey", "latchkey.1"), ("virtual-card", "virtual-card.1")])
  func options(program: String, page: String) throws {
    let manual = try Manual(page)
    var common: Set<String> = []
    let commands = try Self.commands(of: program)
    for (command, options) in commands {
      let section = try #require(manual.sections[command], "no section on \(command)")
      let both = section.union(manual.sections["Every command"] ?? [])
      let missing = options.subtracting(both)
      #expect(missing.isEmpty, "\(command): \(missing) not in the manual")
      let invented = section.subtracting(options)
      #expect(invented.isEmpty, "\(command): \(invented) in the manual only")
      common.formUnion(options)
    }
    let invented = (manual.sections["Every command"] ?? []).subtracting(common)
    #expect(invented.isEmpty, "every command: \(invented) in the manual only")
    let unknown = Set(manual.sections.keys).subtracting(commands.map(\.name) + ["Every command"])
    #expect(unknown.isEmpty, "\(unknown): no such commands")
    #expect(commands.count >= 3)
  }

  @Test(
    "each exit code is in the manual", arguments: [("latchkey.1", 5), ("latchkey-unlock.8", 7)])
  func exitCodes(page: String, last: Int) throws {
    #expect(try Manual(page).exitCodes == (0...last).map(String.init))
  }

  @Test("the options of latchkey-unlock are those of its usage")
  func unlockOptions() throws {
    let usage = try Program.run(Repository.product("latchkey-unlock"))
    #expect(usage.status == 2)
    let said = usage.errorText.split(whereSeparator: { " []\n".contains($0) })
      .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
    #expect(try Manual("latchkey-unlock.8").options == Set(said))
    #expect(!said.isEmpty)
  }

  @Test(
    "man renders each page without a warning",
    arguments: [
      "latchkey.1", "virtual-card.1", "latchkey-unlock.8", "libcryptsetup-token-openpgp-card.8",
    ])
  func rendering(page: String) throws {
    let rendered = try Program.run(
      "man", ["--warnings", "-l", "-Tutf8", Repository.path("docs/man/\(page)")],
      environment: ["LC_ALL": "C.UTF-8"])
    #expect(rendered.status == 0)
    #expect(rendered.errorText.isEmpty, "\(rendered.errorText)")
    #expect(rendered.output.count > 1000)
  }

  /// The commands that do something, by their names behind the program's, with their long options.
  private static func commands(of program: String) throws -> [(name: String, options: Set<String>)]
  {
    struct Help: Decodable {
      let command: Command
    }
    struct Command: Decodable {
      let commandName: String
      let subcommands: [Command]?
      let arguments: [Argument]?

      func leaves(_ path: [String]) -> [(name: String, options: Set<String>)] {
        if let subcommands {
          return subcommands.filter { $0.commandName != "help" }.flatMap {
            $0.leaves(path + [$0.commandName])
          }
        }
        let names = (arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }
        return [(path.joined(separator: " "), Set(names.map(\.name)))]
      }
    }
    struct Argument: Decodable {
      let names: [Name]?
    }
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let dumped = try Program.run(Repository.product(program), ["--experimental-dump-help"])
    let help = try JSONDecoder().decode(Help.self, from: Data(dumped.output))
    return help.command.leaves([])
  }
}

/// What a page in mdoc says, as far as a test needs it.
private struct Manual {
  /// The long options that each subsection lists.
  private(set) var sections: [String: Set<String>] = [:]
  /// All of them.
  private(set) var options: Set<String> = []
  /// What EXIT STATUS lists.
  private(set) var exitCodes: [String] = []

  init(_ page: String) throws {
    let text = try String(contentsOfFile: Repository.path("docs/man/\(page)"), encoding: .utf8)
    var section = ""
    var subsection: String?
    for line in text.split(separator: "\n") {
      if line.hasPrefix(".Sh ") {
        section = String(line.dropFirst(4))
        subsection = nil
      } else if line.hasPrefix(".Ss ") {
        let name = String(line.dropFirst(4))
        subsection = name
        sections[name] = []
      } else if line.hasPrefix(".It ") {
        let words = line.dropFirst(4).split(separator: " ")
        if section == "EXIT STATUS" { exitCodes.append(String(words[0])) }
        // `.Fl -name` is `--name`.
        let names = words.filter { $0.count > 2 && $0.hasPrefix("-") }.map { $0.dropFirst() }
        options.formUnion(names.map(String.init))
        if let subsection { sections[subsection]?.formUnion(names.map(String.init)) }
      }
    }
  }
}
