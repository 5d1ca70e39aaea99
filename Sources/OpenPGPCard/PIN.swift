/// One of the card's three secrets.
public enum PIN: UInt8, CaseIterable, Equatable, Sendable {
  /// PW1: signs (as 81), decrypts and authenticates (as 82).
  case user
  /// The resetting code: sets a new user PIN when the old one is blocked.
  case resetCode
  /// PW3: changes what is on the card.
  case admin

  /// The fewest bytes it may have (OpenPGP card 3.4.1 §4.3.1).
  public var minimumLength: Int { self == .user ? 6 : 8 }

  /// Its place in the PW status bytes C4, 0 to 2.
  var index: Int { Int(rawValue) }
  /// P2 of CHANGE REFERENCE DATA; the resetting code cannot be changed with it.
  var reference: UInt8 { self == .admin ? 0x83 : 0x81 }
  /// The tag of its salt in the KDF-DO.
  var saltTag: UInt16 { 0x84 + UInt16(index) }
}
