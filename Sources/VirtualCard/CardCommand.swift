import SmartCard

/// A command the card knows, with its parameters checked: what isn't one of these reaches no handler
/// (OpenPGP card 3.4.1 §7.2).
enum CardCommand: Equatable {
  case select(identifier: [UInt8])
  case selectData(occurrence: Int, tag: UInt16)
  case getData(tag: UInt16)
  case getNextData(tag: UInt16)
  case putData(tag: UInt16, [UInt8])
  case importKey(KeyImport)
  case verify(PINReference, [UInt8])
  case verificationStatus(PINReference)
  case dropVerification(PINReference)
  case changePIN(PIN, [UInt8])
  case resetRetryCounter(byAdmin: Bool, [UInt8])
  case generate(Slot)
  case readPublicKey(Slot)
  case sign([UInt8])
  case decipher([UInt8])
  case encipher([UInt8])
  case authenticate([UInt8])
  case challenge(Int)
  case manageEnvironment(operation: Slot, key: Slot)
  case terminate
  case activate
  /// F1 of Yubikeys: the firmware's version.
  case firmwareVersion
  /// F2 of Yubikeys: the tries of PW1, reset code, PW3.
  case setTries([UInt8])
  /// FB of Yubikeys: have the attestation key certify a slot's.
  case attest(Slot)
  case readAttestationKey

  /// Reads an APDU whose chain is complete.
  init(_ apdu: APDU, on profile: CardProfile) throws(Refusal) {
    let parameters = UInt16(apdu.p1) << 8 | UInt16(apdu.p2)
    switch apdu.ins {
    case 0xA4:
      try Self.require(parameters, 0x0400)
      self = .select(identifier: apdu.data)
    case 0xA5 where profile.habits.certificates == nil: self = try Self.selectData(apdu)
    case 0xCA: self = .getData(tag: parameters)
    case 0xCC where profile.habits.certificates == nil: self = .getNextData(tag: parameters)
    case 0xDA: self = .putData(tag: parameters, apdu.data)
    case 0xDB:
      try Self.require(parameters, 0x3FFF)
      self = .importKey(try KeyImport(apdu.data))
    case 0x20: self = try Self.verify(apdu)
    case 0x24:
      switch parameters {
      case 0x0081: self = .changePIN(.user, apdu.data)
      case 0x0083: self = .changePIN(.admin, apdu.data)
      default: throw Refusal(.wrongParameters)
      }
    case 0x2C:
      switch parameters {
      case 0x0081: self = .resetRetryCounter(byAdmin: false, apdu.data)
      case 0x0281: self = .resetRetryCounter(byAdmin: true, apdu.data)
      default: throw Refusal(.wrongParameters)
      }
    case 0x47:
      let list = try DataList(apdu.data)
      guard list.elements.count == 1 else { throw Refusal(.wrongData) }
      switch (parameters, try Slot.named(by: list.elements[0])) {
      case (0x8000, let slot?): self = .generate(slot)
      case (0x8100, let slot?): self = .readPublicKey(slot)
      case (0x8100, nil) where profile.attestation != nil: self = .readAttestationKey
      case (_, nil): throw Refusal(.wrongData)
      default: throw Refusal(.wrongParameters)
      }
    case 0x2A:
      switch parameters {
      case 0x9E9A: self = .sign(apdu.data)
      case 0x8086: self = .decipher(apdu.data)
      case 0x8680 where profile.hasSymmetricKey: self = .encipher(apdu.data)
      default: throw Refusal(.wrongParameters)
      }
    case 0x88:
      try Self.require(parameters, 0)
      self = .authenticate(apdu.data)
    case 0x84 where profile.hasChallenge:
      try Self.require(parameters, 0)
      guard let count = apdu.expected else { throw Refusal(.wrongLength) }
      self = .challenge(count)
    case 0x22 where profile.hasManageEnvironment: self = try Self.manageEnvironment(apdu)
    case 0xE6:
      try Self.require(parameters, 0)
      self = .terminate
    case 0x44:
      try Self.require(parameters, 0)
      self = .activate
    case 0xF1 where profile.firmwareVersion != nil: self = .firmwareVersion
    case 0xF2 where profile.firmwareVersion != nil: self = .setTries(apdu.data)
    case 0xFB where profile.attestation != nil:
      guard apdu.p2 == 0, let slot = Slot.allCases.first(where: { $0.reference == apdu.p1 }) else {
        throw Refusal(.wrongParameters)
      }
      self = .attest(slot)
    default: throw Refusal(.noSuchInstruction)
    }
  }

  private static func require(_ parameters: UInt16, _ only: UInt16) throws(Refusal) {
    guard parameters == only else { throw Refusal(.wrongParameters) }
  }

  /// §7.2.2: P1 00 verifies or asks, FF takes back; P2 is the PIN and what for.
  private static func verify(_ apdu: APDU) throws(Refusal) -> CardCommand {
    guard let reference = PINReference(rawValue: apdu.p2) else { throw Refusal(.wrongParameters) }
    switch apdu.p1 {
    case 0x00 where apdu.data.isEmpty: return .verificationStatus(reference)
    case 0x00: return .verify(reference, apdu.data)
    case 0xFF where apdu.data.isEmpty: return .dropVerification(reference)
    case 0xFF: throw Refusal(.wrongData)
    default: throw Refusal(.wrongParameters)
    }
  }

  /// §7.2.5: `60 L 5C L tag`. Yubikeys before 5.4.4 want one more length byte in front (as ykman
  /// sends it); both are taken.
  private static func selectData(_ apdu: APDU) throws(Refusal) -> CardCommand {
    guard apdu.p2 == 0x04, apdu.p1 <= 2 else { throw Refusal(.wrongParameters) }
    var data = apdu.data
    if let first = data.first, Int(first) == data.count - 1 { data.removeFirst() }
    let path = try DataList(data).only(0x60)
    let tag = try DataList(path).only(0x5C)
    guard (1...2).contains(tag.count) else { throw Refusal(.wrongData) }
    return .selectData(
      occurrence: Int(apdu.p1), tag: tag.reduce(0) { $0 << 8 | UInt16($1) })
  }

  /// §7.2.18: `22 41 A4|B8`, `83 01 02|03`.
  private static func manageEnvironment(_ apdu: APDU) throws(Refusal) -> CardCommand {
    guard apdu.p1 == 0x41, apdu.p2 == 0xA4 || apdu.p2 == 0xB8 else {
      throw Refusal(.wrongParameters)
    }
    let reference = try DataList(apdu.data).only(0x83)
    guard reference == [2] || reference == [3] else { throw Refusal(.wrongData) }
    return .manageEnvironment(
      operation: apdu.p2 == 0xA4 ? .authentication : .decryption,
      key: reference == [2] ? .decryption : .authentication)
  }
}

/// P2 of VERIFY: which PIN, and for what.
enum PINReference: UInt8 {
  /// PW1 for PSO: COMPUTE DIGITAL SIGNATURE.
  case signing = 0x81
  /// PW1 for everything else.
  case other = 0x82
  /// PW3.
  case admin = 0x83

  var pin: PIN { self == .admin ? .admin : .user }
}

extension CardProfile {
  /// C0's longest challenge isn't zero. (opcard has GET CHALLENGE and doesn't set bit 40.)
  var hasChallenge: Bool { maximumChallenge > 0 }
  /// C0, bit 20.
  var hasKeyImport: Bool { extendedCapabilities.bytes[0] & 0x20 != 0 }
  /// C0, bit 10.
  var hasChangeablePINStatus: Bool { extendedCapabilities.bytes[0] & 0x10 != 0 }
  /// C0, bit 08.
  var hasPrivateObjects: Bool { extendedCapabilities.bytes[0] & 0x08 != 0 }
  /// C0, bit 04.
  var hasChangeableAlgorithms: Bool { extendedCapabilities.bytes[0] & 0x04 != 0 }
  /// C0, bit 02: PSO: ENCIPHER and DECIPHER with an AES key.
  var hasSymmetricKey: Bool { extendedCapabilities.bytes[0] & 0x02 != 0 }
  /// C0, bit 01.
  var hasKeyDerivation: Bool { extendedCapabilities.bytes[0] & 0x01 != 0 }
  /// C0, last byte.
  var hasManageEnvironment: Bool { isThird && extendedCapabilities.bytes[9] == 1 }
  /// C0, bytes 3 and 4.
  var maximumChallenge: Int { number(at: 2) }
  /// C0, bytes 5 and 6.
  var maximumCertificate: Int { number(at: 4) }
  /// C0, bytes 7 and 8; before version 3 the 254 bytes of version 2's login data and URL.
  var maximumObject: Int { isThird ? number(at: 6) : 254 }

  private func number(at index: Int) -> Int {
    Int(extendedCapabilities.bytes[index]) << 8 | Int(extendedCapabilities.bytes[index + 1])
  }
}
