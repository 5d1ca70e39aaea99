import LibCrypto

/// Algorithm attributes (OpenPGP card 3.4.1 §4.4.3.10) of a key this card can make.
struct AlgorithmAttributes: Equatable {
  /// The kind of key.
  let algorithm: KeyAlgorithm

  /// Reads attributes; nil for an algorithm that isn't in software here.
  init?(_ bytes: [UInt8], for slot: Slot) {
    guard let kind = bytes.first else { return nil }
    switch kind {
    case 0x01 where bytes.count == 6:
      let bits = Int(bytes[1]) << 8 | Int(bytes[2])
      guard [2048, 3072, 4096].contains(bits), bytes[5] <= 3 else { return nil }
      algorithm = .rsa(bits: bits)
    case 0x12 where slot == .decryption, 0x16 where slot == .decryption:
      // Yubikeys list Curve25519 for decryption with EdDSA's 16.
      guard let curve = Self.curve(bytes),
        curve.form == .montgomery || (curve.form == .weierstrass && kind == 0x12)
      else { return nil }
      algorithm = .ecdh(curve)
    case 0x13 where slot != .decryption:
      guard let curve = Self.curve(bytes), curve.form == .weierstrass else { return nil }
      algorithm = .ecdsa(curve)
    case 0x16 where slot != .decryption:
      guard let curve = Self.curve(bytes), curve.form == .edwards else { return nil }
      algorithm = .eddsa(curve)
    default: return nil
    }
  }

  /// The curve behind the first byte; a closing FF (import with the public key) left out.
  private static func curve(_ bytes: [UInt8]) -> Curve? {
    var oid = Array(bytes.dropFirst())
    if oid.last == 0xFF { oid.removeLast() }
    return Curve.named(oid: oid.span)
  }
}

extension CardProfile {
  /// The attributes as the card keeps them, one of those it lists, once it has taken `bytes`; nil if
  /// it doesn't.
  func accepted(_ bytes: [UInt8], for slot: Slot) -> [UInt8]? {
    guard AlgorithmAttributes(bytes, for: slot) != nil else { return nil }
    let listed = (algorithms + (unlistedAlgorithms ?? []))
      .filter { $0.tag.number == slot.attributesTag }.flatMap { $0.attributes.map(\.bytes) }
    if listed.contains(bytes) { return bytes }
    return listed.first { own in
      guard own[0] == bytes[0] else { return false }
      if own[0] == 0x01 {
        return own.count == 6 && own[1...2] == bytes[1...2]
          && (own[3...4] == bytes[3...4]
            || habits.otherExponentLengths.contains(Int(bytes[3]) << 8 | Int(bytes[4])))
          && (own[5] == bytes[5] || habits.importWithPublicKey && bytes[5] == 2)
      }
      return habits.importWithPublicKey && Self.bare(own) == Self.bare(bytes)
    }
  }

  /// A curve's attributes without a closing FF.
  private static func bare(_ attributes: [UInt8]) -> [UInt8] {
    attributes.last == 0xFF ? Array(attributes.dropLast()) : attributes
  }
}
