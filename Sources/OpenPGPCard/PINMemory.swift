public import Secrets

/// What became of a text that was sent to a card as one of its PINs, and wasn't taken.
public enum PINFate: UInt8, Equatable, Sendable {
  /// No answer came back: the card may have taken it, or have used a try.
  case unknown = 1
  /// The card refused it.
  case failed = 2
}

/// Remembers which texts were sent to which card, as which of its PINs, for longer than a process lives.
///
/// A session asks it before it sends a text, has it noted as ``PINFate/unknown`` before the first byte
/// leaves, and again when the answer is there. So a process that is killed in between leaves the note.
public protocol PINMemory {
  /// What is known of a text; nil if nothing is.
  func fate(of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier) -> PINFate?
  /// Notes a text's fate in place of what was known of it; nil forgets the text.
  func note(
    _ fate: PINFate?, of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier)
  /// Forgets all texts that were sent as that PIN of that card: it has a new one.
  func forget(_ pin: PIN, of card: CardIdentifier)
}

/// Remembers nothing: for a card of one's own that no person's PIN goes to.
public struct NoPINMemory: PINMemory, Sendable {
  /// Makes one.
  public init() {}
  /// Nothing.
  public func fate(of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier) -> PINFate?
  {
    nil
  }
  /// Does nothing.
  public func note(
    _ fate: PINFate?, of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier
  ) {}
  /// Does nothing.
  public func forget(_ pin: PIN, of card: CardIdentifier) {}
}
