public import LibCrypto

/// What must hold of a card before a byte of a PIN goes to it: recorded when it was enrolled.
public struct PinnedKey: Equatable, Sendable {
  /// Which card.
  public let identifier: CardIdentifier
  /// Which of its keys.
  public let slot: KeySlot
  /// The key's version 4 fingerprint as the card holds it, 20 bytes.
  public let fingerprint: [UInt8]
  /// The key's numbers, which the card is asked for.
  public let publicKey: PublicKey
  /// How the card's PINs are derived. The recorded one is used, never the card's word.
  public let keyDerivation: KeyDerivation

  /// What was recorded.
  public init(
    identifier: CardIdentifier, slot: KeySlot, fingerprint: [UInt8], publicKey: PublicKey,
    keyDerivation: KeyDerivation
  ) {
    self.identifier = identifier
    self.slot = slot
    self.fingerprint = fingerprint
    self.publicKey = publicKey
    self.keyDerivation = keyDerivation
  }

  /// What a card may differ in.
  public enum Difference: Equatable, Sendable {
    /// Another card altogether.
    case serial
    /// The slot's fingerprint.
    case fingerprint
    /// The slot's key, or there is none.
    case key
    /// How PINs are derived.
    case keyDerivation
  }
}
