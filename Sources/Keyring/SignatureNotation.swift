/// What a signature says beside what it signs: `name@domain` and a text.
public struct SignatureNotation: Equatable, Sendable {
  /// `name@domain`.
  public let name: String
  /// Printable text.
  public let value: String

  /// Those two.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
