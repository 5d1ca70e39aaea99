internal import LibCrypto
import Secrets
internal import SmartCard

/// Reads the answer to GENERATE ASYMMETRIC KEY PAIR (OpenPGP card 3.4.1 §7.2.14), and refuses a key of
/// another kind or size than `algorithm` (a card that lied about it broke clients: CVE-2024-8443).
func readPublicKey(
  in answer: Span<UInt8>, of algorithm: KeyAlgorithm, _ slot: KeySlot
) throws(CardError) -> PublicKey {
  var modulus: [UInt8]?
  var exponent: [UInt8]?
  var point: [UInt8]?
  do throws(TLVError) {
    var reader = TLVReader(unwrapped(answer, 0x7F49))
    while let element = try reader.next() {
      switch element.tag {
      case 0x81: modulus = number(element.value)
      case 0x82: exponent = number(element.value)
      case 0x86: point = [UInt8](copying: element.value)
      default: break
      }
    }
  } catch {
    throw .malformed(tag: 0x7F49)
  }
  let key: PublicKey
  switch algorithm {
  case .rsa:
    guard let modulus, let exponent, point == nil else { throw .wrongKey(slot) }
    // Odd, as every product of primes and every exponent is; an exponent fits OpenPGP's 64 bits.
    guard let last = modulus.last, last & 1 == 1, let end = exponent.last, end & 1 == 1,
      exponent.count <= 8, exponent != [1]
    else { throw .wrongKey(slot) }
    key = .rsa(modulus: modulus, exponent: exponent)
  case .ecdsa(let curve):
    key = .ecdsa(curve, point: try bare(point, on: curve, modulus, slot))
  case .ecdh(let curve):
    key = .ecdh(curve, point: try bare(point, on: curve, modulus, slot))
  case .eddsa(let curve):
    key = .eddsa(curve, point: try bare(point, on: curve, modulus, slot))
  }
  guard key.algorithm == algorithm else { throw .wrongKey(slot) }
  return key
}

/// A point as its curve writes it; some cards put OpenPGP's 40 before a bare one.
private func bare(
  _ point: [UInt8]?, on curve: Curve, _ modulus: [UInt8]?, _ slot: KeySlot
) throws(CardError) -> [UInt8] {
  guard var point, modulus == nil else { throw .wrongKey(slot) }
  if curve.form != .weierstrass, point.count == curve.pointSize + 1, point[0] == 0x40 {
    point.removeFirst()
  }
  guard point.count == curve.pointSize, curve.form != .weierstrass || point[0] == 0x04 else {
    throw .wrongKey(slot)
  }
  return point
}

/// A big-endian number without leading zeros.
private func number(_ bytes: Span<UInt8>) -> [UInt8] {
  var start = 0
  while start < bytes.count, bytes[start] == 0 { start += 1 }
  return [UInt8](copying: bytes.extracting(droppingFirst: start))
}

extension KeyAlgorithm {
  /// The most bytes of a card's answer that holds the public key.
  var answerSize: Int {
    // Modulus, an exponent of up to eight bytes, and the tags and lengths around them.
    if case .rsa(let bits) = self { bits / 8 + 32 } else { 256 }
  }

  /// Bytes of a signature: the modulus, or both halves.
  var signatureSize: Int {
    switch self {
    case .rsa(let bits): (bits + 7) / 8
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve): 2 * curve.coordinateSize
    }
  }
}
