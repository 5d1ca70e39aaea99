public import Secrets

/// Lengths and tries of the PINs: the PW status bytes C4 (OpenPGP card 3.4.1 §4.4.2).
public struct PINStatus: Equatable, Sendable {
  /// One VERIFY as 81 is good for many signatures, not just one.
  public let allowsManySignatures: Bool
  /// The most bytes of each PIN, by `PIN`'s order.
  private let maximums: [UInt8]
  /// The tries left of each PIN, by `PIN`'s order.
  private var tries: [UInt8]

  /// Reads the content of C4; nil if it hasn't seven bytes.
  init?(_ content: Span<UInt8>) {
    guard content.count >= 7 else { return nil }
    // Yubikeys 4 say FF for many.
    allowsManySignatures = content[0] != 0
    maximums = [content[1], content[2], content[3]]
    tries = [content[4], content[5], content[6]]
  }

  /// How many tries are left.
  public func triesLeft(_ pin: PIN) -> Int { Int(tries[pin.index]) }
  /// Notes what a refused PIN's status word said.
  mutating func noteTries(_ left: Int, of pin: PIN) {
    tries[pin.index] = UInt8(min(max(left, 0), 255))
  }
  /// The most bytes it may have.
  public func maximumLength(_ pin: PIN) -> Int { Int(maximums[pin.index] & 0x7F) }
  /// Whether a text can be that PIN: nothing else is sent. A derived PIN is always as long as its hash; the
  /// text may be any from the least on.
  public func isPossible(
    _ text: borrowing SecretBytes, as pin: PIN, derivedBy derivation: KeyDerivation
  ) -> Bool {
    text.count >= pin.minimumLength
      && (derivation.derivedSize ?? text.count) <= maximumLength(pin)
  }
  /// Whether the card wants PIN block format 2 for it.
  public func wantsPINBlock(_ pin: PIN) -> Bool { maximums[pin.index] & 0x80 != 0 }
}
