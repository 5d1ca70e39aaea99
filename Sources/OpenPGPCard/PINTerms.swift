/// On what terms a PIN goes to a card: what the person who gives it was shown, what they agreed to, and
/// what remembers it. Each call that sends a PIN takes them, and the session holds the card to them before the
/// first byte leaves.
public struct PINTerms<Memory: PINMemory> {
  /// How many tries were shown. A card that has fewer gets nothing: somebody else used them.
  public let triesShown: Int
  /// A person agreed that the last try may be spent.
  public let spendsLastTry: Bool
  /// A person agreed that a text may go once more, though no answer came to it the last time.
  public let sendsAgain: Bool
  /// What remembers the text.
  public let memory: Memory

  /// Terms; nobody agreed to anything where it isn't said.
  public init(
    triesShown: Int, spendsLastTry: Bool = false, sendsAgain: Bool = false, memory: Memory
  ) {
    self.triesShown = triesShown
    self.spendsLastTry = spendsLastTry
    self.sendsAgain = sendsAgain
    self.memory = memory
  }
}

extension PINTerms: Sendable where Memory: Sendable {}

extension PINTerms where Memory == NoPINMemory {
  /// For a text that this very visit has set, or shown to be right.
  static var proven: PINTerms {
    PINTerms(triesShown: 0, spendsLastTry: true, memory: NoPINMemory())
  }
}
