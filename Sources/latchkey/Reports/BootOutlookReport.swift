import BootChanges
import BootManifest

/// What an entry boots, beside what it booted when /boot was signed, in words and for JSON.
struct BootOutlookReport: Encodable {
  /// Its number in Heads' menu, from 1.
  let number: Int
  /// Escaped.
  let name: String
  /// Whether the firmware boots it by itself; without a chosen default, the first.
  let isDefault: Bool
  /// Whether it boots other things than when it was signed, or nobody knows.
  let differs: Bool
  let files: [File]
  let words: [EntryChangeReport.Word]
  private let hasSignedWords: Bool?

  /// A file that it boots from.
  struct File: Encodable {
    /// `kernel`, `initrd`, `module`.
    let role: String
    let path: String
    /// `same`, `changed`, `new`, `unknown`.
    let state: String
  }

  /// Of an entry.
  init(_ boot: BootOutlook) {
    number = boot.number
    name = EscapedName(boot.name).description
    isDefault = boot.isDefault
    differs = boot.differs
    files = boot.files.map {
      File(role: $0.role, path: EscapedName($0.path).description, state: $0.state.rawValue)
    }
    words = boot.words.map(EntryChangeReport.Word.init)
    hasSignedWords = boot.hasSignedWords
  }

  private enum CodingKeys: CodingKey {
    case number, name, isDefault, differs, files, words
  }

  /// More entries than these are counted, not named.
  private static let shown = 12

  /// The lines for people: the entries that boot other things than when they were signed.
  static func lines(_ boots: [BootOutlookReport]) -> [String] {
    let different = boots.filter(\.differs)
    guard !different.isEmpty else { return [] }
    let isKnown = different.allSatisfy { $0.hasSignedWords != nil }
    var lines = [
      isKnown ? "What boots differently:" : "What boots, with nothing to compare it with:"
    ]
    let first = different.filter(\.isDefault) + different.filter { !$0.isDefault }
    lines += first.prefix(shown).flatMap(\.lines)
    if first.count > shown {
      lines.append("  and \(first.count - shown) more entries (latchkey entries list, --json)")
    }
    return lines
  }

  private var lines: [String] {
    let indent = "               "
    var lines = [
      "  \("boots".padded(to: 11))\(number), '\(name)'" + (isDefault ? ", by itself" : "")
    ]
    if files.isEmpty { return lines + [indent + "what it boots can't be told (!)"] }
    for file in files {
      let state =
        switch file.state {
        case "changed": ": other content"
        case "new": ": not what it booted before"
        case "same": ": as signed"
        default: ""
        }
      lines.append(indent + "\(file.role) \(file.path)\(state)")
    }
    let text = words.map { word in
      word.word + (word.isGrave && !word.isExplained && word.reason != "choosesRoot" ? " (!)" : "")
    }.joined(separator: " ")
    let isSame = hasSignedWords == true
    lines.append(indent + (isSame ? "command line as signed: " : "command line: ") + text)
    if !isSame {
      for word in words where word.isGrave && !word.isExplained && word.reason != "choosesRoot" {
        if let why = word.why { lines.append(indent + "\(word.word): \(why)") }
      }
    }
    return lines
  }
}
