import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import VirtualCard

/// A virtual card and what is known of it.
struct Dongle {
  let card: VirtualCard
  let pinned: [KeySlot: PinnedKey]
  let derivation: KeyDerivation

  static let user = "123456"
  static let admin = "12345678"

  /// The kinds of keys that are tried.
  enum Kind: String, CaseIterable, Sendable {
    case curve25519
    case nistP256
    case rsa2048
    case nistP384
    case nistP521
    case brainpool256
    case brainpool384
    case brainpool512
    case secp256k1
    case curve448

    func algorithm(in slot: KeySlot) -> KeyAlgorithm {
      func weierstrass(_ curve: Curve) -> KeyAlgorithm {
        slot == .decryption ? .ecdh(curve) : .ecdsa(curve)
      }
      return switch self {
      case .curve25519: slot == .decryption ? .ecdh(.cv25519) : .eddsa(.ed25519)
      case .nistP256: weierstrass(.nistP256)
      case .rsa2048: .rsa(bits: 2048)
      case .nistP384: weierstrass(.nistP384)
      case .nistP521: weierstrass(.nistP521)
      case .brainpool256: weierstrass(.brainpoolP256)
      case .brainpool384: weierstrass(.brainpoolP384)
      case .brainpool512: weierstrass(.brainpoolP512)
      case .secp256k1: weierstrass(.secp256k1)
      case .curve448: slot == .decryption ? .ecdh(.cv448) : .eddsa(.ed448)
      }
    }
  }

  static func empty(_ profile: String = "yubikey-5", serial: UInt32 = 0x2385_2774) throws
    -> VirtualCard
  {
    VirtualCard(
      profile: try CardProfile(contentsOf: Repository.path("cards/\(profile).json")),
      serial: serial)
  }

  /// A card with three keys made on it, and fingerprints that stand for a certificate's.
  init(
    _ profile: String = "yubikey-5", _ kind: Kind = .curve25519, serial: UInt32 = 0x2385_2774,
    derived: Bool = false
  ) throws {
    card = try Self.empty(profile, serial: serial)
    let user = secret(Self.user)
    let admin = secret(Self.admin)
    var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
    let derivation =
      derived ? try visit.setUpKeyDerivation(user: user, admin: admin) : KeyDerivation.plain
    var administration = try visit.authorize(
      .administration, with: admin, derivedBy: derivation)
    var pinned: [KeySlot: PinnedKey] = [:]
    for slot in KeySlot.allCases {
      let key = try administration.generateKey(in: slot, kind.algorithm(in: slot))
      let fingerprint = [UInt8](repeating: 0xF0 + slot.rawValue, count: 20)
      try administration.setFingerprint(of: slot, fingerprint.span)
      try administration.setCreationTime(of: slot, 1_700_000_000)
      pinned[slot] = PinnedKey(
        identifier: administration.application.identifier, slot: slot, fingerprint: fingerprint,
        publicKey: key, keyDerivation: derivation)
    }
    self.pinned = pinned
    self.derivation = derivation
  }

  /// What is recorded of a slot.
  func pinned(_ slot: KeySlot) throws -> PinnedKey {
    guard let pinned = pinned[slot] else { throw TestSupportError("no key") }
    return pinned
  }

  /// A transport that notes what is sent.
  func transport(cutAfter cut: Int? = nil) -> RecordingTransport<VirtualCardTransport> {
    RecordingTransport(VirtualCardTransport(card), cutAfter: cut)
  }

  /// The same in a reader with a pad, on which this is typed, a line each time.
  func transport(pad: String) throws -> RecordingTransport<VirtualCardTransport> {
    guard let script = PINPadScript(Array(pad.utf8)) else { throw TestSupportError("no script") }
    return RecordingTransport(VirtualCardTransport(card, pad: script))
  }

  /// What a sender gives to the card's decryption key, and the secret it must find.
  func cryptogram() throws -> (Cryptogram, [UInt8]) {
    try TestSupport.cryptogram(for: try pinned(.decryption).publicKey)
  }
}
