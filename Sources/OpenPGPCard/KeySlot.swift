/// One of the card's three keys.
public enum KeySlot: UInt8, CaseIterable, Equatable, Sendable {
  /// The signature key, for PSO: COMPUTE DIGITAL SIGNATURE.
  case signing
  /// The decryption key, for PSO: DECIPHER.
  case decryption
  /// The authentication key, for INTERNAL AUTHENTICATE.
  case authentication

  /// Its place among the three, 0 to 2.
  var index: Int { Int(rawValue) }
  /// The control reference template that names it (OpenPGP card 3.4.1 §7.2.14).
  var template: UInt8 { [0xB6, 0xB8, 0xA4][index] }
  /// Its algorithm attributes.
  var attributesTag: UInt16 { 0xC1 + UInt16(index) }
  /// Where its fingerprint is written; all three are read as C5.
  var fingerprintTag: UInt16 { 0xC7 + UInt16(index) }
  /// Where its creation time is written; all three are read as CD.
  var creationTimeTag: UInt16 { [0xCE, 0xCF, 0xD0][index] }
  /// Its user interaction flag.
  var touchTag: UInt16 { 0xD6 + UInt16(index) }
}
