/// One system that can be booted, as Heads' menu has it.
public struct MenuEntry: Equatable, Sendable {
  /// What its line is.
  public enum Line: Equatable, Sendable {
    /// Heads' line, byte for byte, without its newline: `name|elf|kernel /p|initrd /p|append …` or
    /// `name|xen|kernel /xen.gz …|module /vmlinuz …|module /initrd`.
    case heads([UInt8])
    /// Heads would run a part of the entry's text, by this text.
    case runsCommands([UInt8])
    /// The line depends on a variable of Heads' own: its name.
    case dependsOn([UInt8])
    /// The quotes in the entry's text don't match.
    case unmatchedQuotes
  }

  /// How it is booted.
  public enum Kind: Equatable, Sendable {
    /// A Linux kernel.
    case elf
    /// Xen, with modules.
    case xen
  }

  /// Its name in the menu, as far as it can be told.
  public let name: [UInt8]
  /// How it is booted.
  public let kind: Kind
  /// Heads' line.
  public let line: Line
  /// The file that it is from, below /boot: `/grub/grub.cfg`.
  public let source: [UInt8]

  init(_ text: [UInt8], name: [UInt8], kind: Kind, source: [UInt8]) {
    self.kind = kind
    self.source = source
    var shown = ShellText.echo(name)
    do throws(EvaluatedText.Refusal) {
      let line = try EvaluatedText.printed(text)
      shown = Array(line.prefix { $0 != UInt8(ascii: "|") })
      self.line = .heads(line)
    } catch {
      switch error {
      case .command: line = .runsCommands(text)
      case .variable(let name): line = .dependsOn(name)
      case .quotes: line = .unmatchedQuotes
      }
    }
    self.name = shown
  }

  /// Of a line that Heads has saved.
  init(saved line: [UInt8]) {
    let parts = line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    name = Array(parts[0])
    kind = parts.count > 1 && parts[1].elementsEqual("xen".utf8) ? .xen : .elf
    self.line = .heads(line)
    source = []
  }

  /// The files that it boots from, below /boot, in their order: what Heads lists in
  /// `kexec_default_hashes.txt`. Empty where the line can't be told.
  public var files: [[UInt8]] {
    guard case .heads(let line) = line else { return [] }
    return line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).dropFirst(2)
      .compactMap { part in
        let words = ShellText.words(Array(part))
        guard words.count > 1,
          ["kernel", "initrd", "module"].contains(
            String(decoding: words[0], as: UTF8.self))
        else { return nil }
        return words[1]
      }
  }

  /// The kernel's command line.
  public var commandLine: [UInt8]? {
    switch kind {
    case .elf: part("append ").map { ShellText.fields(from: 2, of: $0) }
    case .xen: part("module ").map { ShellText.fields(from: 3, of: $0) }
    }
  }

  /// Xen's own command line; nil where Xen isn't booted, or nothing is said to it.
  public var xenCommandLine: [UInt8]? {
    guard kind == .xen, let kernel = part("kernel ") else { return nil }
    let words = ShellText.words(ShellText.fields(from: 3, of: kernel))
    return words.isEmpty ? nil : Array(words.joined(separator: [0x20]))
  }

  /// The first part of Heads' line that begins so.
  private func part(_ word: String) -> [UInt8]? {
    guard case .heads(let line) = line else { return nil }
    return line.split(separator: UInt8(ascii: "|")).map(Array.init).first { $0.begins(word) }
  }
}

extension MenuEntry {
  /// The entries of a configuration's bytes, where all files are there.
  package static func reading(configuration file: [UInt8]) -> [MenuEntry] {
    ConfigParser(file, source: Array("/grub/grub.cfg".utf8)) { _ in true }.entries
  }

  /// The entry of an entry file's bytes, which stand for the configuration, too.
  package static func reading(entryFile file: [UInt8]) -> [MenuEntry] {
    let parser = EntryFileParser(
      configuration: file, source: Array("/grub2/grub.cfg".utf8), environment: file)
    return parser.entry(file, source: Array("/loader/entries/a.conf".utf8)).map { [$0] } ?? []
  }
}
