import SmartCard

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

  /// The slot that a control reference template names: `B6 00`, or `B6 03 84 01 01` (§4.4.3.7); nil for
  /// a Yubikey's attestation key, `B6 03 84 01 81`.
  static func named(by template: DataList.Element) throws(Refusal) -> Slot? {
    if template.tag == 0xB6, template.value == [0x84, 1, 0x81] { return nil }
    guard let slot = allCases.first(where: { $0.template == template.tag }),
      template.value.isEmpty || template.value == [0x84, 1, slot.reference]
    else { throw Refusal(.wrongData) }
    return slot
  }
}
