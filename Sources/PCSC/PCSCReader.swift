/// A reader as pcscd names it, and what is in it at one moment.
public struct PCSCReader: Equatable, Sendable {
  /// Its name in UTF-8, without a terminating zero.
  public let name: [UInt8]
  /// What is in it.
  public let state: State
  /// The card's answer to reset, at most 33 bytes; empty where there is no card.
  public let answerToReset: [UInt8]
  /// pcscd's count of the cards that came and went, so that a swap between two looks shows.
  let eventCount: UInt16

  /// What is in a reader.
  public enum State: Equatable, Sendable {
    /// No card.
    case empty
    /// A card that can be talked to.
    case card
    /// A card that another program holds exclusively.
    case inUse
    /// A card that does not answer.
    case mute
    /// The reader is gone, or its driver says nothing.
    case unavailable
  }

  /// Whether there is a card that can be talked to, now or when another program lets go of it.
  public var hasCard: Bool { state == .card || state == .inUse }
}
