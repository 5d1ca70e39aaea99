import BootChanges
import BootManifest

/// A boot entry that changed, in words and for JSON.
struct EntryChangeReport: Encodable {
  /// Escaped.
  let name: String
  /// `added`, `changed`, `deleted`.
  let kind: String
  let isExplained: Bool
  let files: [File]
  /// Words that the command line got.
  let added: [Word]
  /// Words that it lost.
  let removed: [Word]
  /// Whether Heads would run a part of it, so that nobody can tell its line.
  let isUnreadable: Bool

  /// Another file than before.
  struct File: Encodable {
    /// `kernel`, `initrd`, `module`.
    let role: String
    let from: String?
    let to: String?
    /// Whether the new one came, or the old one went, since the signing.
    let isExplained: Bool
  }

  /// A word of a command line.
  struct Word: Encodable {
    let word: String
    /// Whether a kernel's version or GRUB's settings account for it.
    let isExplained: Bool
    /// Whether it opens a shell, takes a protection away, or changes who opens the disk.
    let isGrave: Bool

    init(_ word: EntryChange.Word) {
      self.word = EscapedName(word.text).description
      isExplained = word.isExplained
      isGrave = word.isGrave
    }

    func text(_ sign: String) -> String {
      sign + " " + word + (isGrave || !isExplained ? " (!)" : "")
    }
  }

  /// Of a change.
  init(_ change: EntryChange) {
    name = EscapedName(change.name).description
    kind = change.kind.rawValue
    isExplained = change.isExplained
    isUnreadable = change.isUnreadable
    files = change.files.map {
      File(
        role: $0.role, from: $0.from.map { EscapedName($0).description },
        to: $0.to.map { EscapedName($0).description }, isExplained: $0.isExplained)
    }
    added = change.added.map(Word.init)
    removed = change.removed.map(Word.init)
  }

  /// The lines for people.
  var lines: [String] {
    let indent = "               "
    var lines = ["  entry      '\(name)'" + (kind == "changed" ? "" : " " + kind)]
    if isUnreadable {
      lines.append(indent + "Heads would run a part of it, so that its line can't be told (!)")
    }
    for file in files {
      let mark = file.isExplained ? "" : " (!)"
      switch (file.from, file.to) {
      case (let from?, let to?): lines.append(indent + "\(file.role) \(from) is now \(to)\(mark)")
      case (nil, let to?): lines.append(indent + "\(file.role) \(to)")
      case (let from?, nil) where kind == "changed":
        lines.append(indent + "\(file.role) \(from) is gone\(mark)")
      default: break
      }
    }
    // Of a new entry, what others have already says nothing.
    let shown = kind == "added" ? added.filter { !$0.isExplained || $0.isGrave } : added
    let words = shown.map { $0.text("+") } + removed.map { $0.text("-") }
    if !words.isEmpty {
      lines.append(indent + "command line: " + words.joined(separator: ", "))
    }
    if !isExplained, !isUnreadable {
      lines.append(
        indent + "neither an upgrade nor /etc/default/grub explains what is marked (!)")
    } else if lines.count == 1, kind == "changed" {
      lines.append(indent + "its words stand in another order")
    }
    return lines
  }
}
