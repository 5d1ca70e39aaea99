import LibCrypto
import Secrets
import SmartCard

/// PSO: COMPUTE DIGITAL SIGNATURE, DECIPHER, ENCIPHER, and INTERNAL AUTHENTICATE (OpenPGP card 3.4.1
/// §7.2.10–7.2.13).
extension VirtualCard {
  func sign(_ input: [UInt8]) throws(Refusal) -> [UInt8] {
    try require(.signing)
    let signature = try signature(over: input, with: .signing)
    if !state.manySignatures { session.verified.remove(.signing) }
    state.signatureCount = min(state.signatureCount + 1, 0xFF_FFFF)
    return signature
  }

  func authenticate(_ input: [UInt8]) throws(Refusal) -> [UInt8] {
    try require(.other)
    return try signature(over: input, with: session.authenticateKey)
  }

  private func signature(over input: [UInt8], with slot: Slot) throws(Refusal) -> [UInt8] {
    let loaded = try key(in: slot, otherwise: state.profile.habits.noKey)
    switch loaded.key.algorithm {
    case .rsa(let bits):
      // At most 40 % of the modulus (§7.2.10.2).
      guard !input.isEmpty, input.count * 5 <= bits / 8 * 2 else { throw Refusal(.wrongLength) }
    case .ecdsa, .eddsa:
      guard !input.isEmpty else { throw Refusal(.wrongLength) }
    case .ecdh: throw Refusal(.conditionsNotSatisfied)
    }
    try awaitTouch(slot)
    do throws(CryptoError) {
      return try loaded.key.signRaw(input.span)
    } catch {
      throw Refusal(.wrongData)
    }
  }

  /// `00 ‖ cryptogram` for RSA, `A6 { 7F49 { 86 point } }` for ECDH, `02 ‖ blocks` for AES.
  func decipher(_ cryptogram: [UInt8]) throws(Refusal) -> [UInt8] {
    try require(.other)
    guard let first = cryptogram.first else { throw Refusal(.wrongLength) }
    if first == 0x02, state.profile.hasSymmetricKey {
      return try symmetric(Array(cryptogram.dropFirst()), .decrypt)
    }
    let loaded = try key(in: session.decipherKey, otherwise: state.profile.habits.noKey)
    try awaitTouch(session.decipherKey)
    var out = SecretBytes(capacity: 512)
    do throws(CryptoError) {
      switch loaded.key.algorithm {
      case .rsa(let bits):
        guard first == 0x00, cryptogram.count == 1 + bits / 8 else { throw .invalidData }
        try loaded.key.decryptPKCS1(Array(cryptogram.dropFirst()).span, appendingTo: &out)
      case .ecdh(let curve):
        let point = try Self.point(of: cryptogram, on: curve)
        try loaded.key.sharedSecret(with: point.span, appendingTo: &out)
      case .ecdsa, .eddsa: throw .invalidData
      }
    } catch {
      throw Refusal(.wrongData)
    }
    return out.array
  }

  private static func point(
    of cryptogram: [UInt8], on curve: Curve
  ) throws(CryptoError) -> [UInt8] {
    do throws(Refusal) {
      let publicKey = try DataList(try DataList(cryptogram).only(0xA6)).elements.first
      guard let publicKey, publicKey.tag == 0x7F49 else { throw Refusal(.wrongData) }
      let point = try DataList(publicKey.value).only(0x86)
      // gpg writes X25519's point with its own prefix 40 to some cards.
      return curve.form == .montgomery && point.count == curve.pointSize + 1 && point[0] == 0x40
        ? Array(point.dropFirst()) : point
    } catch {
      throw .invalidData
    }
  }

  /// `02 ‖ blocks`.
  func encipher(_ plain: [UInt8]) throws(Refusal) -> [UInt8] {
    try require(.other)
    return [0x02] + (try symmetric(plain, .encrypt))
  }

  private func symmetric(
    _ blocks: [UInt8], _ direction: AESCBC.Direction
  ) throws(Refusal) -> [UInt8] {
    guard let key = state.symmetricKey else { throw Refusal(state.profile.habits.noKey) }
    guard !blocks.isEmpty, blocks.count % 16 == 0 else { throw Refusal(.wrongLength) }
    do throws(CryptoError) {
      return try AESCBC.process(blocks.span, direction, key: key.bytes.span)
    } catch {
      throw Refusal(.memoryFailure)
    }
  }
}

extension SecretBytes {
  /// The bytes in an ordinary array: this card keeps no secret from its own process.
  var array: [UInt8] {
    withBytes { bytes in [UInt8](copying: bytes) }
  }
}
