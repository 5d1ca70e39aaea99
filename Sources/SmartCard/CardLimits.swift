/// How long a card's commands and answers may be, by its own word: first the historical bytes of the
/// ATR, then the extended length information 7F66 (OpenPGP card 3.4.1 §4.1.3.1, §6).
public struct CardLimits: Equatable, Sendable {
  /// Extended Lc and Le are understood.
  public var extendedLengths: Bool
  /// Commands may be chained.
  public var chaining: Bool
  /// The most bytes of a command APDU, header and lengths included.
  public var commandSize: Int
  /// The most bytes of an answer, status word included.
  public var responseSize: Int

  /// What every card can do: short APDUs, unchained.
  public static let short = CardLimits(
    extendedLengths: false, chaining: false, commandSize: 5 + 255 + 1, responseSize: 256 + 2)

  /// Limits as given.
  public init(extendedLengths: Bool, chaining: Bool, commandSize: Int, responseSize: Int) {
    self.extendedLengths = extendedLengths
    self.chaining = chaining
    self.commandSize = commandSize
    self.responseSize = responseSize
  }
}
