/// The few lines that hooks write into an image so that programs find root there, and what a person is told who
/// logs in to it.
enum AccountFile {
  /// `etc/passwd`: root alone, whose password nobody can type.
  static func isUsers(_ text: [UInt8]) -> Bool {
    lines(text) { fields in
      fields.count == 7 && fields[0] == "root" && locked.contains(fields[1]) && fields[2] == "0"
        && fields[3] == "0" && (fields[4].isEmpty || fields[4] == "root") && isHome(fields[5])
        && fields[6] == "/bin/sh"
    }
  }

  /// `etc/group`: root's alone.
  static func isGroups(_ text: [UInt8]) -> Bool {
    lines(text) { fields in
      fields.count == 4 && fields[0] == "root" && locked.contains(fields[1]) && fields[2] == "0"
        && fields[3].isEmpty
    }
  }

  /// `etc/nsswitch.conf`: from those files alone.
  static func isSwitch(_ text: [UInt8]) -> Bool {
    wholeLines(text)?.allSatisfy {
      ["passwd: files", "group: files", "shadow: files"].contains($0)
    }
      ?? false
  }

  /// `etc/motd`: text that does nothing to a terminal.
  static func isMessage(_ text: [UInt8]) -> Bool {
    guard let text = String(validating: text, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n" || scalar == "\t"
        || (scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
    }
  }

  /// `x` says that /etc/shadow has it, which no image has.
  private static let locked: [Substring] = ["x", "*", "!"]

  /// Where dropbear's hook has root at home, beside the usual.
  private static func isHome(_ path: Substring) -> Bool {
    path == "/" || path == "/root"
      || (path.hasPrefix("/root-") && path.count == 16 && path.dropFirst(6).isPlain(and: ""))
  }

  private static func lines(_ text: [UInt8], _ isRight: ([Substring]) -> Bool) -> Bool {
    wholeLines(text)?.allSatisfy {
      isRight($0.split(separator: ":", omittingEmptySubsequences: false))
    } ?? false
  }
}
