/// Reads a GRUB or syslinux configuration as Heads' kexec-parse-boot does, line by line: it takes each
/// `menuentry` and `label` wherever it stands and follows none of the language around it.
struct ConfigParser {
  private enum State {
    case search
    case grub
    case syslinux
  }

  /// The entries so far.
  private(set) var entries: [MenuEntry] = []

  private let exists: ([UInt8]) -> Bool
  private let source: [UInt8]
  /// The configuration's folder below /boot.
  private let folder: [UInt8]
  private var state = State.search
  private var name: [UInt8] = []
  private var kind = MenuEntry.Kind.elf
  private var kernel: [UInt8] = []
  private var initrd: [UInt8] = []
  private var modules: [UInt8] = []
  private var append: [UInt8] = []
  /// Heads' parser ends where an entry's initrd is missing, and what follows is lost.
  private var hasEnded = false

  /// - Parameters:
  ///   - file: the configuration.
  ///   - source: its path below /boot, as `/grub/grub.cfg`.
  ///   - exists: whether a path below /boot can be read.
  init(_ file: [UInt8], source: [UInt8], exists: @escaping ([UInt8]) -> Bool) {
    self.exists = exists
    self.source = source
    folder = Array(source[..<(source.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
    for line in ShellText.lines(of: file) {
      switch state {
      case .search: search(line)
      case .grub: grub(line)
      case .syslinux: syslinux(line)
      }
      if hasEnded { return }
    }
    if state == .syslinux { endLabel() }
  }

  private mutating func reset() {
    name = []
    kind = .elf
    kernel = []
    initrd = []
    modules = []
    append = []
  }

  private mutating func search(_ line: [UInt8]) {
    if line.begins("menuentry", orCapitals: true) {
      state = .grub
      reset()
      name = ShellText.firstQuoted(ShellText.echo(line))
    } else if line.begins("label", orCapitals: true) {
      state = .syslinux
      reset()
      name = Array(ShellText.echo(line).dropFirst(5))
    }
  }

  // MARK: GRUB

  private mutating func grub(_ line: [UInt8]) {
    if line == [UInt8(ascii: "}")] {
      addEntry()
      state = .search
      return
    }
    let text = ShellText.echo(line)
    let command = ShellText.field(1, of: text)
    var value = ShellText.fields(from: 2, of: text)
    if command.begins("multiboot") {
      kind = .xen
      kernel = value
    } else if command.begins("module") {
      if value.begins("--nounzip") { value = ShellText.fields(from: 2, of: value) }
      addModule(value)
    } else if command.begins("linux") {
      kernel = ShellText.field(2, of: ShellText.withoutDevices(text))
      append = ShellText.withoutDashes(ShellText.fields(from: 3, of: text))
    } else if command.begins("initrd") {
      initrd = ShellText.withoutDevices(value)
    }
  }

  // MARK: syslinux

  private mutating func syslinux(_ line: [UInt8]) {
    if line.isEmpty { return endLabel() }
    if line.begins("label", orCapitals: true) {
      endLabel()
      if !hasEnded { search(line) }
      return
    }
    let text = ShellText.echo(line)
    let value = ShellText.fields(from: 2, of: text)
    if text.begins("menu", orCapitals: true) {
      let second = String(decoding: ShellText.field(2, of: text), as: UTF8.self)
      if second == "label" || second == "LABEL" {
        name = text.dropFirst(10).filter { $0 != UInt8(ascii: "^") }
      }
    } else if text.begins("linux", orCapitals: true) || text.begins("kernel", orCapitals: true) {
      if value.ends("mboot.c32") {
        kind = .xen
      } else if value.ends(".c32") {
        state = .search
      } else {
        kernel = value
      }
    } else if text.begins("initrd", orCapitals: true) {
      initrd = value
    } else if text.begins("append", orCapitals: true) {
      if kind == .xen { appendModules(value) } else { append = value }
    }
  }

  /// mboot.c32's `xen args --- vmlinuz args --- initrd`.
  private mutating func appendModules(_ value: [UInt8]) {
    let mark = Array(" --- ".utf8)
    var parts: [[UInt8]] = [[]]
    var index = 0
    while index < value.count {
      if value[index...].starts(with: mark) {
        parts.append([])
        index += mark.count
      } else if value[index] == UInt8(ascii: "|") {
        parts.append([])
        index += 1
      } else {
        parts[parts.count - 1].append(value[index])
        index += 1
      }
    }
    for part in parts {
      // `read` again; a backslash went at the first time.
      let line = ShellText.lines(of: part + [0x0A]).first ?? []
      if kernel.isEmpty { kernel = line } else { addModule(line) }
    }
  }

  private mutating func endLabel() {
    if initrd.isEmpty {
      var kept: [[UInt8]] = []
      for word in ShellText.words(append) {
        if word.begins("initrd=") { initrd = Array(word.dropFirst(7)) } else { kept.append(word) }
      }
      append = Array(kept.joined(separator: [0x20]))
    }
    addEntry()
    state = .search
  }

  // MARK: Entries

  /// A path as Heads completes it: from the configuration's folder, where it isn't absolute.
  private func path(_ text: [UInt8]) -> [UInt8] {
    let words = ShellText.echo(text)
    return words.first == UInt8(ascii: "/") ? words : folder + [UInt8(ascii: "/")] + words
  }

  private mutating func addModule(_ text: [UInt8]) {
    modules += Array("|module ".utf8) + path(text)
  }

  /// Whether the file is there; one with a variable in its path is given the benefit.
  private func isThere(_ path: [UInt8]) -> Bool {
    exists(ShellText.field(1, of: path)) || path.namesVariable
  }

  private mutating func addEntry() {
    guard !kernel.isEmpty else { return }
    let image = path(kernel)
    guard isThere(image) else { return }
    let name = name.filter { $0 != UInt8(ascii: "|") }
    var text = name + Array((kind == .elf ? "|elf|kernel " : "|xen|kernel ").utf8) + image
    switch kind {
    case .elf:
      for file in ShellText.words(initrd.map { $0 == UInt8(ascii: ",") ? 0x20 : $0 }) {
        let file = path(file)
        guard isThere(file) else {
          hasEnded = true
          return
        }
        text += Array("|initrd ".utf8) + file
      }
      if !append.isEmpty { text += Array("|append ".utf8) + append }
    case .xen: text += modules
    }
    entries.append(MenuEntry(text, name: name, kind: kind, source: source))
  }
}

extension [UInt8] {
  /// A shell pattern `*text`.
  func ends(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
