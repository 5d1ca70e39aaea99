/// Reads the files of the Boot Loader Specification as Heads' kexec-parse-bls does, with what GRUB's
/// configuration and environment say of `$kernelopts`.
struct EntryFileParser {
  /// What every entry gets that has no options, and what `$kernelopts` stands for in those that have.
  private let options: [UInt8]
  /// The configuration's folder below /boot.
  private let folder: [UInt8]

  /// - Parameters:
  ///   - configuration: `grub.cfg`.
  ///   - source: its path below /boot.
  ///   - environment: `grubenv` beside it; nil if there is none.
  init(configuration: [UInt8], source: [UInt8], environment: [UInt8]?) {
    folder = Array(source[..<(source.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
    var options: [UInt8] = []
    let set = Self.grep(configuration) { $0.contains(Array("set default_kernelopts".utf8)) }
    if !set.isEmpty {
      options = Array(set.map(ShellText.firstQuoted).joined(separator: [0x0A]))
    }
    let saved = Self.grep(environment ?? []) { $0.begins("kernelopts") }
    if !saved.isEmpty {
      options = Array(saved.map(Self.value).joined(separator: [0x0A]))
    }
    self.options = options
  }

  private static func grep(_ file: [UInt8], _ matches: ([UInt8]) -> Bool) -> [[UInt8]] {
    file.split(separator: 0x0A).map(Array.init).filter(matches)
  }

  /// `tr '@' '_' | cut -d= -f2-`.
  private static func value(_ line: [UInt8]) -> [UInt8] {
    let line = line.map { $0 == UInt8(ascii: "@") ? UInt8(ascii: "_") : $0 }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return line }
    return Array(line[(equals + 1)...])
  }

  /// The entry in one file; nil if it has no kernel.
  /// - Parameter source: the file's path below /boot.
  func entry(_ file: [UInt8], source: [UInt8]) -> MenuEntry? {
    var name: [UInt8] = []
    var kernel: [UInt8] = []
    var initrd: [UInt8] = []
    var append = options
    for line in ShellText.lines(of: file) {
      let text = ShellText.echo(line)
      let command = ShellText.field(1, of: text)
      let value = ShellText.fields(from: 2, of: text)
      if command == Array("title".utf8) {
        name = value
      } else if command.begins("linux") {
        kernel = Self.withoutBoot(value)
      } else if command.begins("initrd") {
        initrd = Self.withoutBoot(value)
      } else if command == Array("options".utf8) {
        append = replacingOptions(in: value)
      }
    }
    guard !kernel.isEmpty else { return nil }
    var text = name + Array("|elf|kernel ".utf8) + path(kernel)
    if !initrd.isEmpty { text += Array("|initrd ".utf8) + path(initrd) }
    if !append.isEmpty { text += Array("|append ".utf8) + append }
    return MenuEntry(text, name: name, kind: .elf, source: source)
  }

  private static func withoutBoot(_ path: [UInt8]) -> [UInt8] {
    path.begins("/boot") ? Array(path.dropFirst(5)) : path
  }

  private func path(_ text: [UInt8]) -> [UInt8] {
    let words = ShellText.echo(text)
    return words.first == UInt8(ascii: "/") ? words : folder + [UInt8(ascii: "/")] + words
  }

  /// sed's replacement of the first `$kernelopts`, in which `&` stands for what was found.
  private func replacingOptions(in text: [UInt8]) -> [UInt8] {
    let variable = Array("$kernelopts".utf8)
    var start = 0
    while start + variable.count <= text.count {
      if text[start...].starts(with: variable) {
        var replacement: [UInt8] = []
        for byte in options {
          if byte == UInt8(ascii: "&") { replacement += variable } else { replacement.append(byte) }
        }
        return text[..<start] + replacement + text[(start + variable.count)...]
      }
      start += 1
    }
    return text
  }
}

extension [UInt8] {
  fileprivate func contains(_ other: [UInt8]) -> Bool {
    guard count >= other.count else { return false }
    return (0...(count - other.count)).contains { self[$0...].starts(with: other) }
  }
}
