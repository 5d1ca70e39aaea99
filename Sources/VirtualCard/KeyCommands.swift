import LibCrypto
import SmartCard

/// GENERATE ASYMMETRIC KEY PAIR, key import, algorithm attributes (OpenPGP card 3.4.1 §7.2.14,
/// §4.4.3.12, §4.4.3.10).
extension VirtualCard {
  /// The slot's algorithm.
  func algorithm(of slot: Slot) throws(Refusal) -> KeyAlgorithm {
    guard let attributes = AlgorithmAttributes(state[slot].attributes.bytes, for: slot) else {
      throw Refusal(state.profile.habits.noSuchAlgorithm)
    }
    return attributes.algorithm
  }

  /// The slot's key, ready for use.
  /// - Throws: the model's status word for a key that isn't there, `missing`.
  func key(in slot: Slot, otherwise missing: Hex) throws(Refusal) -> LoadedKey {
    guard let material = state[slot].material else { throw Refusal(missing) }
    if let loaded = loadedKeys[slot], loaded.material == material { return loaded }
    let algorithm = try algorithm(of: slot)
    do throws(CryptoError) {
      let loaded = try LoadedKey(material, algorithm)
      loadedKeys[slot] = loaded
      return loaded
    } catch {
      throw Refusal(.memoryFailure)
    }
  }

  func generate(_ slot: Slot) throws(Refusal) -> [UInt8] {
    try require(.admin)
    let algorithm = try algorithm(of: slot)
    let material: KeyMaterial
    do throws(CryptoError) {
      material = try KeyMaterial(try PrivateKey.generate(algorithm))
    } catch {
      throw Refusal(.memoryFailure)
    }
    keep(material, in: slot, origin: 1)
    return try readPublicKey(slot)
  }

  /// `7F49 { 81 n, 82 e }` or `7F49 { 86 point }`.
  func readPublicKey(_ slot: Slot) throws(Refusal) -> [UInt8] {
    try Self.publicKey(of: try key(in: slot, otherwise: state.profile.habits.noPublicKey))
  }

  static func publicKey(of loaded: LoadedKey) throws(Refusal) -> [UInt8] {
    do throws(CryptoError) {
      return encoded(try loaded.key.publicKey())
    } catch {
      throw Refusal(.memoryFailure)
    }
  }

  private static func encoded(_ publicKey: PublicKey) -> [UInt8] {
    switch publicKey {
    case .rsa(let modulus, let exponent):
      return TLVWriter.element(
        0x7F49, TLVWriter.element(0x81, modulus) + TLVWriter.element(0x82, exponent))
    case .ecdsa(_, let point), .ecdh(_, let point), .eddsa(_, let point):
      return TLVWriter.element(0x7F49, TLVWriter.element(0x86, point))
    }
  }

  func importKey(_ new: KeyImport) throws(Refusal) {
    guard state.profile.hasKeyImport else { throw Refusal(.noSuchInstruction) }
    try require(.admin)
    guard let slot = new.slot else { return try importAttestationKey(new) }
    let algorithm = try algorithm(of: slot)
    if state.profile.habits.strictImport == true {
      guard new.hasForm(of: state[slot].attributes.bytes) else { throw Refusal(.wrongData) }
    }
    let material: KeyMaterial
    do throws(CryptoError) {
      let key = try Self.privateKey(new, algorithm)
      if let point = new.values[0x99] {
        guard try key.publicKey().point == point else { throw .invalidKey }
      }
      material = try KeyMaterial(key)
    } catch {
      throw Refusal(.wrongData)
    }
    keep(material, in: slot, origin: 2)
  }

  static func privateKey(
    _ new: KeyImport, _ algorithm: KeyAlgorithm
  ) throws(CryptoError) -> PrivateKey {
    guard let secret = new.values[0x92] else { throw .invalidKey }
    switch algorithm {
    case .rsa:
      guard let exponent = new.values[0x91], let other = new.values[0x93] else {
        throw .invalidKey
      }
      let key = try PrivateKey(
        rsaExponent: exponent.span, primes: secret.span, other.span)
      guard key.algorithm == algorithm else { throw .invalidKey }
      return key
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve):
      guard secret.count <= curve.coordinateSize, !secret.isEmpty else { throw .invalidKey }
      let padded = [UInt8](repeating: 0, count: curve.coordinateSize - secret.count) + secret
      switch curve {
      // Cards take X25519's scalar as a big-endian number, RFC 7748 writes it little-endian; X448's
      // comes little-endian, as gpg 2.4 brings it.
      case .cv25519: return try PrivateKey(algorithm, scalar: Array(padded.reversed()).span)
      case .ed25519, .ed448, .cv448: return try PrivateKey(algorithm, scalar: secret.span)
      default: return try PrivateKey(algorithm, scalar: padded.span)
      }
    }
  }

  private func keep(_ material: KeyMaterial, in slot: Slot, origin: UInt8) {
    state[slot].material = material
    state[slot].origin = origin
    if slot == .signing { state.signatureCount = 0 }
  }

  /// Other attributes than the present ones delete the slot's key.
  func putAttributes(_ slot: Slot, _ bytes: [UInt8]) throws(Refusal) {
    guard state.profile.hasChangeableAlgorithms else { throw Refusal(.notAuthorized) }
    guard let accepted = state.profile.accepted(bytes, for: slot) else {
      throw Refusal(state.profile.habits.noSuchAlgorithm)
    }
    guard state[slot].attributes.bytes != accepted else { return }
    let hadKey = state[slot].material != nil
    state[slot].attributes = Hex(accepted)
    state[slot].material = nil
    state[slot].origin = 0
    state[slot].fingerprint = Hex([UInt8](repeating: 0, count: 20))
    state[slot].time = Hex([0, 0, 0, 0])
    if slot == .signing { state.signatureCount = 0 }
    if hadKey { forgetUserPINWithoutKeys() }
  }
}

extension PublicKey {
  /// The point; nil for RSA.
  var point: [UInt8]? {
    switch self {
    case .rsa: nil
    case .ecdsa(_, let point), .ecdh(_, let point), .eddsa(_, let point): point
    }
  }
}
