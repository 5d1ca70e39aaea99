/// All that a card remembers without power: what its file holds.
struct CardState: Codable, Equatable, Sendable {
  /// The profile, a copy: the file stands for itself.
  var profile: CardProfile
  /// The serial number in the AID.
  var serial: UInt32
  /// TERMINATE DF was run, and no ACTIVATE FILE since.
  var isTerminated = false
  /// PW1, reset code, PW3.
  var pins: [PINState]
  /// One VERIFY 81 is good for many signatures (C4, first byte 01).
  var manySignatures: Bool
  /// The three keys.
  var keys: [KeyState]
  /// Data objects written, by tag as four hexadecimal digits.
  var objects: [String: Hex]
  /// 7F21: authentication, decryption, signing, in this order of occurrences.
  var certificates: [Hex]
  /// Digital signatures made with the present key (93).
  var signatureCount = 0
  /// The AES key (D5).
  var symmetricKey: Hex?
  /// The attestation key, once anything of it is other than in the profile.
  var attestation: AttestationState?

  /// A PIN and how often it may still be wrong.
  struct PINState: Codable, Equatable, Sendable {
    /// What VERIFY must say; absent for a reset code that isn't set.
    var value: Hex?
    /// Tries left.
    var tries: Int
    /// Tries after it was right or set anew.
    var maximumTries: Int
  }

  /// One key slot.
  struct KeyState: Codable, Equatable, Sendable {
    /// Its algorithm attributes.
    var attributes: Hex
    /// The key, in the clear.
    var material: KeyMaterial?
    /// 00 none, 01 generated, 02 imported (DE).
    var origin: UInt8 = 0
    /// C7–C9.
    var fingerprint = Hex([UInt8](repeating: 0, count: 20))
    /// CA–CC.
    var caFingerprint = Hex([UInt8](repeating: 0, count: 20))
    /// CE, CF, D0.
    var time = Hex([0, 0, 0, 0])
    /// The first byte of D6–D8.
    var touch: UInt8 = 0
  }

  /// A card fresh from the factory.
  init(profile: CardProfile, serial: UInt32) {
    self.profile = profile
    self.serial = serial
    let tries = profile.pins.tries
    pins = [
      PINState(value: Self.factoryPIN, tries: tries[0], maximumTries: tries[0]),
      PINState(value: nil, tries: 0, maximumTries: tries[1]),
      PINState(value: Self.factoryAdminPIN, tries: tries[2], maximumTries: tries[2]),
    ]
    manySignatures = profile.pins.manySignatures
    keys = profile.initialAttributes.map { KeyState(attributes: $0) }
    objects = profile.initialObjects
    certificates = [Hex([]), Hex([]), Hex([])]
  }

  /// 123456 (OpenPGP card 3.4.1 §4.3.1).
  static let factoryPIN = Hex([UInt8]("123456".utf8))
  /// 12345678.
  static let factoryAdminPIN = Hex([UInt8]("12345678".utf8))

  /// Whether the arrays have their sizes; false for a file somebody wrote by hand.
  var hasRightSizes: Bool {
    profile.hasRightSizes && pins.count == 3 && keys.count == 3 && certificates.count == 3
      && keys.allSatisfy {
        $0.fingerprint.bytes.count == 20 && $0.caFingerprint.bytes.count == 20
          && $0.time.bytes.count == 4
      }
      && pins.allSatisfy { (0...15).contains($0.tries) && (1...15).contains($0.maximumTries) }
  }

  /// The application identifier (§4.2.1).
  var identifier: [UInt8] {
    [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01] + profile.version.bytes + profile.manufacturer.bytes
      + (0..<4).map { UInt8(truncatingIfNeeded: serial >> (24 - 8 * $0)) } + [0, 0]
  }

  /// A stored object's value; empty if it was never written.
  subscript(object tag: UInt16) -> [UInt8] {
    get { objects[Hex(tag.bytes).text]?.bytes ?? [] }
    set { objects[Hex(tag.bytes).text] = Hex(newValue) }
  }

  /// A slot's key.
  subscript(slot: Slot) -> KeyState {
    get { keys[slot.rawValue] }
    set { keys[slot.rawValue] = newValue }
  }

  /// A PIN.
  subscript(pin: PIN) -> PINState {
    get { pins[pin.rawValue] }
    set { pins[pin.rawValue] = newValue }
  }
}

/// The card's three secrets (§4.3).
enum PIN: Int, Sendable {
  case user
  case resetCode
  case admin
}

extension UInt16 {
  /// A tag's bytes: one or two.
  var bytes: [UInt8] {
    self > 0xFF ? [UInt8(self >> 8), UInt8(self & 0xFF)] : [UInt8(self)]
  }
}
