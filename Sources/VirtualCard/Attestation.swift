import LibCrypto
import SmartCard

/// A Yubikey's fourth key, which says by an X.509 certificate that another one was generated on the card:
/// instruction FB, and the data objects D9 to DD and FC (as Yubico's yubikit/openpgp.py uses them).
///
/// The virtual card has no key of Yubico's: it makes one of its own when it first needs it, whose
/// certificate it signs itself and says so in its name.
extension VirtualCard {
  /// The model's attestation key as it is now; nil where it has none.
  var attestation: AttestationState? {
    state.attestation ?? state.profile.attestation.map(AttestationState.init)
  }

  private func required() throws(Refusal) -> AttestationState {
    guard let attestation else { throw Refusal(state.profile.habits.noSuchObject) }
    return attestation
  }

  /// The key and its certificate, made if they never were.
  private func attestationKey() throws(Refusal) -> (key: LoadedKey, certificate: [UInt8]) {
    var attestation = try required()
    guard
      let algorithm = AlgorithmAttributes(attestation.attributes.bytes, for: .signing)?.algorithm,
      attestation.origin != 0
    else { throw Refusal(state.profile.habits.noKey) }
    do throws(CryptoError) {
      if attestation.material == nil {
        let key = try PrivateKey.generate(algorithm)
        attestation.material = try KeyMaterial(key)
        attestation.certificate = Hex(
          try X509Certificate.make(
            subject: Array("Attestation key of a Latchkey virtual card".utf8),
            key: try key.publicKey(), extensions: [.authority], issuer: nil, signedBy: key))
        state.attestation = attestation
      }
      guard let material = attestation.material else { throw .failed }
      return (try LoadedKey(material, algorithm), attestation.certificate.bytes)
    } catch {
      throw Refusal(.memoryFailure)
    }
  }

  /// ATTEST KEY, after VERIFY 81: the certificate takes the place of the slot's own in 7F21.
  func attest(_ slot: Slot) throws(Refusal) {
    try require(.signing)
    let (attestationKey, issuer) = try attestationKey()
    let attested = try key(in: slot, otherwise: state.profile.habits.noKey)
    // An imported key isn't attested.
    guard state[slot].origin == 1, !issuer.isEmpty else { throw Refusal(.conditionsNotSatisfied) }
    try awaitTouch(try required().touch)
    do throws(CryptoError) {
      let certificate = try X509Certificate.make(
        subject: Array("YubiKey OPGP Attestation \(slot.shortName)".utf8),
        key: try attested.key.publicKey(), extensions: statement(of: slot), issuer: issuer,
        signedBy: attestationKey.key)
      // 7F21's occurrences begin with the authentication key's.
      state.certificates[2 - slot.rawValue] = Hex(certificate)
    } catch {
      throw Refusal(.conditionsNotSatisfied)
    }
  }

  /// What the certificate says of the key and the card: Yubico's arc 1.3.6.1.4.1.41482.5, documented at
  /// docs.yubico.com/hardware/oid/oid-pgp-arc.html.
  private func statement(of slot: Slot) -> [X509Certificate.Extension] {
    let key = state[slot]
    let firmware = state.profile.firmwareVersion?.bytes ?? [0, 0, 0]
    // A Yubikey's serial number in the AID is written in decimal digits.
    let serial = UInt32(String(state.serial, radix: 16)) ?? state.serial
    var statement = [
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.1", der(0x0C, state[object: 0x5B])),
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.2", integer(1)),
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.3", der(0x04, firmware)),
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.4", der(0x04, key.fingerprint.bytes)),
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.5", der(0x04, key.time.bytes)),
    ]
    if slot == .signing {
      statement.append(
        X509Certificate.Extension(
          "1.3.6.1.4.1.41482.5.6", integer(UInt32(state.signatureCount))))
    }
    statement += [
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.7", integer(serial)),
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.8", der(0x04, [key.touch])),
      // No form factor.
      X509Certificate.Extension("1.3.6.1.4.1.41482.5.9", der(0x04, [0])),
    ]
    return statement
  }

  private func der(_ tag: UInt16, _ value: [UInt8]) -> [UInt8] { TLVWriter.element(tag, value) }

  /// A number that isn't negative, without zeros that it doesn't need.
  private func integer(_ number: UInt32) -> [UInt8] {
    let bytes = [0] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    let start = (0..<4).first { bytes[$0] != 0 || bytes[$0 + 1] & 0x80 != 0 } ?? 4
    return der(0x02, Array(bytes[start...]))
  }

  /// GENERATE 81 of the attestation key.
  func readAttestationKey() throws(Refusal) -> [UInt8] {
    try Self.publicKey(of: attestationKey().key)
  }

  /// What GET DATA gives of it; nil where there is no such key.
  func attestationValue(_ tag: UInt16) -> [UInt8]? {
    guard let attestation else { return nil }
    switch tag {
    case 0xD9: return [attestation.touch, touchButton]
    case 0xDA: return attestation.attributes.bytes
    case 0xFC: return (try? attestationKey().certificate) ?? attestation.certificate.bytes
    default: return nil
    }
  }

  /// PUT DATA of D9 to DD and FC. Other attributes delete the key.
  func putAttestation(_ tag: UInt16, _ value: [UInt8]) throws(Refusal) {
    var attestation = try required()
    switch tag {
    case 0xD9: attestation.touch = try newTouch(value, insteadOf: attestation.touch)
    case 0xDA:
      guard AlgorithmAttributes(value, for: .signing) != nil else {
        throw Refusal(state.profile.habits.noSuchAlgorithm)
      }
      guard value != attestation.attributes.bytes else { return }
      attestation.attributes = Hex(value)
      attestation.material = nil
      attestation.origin = 0
    case 0xDB:
      try requireCount(value, 20)
      attestation.fingerprint = Hex(value)
    case 0xDC:
      try requireCount(value, 20)
      attestation.caFingerprint = Hex(value)
    case 0xDD:
      try requireCount(value, 4)
      attestation.time = Hex(value)
    default:
      guard value.count <= state.profile.maximumCertificate else { throw Refusal(.wrongLength) }
      // The card's own key goes with its certificate: it is made before that is replaced.
      if attestation.material == nil, attestation.origin != 0 {
        _ = try attestationKey()
        attestation = try required()
      }
      attestation.certificate = Hex(value)
    }
    state.attestation = attestation
  }

  /// A key brought for attestation: a person's own in the place of the maker's.
  func importAttestationKey(_ new: KeyImport) throws(Refusal) {
    var attestation = try required()
    guard
      let algorithm = AlgorithmAttributes(attestation.attributes.bytes, for: .signing)?.algorithm
    else { throw Refusal(state.profile.habits.noSuchAlgorithm) }
    do throws(CryptoError) {
      attestation.material = try KeyMaterial(try Self.privateKey(new, algorithm))
    } catch {
      throw Refusal(.wrongData)
    }
    attestation.origin = 2
    state.attestation = attestation
  }
}

extension Slot {
  /// As Yubico's names have it.
  fileprivate var shortName: String {
    switch self {
    case .signing: "SIG"
    case .decryption: "DEC"
    case .authentication: "AUT"
    }
  }
}
