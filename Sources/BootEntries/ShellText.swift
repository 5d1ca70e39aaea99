/// What the shell does to text in Heads' parser, step by step and byte for byte, but without ever running
/// any of it (POSIX XCU 2.2, 2.6, `read`; bash 5).
enum ShellText {
  /// The lines that `while read line` gives: a backslash takes the next byte as it is and joins a line
  /// with the next one, spaces and tabs at both ends are gone, a last line that isn't ended is lost.
  static func lines(of file: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var line: [(byte: UInt8, isEscaped: Bool)] = []
    var index = 0
    while index < file.count {
      let byte = file[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\n"):
        lines.append(trimmed(line))
        line = []
      case UInt8(ascii: "\\"):
        guard index < file.count else { break }
        if file[index] != UInt8(ascii: "\n") { line.append((file[index], true)) }
        index += 1
      // bash drops it.
      case 0: break
      default: line.append((byte, false))
      }
    }
    return lines
  }

  private static func trimmed(_ line: [(byte: UInt8, isEscaped: Bool)]) -> [UInt8] {
    func isTrimmed(_ item: (byte: UInt8, isEscaped: Bool)) -> Bool {
      !item.isEscaped && (item.byte == 0x20 || item.byte == 0x09)
    }
    guard let first = line.firstIndex(where: { !isTrimmed($0) }),
      let last = line.lastIndex(where: { !isTrimmed($0) })
    else { return [] }
    return line[first...last].map(\.byte)
  }

  /// The words of an unquoted expansion.
  static func words(_ text: [UInt8]) -> [[UInt8]] {
    text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }.map(Array.init)
  }

  /// `echo $text`: the words with one space between. What the shell might make of `*` by the files of
  /// its folder is left out.
  static func echo(_ text: [UInt8]) -> [UInt8] { Array(words(text).joined(separator: [0x20])) }

  /// `cut -d' ' -fN`: a line without a space is given whole.
  static func field(_ number: Int, of text: [UInt8]) -> [UInt8] {
    fields(text, from: number, count: 1)
  }

  /// `cut -d' ' -fN-`.
  static func fields(from number: Int, of text: [UInt8]) -> [UInt8] {
    fields(text, from: number, count: Int.max)
  }

  private static func fields(_ text: [UInt8], from number: Int, count: Int) -> [UInt8] {
    guard text.contains(0x20) else { return text }
    let all = text.split(separator: 0x20, omittingEmptySubsequences: false)
    return Array(all.dropFirst(number - 1).prefix(count).joined(separator: [0x20]))
  }

  /// `tr "'" '"' | cut -d'"' -f2`: what stands in the first quotes.
  static func firstQuoted(_ text: [UInt8]) -> [UInt8] {
    let parts = text.split(omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'")
    }
    if parts.count > 1 { return Array(parts[1]) }
    return text
  }

  /// `sed 's/([^)]*)//g'`: without GRUB's devices.
  static func withoutDevices(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "("),
        let end = text[index...].firstIndex(of: UInt8(ascii: ")"))
      {
        index = end + 1
      } else {
        out.append(text[index])
        index += 1
      }
    }
    return out
  }

  /// `sed 's|[[:space:]]*---[[:space:]]*| |g' | sed 's|^ ||;s| $||'`: without the installer's mark.
  static func withoutDashes(_ text: [UInt8]) -> [UInt8] {
    func isSpace(_ index: Int) -> Bool {
      index < text.count && (text[index] == 0x20 || (0x09...0x0D).contains(text[index]))
    }
    var out: [UInt8] = []
    var index = 0
    while index < text.count {
      var end = index
      while isSpace(end) { end += 1 }
      guard text[end...].starts(with: Array("---".utf8)) else {
        // No match begins in these spaces.
        out += text[index..<max(end, index + 1)]
        index = max(end, index + 1)
        continue
      }
      end += 3
      while isSpace(end) { end += 1 }
      out.append(0x20)
      index = end
    }
    if out.first == 0x20 { out.removeFirst() }
    if out.last == 0x20 { out.removeLast() }
    return out
  }
}

extension [UInt8] {
  /// A shell pattern `text*`, or `TEXT*`.
  func begins(_ word: String, orCapitals: Bool = false) -> Bool {
    starts(with: Array(word.utf8))
      || (orCapitals && starts(with: Array(word.uppercased().utf8)))
  }

  /// Whether it names a variable: `$name` or `${name`.
  var namesVariable: Bool {
    for index in indices where self[index] == UInt8(ascii: "$") {
      var next = index + 1
      if next < count, self[next] == UInt8(ascii: "{") { next += 1 }
      if next < count, self[next].beginsName { return true }
    }
    return false
  }
}

extension UInt8 {
  var beginsName: Bool {
    self == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
  }
  var continuesName: Bool {
    beginsName || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}
