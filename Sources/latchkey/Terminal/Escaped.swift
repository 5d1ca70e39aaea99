import BootManifest

/// Text from a card, a file name or a key, made harmless for a terminal.
enum Escaped {
  /// As ``BootManifest/EscapedName`` shows it: printable ASCII as it is, the rest in escapes.
  static func text(_ text: String) -> String { EscapedName(text).description }

  /// A person's name or a user id: UTF-8 as it is where it is well-formed and every character prints,
  /// else escaped.
  static func name(_ bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
          .paragraphSeparator:
          false
        default: true
        }
      })
    else { return EscapedName(bytes).description }
    return text
  }
}
