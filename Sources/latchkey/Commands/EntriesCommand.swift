import ArgumentParser
import BootEntries
import Storage

/// `latchkey entries`
struct EntriesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "entries",
    abstract: "The systems that Heads can boot from /boot.",
    subcommands: [EntriesList.self, EntriesDefault.self])
}

/// Which /boot, and what Heads is told to read there.
struct EntriesOptions: ParsableArguments {
  @Option(help: "The folder that is, or stands for, /boot.", completion: .directory)
  var boot = "/boot"

  @Option(help: "The name of the configurations that Heads looks for.")
  var config = "grub.cfg"

  func menu() throws(Failure) -> BootMenu {
    try step { () throws(BootMenuError) in try BootMenu(of: boot, configuration: config) }
  }

  func step<Result>(
    _ body: () throws(BootMenuError) -> Result
  ) throws(Failure) -> Result {
    do throws(BootMenuError) {
      return try body()
    } catch {
      throw Failure(error, at: boot)
    }
  }
}

/// `latchkey entries list`
struct EntriesList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the boot entries as Heads' menu has them.",
    discussion: """
      Read from every grub.cfg below /boot, else from loader/entries, with nothing in them run. With \
      --lines, Heads' own lines, byte for byte.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var entries: EntriesOptions

  @Flag(help: "Write Heads' lines and nothing else.")
  var lines = false

  func run() throws {
    let menu = try entries.menu()
    let chosen = try entries.step { () throws(BootMenuError) in try DefaultEntry(of: entries.boot) }
    let found = menu.entries.enumerated().map { number, entry in
      EntryReport(entry, number: number + 1, isDefault: chosen?.number == number + 1)
    }
    if options.json {
      try Output.document("entries list", found)
    } else if lines {
      try writeLines(menu)
    } else {
      let width = String(found.count).count
      found.flatMap { $0.lines(numbersOf: width) }.forEach(Output.result)
      if found.isEmpty { Output.result("no boot entries below \(Escaped.text(entries.boot))") }
    }
    if menu.entries.contains(where: \.isDangerous) {
      throw Failure(
        .doesNotHold, "the firmware would run commands that stand in a boot entry",
        next: "Find out who wrote it, and take it out of the configuration before you sign.")
    }
  }

  private func writeLines(_ menu: BootMenu) throws(Failure) {
    for entry in menu.entries {
      guard case .heads(let line) = entry.line else {
        throw Failure(
          .doesNotHold, "the line of \(Escaped.name(entry.name)) can't be told",
          next: "latchkey entries list says why.")
      }
      let bytes = line + [0x0A]
      Output.bytes(bytes.span)
    }
  }
}

/// `latchkey entries default`
struct EntriesDefault: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "default",
    abstract: "Show or choose the entry that Heads boots by itself.",
    discussion: """
      With a number, as in the list: writes kexec_default.N.txt and kexec_default_hashes.txt. /boot \
      must be signed afterwards.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var entries: EntriesOptions

  @Argument(help: "The entry's number in the list.")
  var number: Int?

  func run() throws {
    let menu = try entries.menu()
    let boot = entries.boot
    if let number {
      // What was signed can be told from it all the same.
      let kept = ChosenDefault(boot: boot, options.folders)
      try Self.store { () throws(StorageError) in try kept.keepBefore() }
      try entries.step { () throws(BootMenuError) in
        try DefaultEntry.choose(number, in: menu, of: boot)
      }
      try Self.store { () throws(StorageError) in try kept.keepAfter() }
    }
    guard
      let chosen = try entries.step({ () throws(BootMenuError) in try DefaultEntry(of: boot) })
    else {
      throw Failure(
        .doesNotHold, "there is no default entry in \(Escaped.text(boot))",
        next: "Choose one: latchkey entries default NUMBER.")
    }
    let report = DefaultReport(
      number: chosen.number, line: Escaped.name(chosen.line), unchanged: chosen.isIn(menu))
    if options.json {
      try Output.document("entries default", report)
    } else {
      Output.result("\(report.number)  \(report.line)")
    }
    if number != nil { Output.note("\(Escaped.text(boot)) must be signed: run latchkey sign.") }
    guard report.unchanged else {
      throw Failure(
        .doesNotHold, "the menu has another entry in that place now: the firmware will not boot it",
        next: "Choose again: latchkey entries default NUMBER; then latchkey sign.")
    }
  }

  private static func store(_ body: () throws(StorageError) -> Void) throws(Failure) {
    do throws(StorageError) { try body() } catch { throw Failure(error) }
  }

  private struct DefaultReport: Encodable {
    let number: Int
    let line: String
    let unchanged: Bool
  }
}

/// One entry for people, and in JSON.
private struct EntryReport: Encodable {
  let number: Int
  let name: String
  let kind: String
  let source: String
  let isDefault: Bool
  let line: String?
  let files: [String]
  let commandLine: String?
  let xenCommandLine: String?
  let problem: String?

  init(_ entry: MenuEntry, number: Int, isDefault: Bool) {
    self.number = number
    self.isDefault = isDefault
    name = Escaped.name(entry.name)
    kind = entry.kind == .elf ? "elf" : "xen"
    source = Escaped.name(entry.source)
    files = entry.files.map(Escaped.name)
    commandLine = entry.commandLine.map(Escaped.name)
    xenCommandLine = entry.xenCommandLine.map(Escaped.name)
    switch entry.line {
    case .heads(let line):
      self.line = Escaped.name(line)
      problem = nil
    case .runsCommands(let text):
      line = nil
      problem = "the firmware would run what stands in it: \(Escaped.name(text))"
    case .dependsOn(let name):
      line = nil
      problem = "its line depends on the firmware's own variable \(Escaped.name(name))"
    case .unmatchedQuotes:
      line = nil
      problem = "its quotes don't match"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case number, name, kind, source, isDefault = "default", line, files, commandLine,
      xenCommandLine, problem
  }

  /// The lines for people, beneath each other with those of other entries.
  func lines(numbersOf width: Int) -> [String] {
    let digits = String(number)
    let first = String(repeating: " ", count: width - digits.count) + digits + "  "
    let indent = String(repeating: " ", count: first.count)
    var lines = [first + name + (isDefault ? "  (default)" : "")]
    func add(_ label: String, _ text: String?) {
      if let text, !text.isEmpty { lines.append(indent + label.padded(to: 9) + text) }
    }
    add("from", source)
    add("files", files.joined(separator: " "))
    add("Xen", xenCommandLine)
    add("options", commandLine)
    add("PROBLEM", problem)
    return lines
  }
}

extension MenuEntry {
  /// Whether Heads would run a part of its text.
  fileprivate var isDangerous: Bool {
    if case .runsCommands = line { return true }
    return false
  }
}
