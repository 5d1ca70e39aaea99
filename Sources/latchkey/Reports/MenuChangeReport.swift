import BootChanges
import BootManifest

/// What changed in a configuration beside its entries, or in their order, in words and for JSON.
struct MenuChangeReport: Encodable {
  /// The configuration, below /boot; escaped.
  let source: String
  /// `order`, `first`, `added`, `removed`, `moved`.
  let kind: String
  /// The entry's name, or the command; escaped.
  let text: String
  /// The sentence for people.
  private let words: String

  /// Of a change.
  init(_ change: MenuChange) {
    source = EscapedName(change.source).description
    kind = change.kind.rawValue
    text = EscapedName(change.text).description
    words =
      switch change.kind {
      case .order: "the entries stand in another order, from '\(text)' on (!)"
      case .first: "'\(text)' is the first entry now, which boots where none is chosen (!)"
      case .added: "+ \(text) (!)"
      case .removed: "- \(text) (!)"
      case .moved: "its commands stand in another order, from '\(text)' on (!)"
      }
  }

  private enum CodingKeys: CodingKey {
    case source, kind, text
  }

  /// The lines for people.
  var lines: [String] { ["  menu       .\(source)", "               " + words] }
}
