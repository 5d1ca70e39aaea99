/// One of the card's three keys (OpenPGP card 3.4.1 §4.4.3.7).
enum Slot: Int, CaseIterable, Codable, Sendable {
  case signing
  case decryption
  case authentication

  /// The control reference template's tag: B6, B8, A4.
  var template: UInt16 {
    switch self {
    case .signing: 0xB6
    case .decryption: 0xB8
    case .authentication: 0xA4
    }
  }

  /// The tag of its algorithm attributes: C1, C2, C3.
  var attributesTag: UInt16 { 0xC1 + UInt16(rawValue) }

  /// Its number in DE and in MANAGE SECURITY ENVIRONMENT: 1, 2, 3.
  var reference: UInt8 { UInt8(rawValue + 1) }
}
