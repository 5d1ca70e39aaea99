/// What a GRUB configuration does beside the entries that Heads reads from it: which entry is the default,
/// which other files and disks it takes something from, who may do what. Each line once, in their order.
///
/// Nothing is run. Only what is known to change nothing of what boots is left out, so that a command that
/// nobody thought of is among them.
public struct MenuCommands: Equatable, Sendable {
  /// The configuration, below /boot: `/grub/grub.cfg`.
  public let source: [UInt8]
  /// Its commands, with one space between their words.
  public let lines: [[UInt8]]

  /// As they were read once.
  public init(source: [UInt8], lines: [[UInt8]]) {
    self.source = source
    self.lines = lines
  }

  /// - Parameters:
  ///   - file: the configuration.
  ///   - isThere: whether a path below /boot can be read.
  init(_ file: [UInt8], source: [UInt8], isThere: ([UInt8]) -> Bool) {
    self.source = source
    var lines: [[UInt8]] = []
    var known: Set<[UInt8]> = []
    for line in ShellText.lines(of: file + [0x0A]) {
      for command in Self.commands(in: line) {
        guard let kept = Self.kept(command, isThere), known.insert(kept).inserted else { continue }
        lines.append(kept)
      }
    }
    self.lines = lines
  }

  /// The commands of a line: what stands between `;`, `{` and `}` outside of quotes, without comments.
  private static func commands(in line: [UInt8]) -> [[[UInt8]]] {
    var commands: [[UInt8]] = [[]]
    var quote: UInt8?
    for (index, byte) in line.enumerated() {
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "#"), index == 0 || line[index - 1] == 0x20 {
        break
      } else if byte == UInt8(ascii: ";") || byte == UInt8(ascii: "}")
        || byte == UInt8(ascii: "{") && (index == 0 || line[index - 1] != UInt8(ascii: "$"))
      {
        // `${name}` is a variable; its end parts what nobody minds.
        commands.append([])
        continue
      }
      commands[commands.count - 1].append(byte)
    }
    return commands.map(ShellText.words).filter { !$0.isEmpty }
  }

  private static let harmless: Set<String> = [
    "fi", "done", "true", "echo", "insmod", "load_video", "gfxmode", "loadfont", "clear", "sleep",
    "play", "terminal_input", "terminal_output", "background_color", "background_image",
    "recordfail",
    "function", "return", "hwmatch",
  ]
  private static let harmlessVariables: Set<String> = [
    "timeout", "timeout_style", "gfxpayload", "gfxmode", "lang", "locale_dir", "theme", "font",
    "linux_gfx_mode", "menu_color_normal", "menu_color_highlight", "color_normal",
    "color_highlight",
    "pager", "vt_handoff", "recordfail_broken", "have_grubenv", "recordfail",
  ]
  private static let loaders = ["linux", "initrd", "multiboot", "module", "xen_"]

  /// A command as it is kept; nil where it changes nothing, or is in an entry that Heads has.
  private static func kept(_ words: [[UInt8]], _ isThere: ([UInt8]) -> Bool) -> [UInt8]? {
    let name = String(decoding: words[0], as: UTF8.self)
    if ["then", "else", "do"].contains(name) {
      return words.count > 1 ? kept(Array(words.dropFirst()), isThere) : nil
    }
    if name == "menuentry" || name == "submenu" {
      // Titles and classes are nothing; who may start it is.
      let options = words.dropFirst().filter {
        $0.begins("--") && !$0.begins("--class") && !$0.begins("--id")
      }
      return options.isEmpty ? nil : Array(([words[0]] + options).joined(separator: [0x20]))
    }
    if harmless.contains(name) { return nil }
    if name == "set", words.count > 1 {
      let variable = String(decoding: words[1].prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      if harmlessVariables.contains(variable) { return nil }
    }
    if loaders.contains(where: name.hasPrefix), isEntrys(words, isThere) { return nil }
    return Array(words.joined(separator: [0x20]))
  }

  /// Whether a loader's command names nothing but what is on this /boot, and is so in an entry of Heads' menu.
  private static func isEntrys(_ words: [[UInt8]], _ isThere: ([UInt8]) -> Bool) -> Bool {
    guard words.count > 1 else { return false }
    let isInitrd = words[0].begins("initrd")
    let named = words.dropFirst().filter { !$0.begins("--") }
    return (isInitrd ? named[...] : named.prefix(1)).allSatisfy { path in
      let root = Array("($root)".utf8)
      let path = path.starts(with: root) ? Array(path.dropFirst(root.count)) : path
      return path.first == UInt8(ascii: "/") && isThere(path)
    }
  }
}
