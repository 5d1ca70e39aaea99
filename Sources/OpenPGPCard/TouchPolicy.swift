/// When a key's use must be touched for: the user interaction flags D6 to D8 (OpenPGP card 3.4.1
/// §4.4.3.6, and Yubico's two cached ones).
public enum TouchPolicy: UInt8, Equatable, Sendable {
  /// Never.
  case off = 0x00
  /// Each time.
  case on = 0x01
  /// Each time, and only a factory reset changes it.
  case fixed = 0x02
  /// Once in 15 seconds.
  case cached = 0x03
  /// Once in 15 seconds, and only a factory reset changes it.
  case cachedFixed = 0x04

  /// Whether only a factory reset changes it.
  public var isFixed: Bool { self == .fixed || self == .cachedFixed }
}

/// Where a key came from: the key information DE (OpenPGP card 3.4.1 §4.4.3.8).
public enum KeyOrigin: UInt8, Equatable, Sendable {
  /// There is no key.
  case none = 0x00
  /// Made on the card.
  case generated = 0x01
  /// Imported.
  case imported = 0x02
}
