import LibCrypto
import OpenPGPCard

/// What a new dongle is to become.
public struct ProvisioningPlan: Equatable, Sendable {
  /// The kind of all three keys.
  public enum KeyKind: CaseIterable, Equatable, Sendable {
    /// Ed25519 to sign and authenticate, Cv25519 to decrypt.
    case curve25519
    /// Ed448 to sign and authenticate, X448 to decrypt.
    case curve448
    /// NIST P-256.
    case nistP256
    /// NIST P-384.
    case nistP384
    /// NIST P-521.
    case nistP521
    /// Brainpool's P256r1.
    case brainpool256
    /// Brainpool's P384r1.
    case brainpool384
    /// Brainpool's P512r1.
    case brainpool512
    /// secp256k1.
    case secp256k1
    /// RSA with 2048 bits.
    case rsa2048
    /// RSA with 3072 bits.
    case rsa3072
    /// RSA with 4096 bits.
    case rsa4096

    /// What is tried, in that order, where no kind is asked for.
    static let preferred: [KeyKind] = [.curve25519, .rsa3072, .rsa2048]
  }

  /// The owner's name, UTF-8.
  public var name: [UInt8]
  /// The owner's address, UTF-8; may be empty.
  public var email: [UInt8]
  /// The kind of keys; nil for the first of ``KeyKind/preferred`` that the card has.
  public var keys: KeyKind?
  /// Seconds after which the keys expire; nil for never.
  public var lifetime: UInt32?
  /// Whether the dongle is emptied first, keys or not. **Its keys are lost**, its PINs are the factory's.
  public var isReset: Bool
  /// Whether the PINs are derived (KDF-DO), so that the reader's cable carries only hashes of them.
  public var derivesPINs: Bool
  /// When the keys are made, in seconds since 1970.
  public var time: UInt32

  /// A plan.
  public init(
    name: [UInt8], email: [UInt8] = [], keys: KeyKind? = nil, lifetime: UInt32? = nil,
    isReset: Bool = false, derivesPINs: Bool = false, time: UInt32
  ) {
    self.name = name
    self.email = email
    self.keys = keys
    self.lifetime = lifetime
    self.isReset = isReset
    self.derivesPINs = derivesPINs
    self.time = time
  }

  /// `Name <address>`, as people write their user ids.
  public var userID: [UInt8] {
    email.isEmpty ? name : name + Array(" <".utf8) + email + Array(">".utf8)
  }

  /// The cardholder's name as cards keep it (OpenPGP card 3.4.1 §4.4.3.3): `Surname<<Given`, at most 39
  /// bytes of ASCII; nil for a name that can't be written so.
  var cardholder: [UInt8]? {
    let words = name.split(separator: UInt8(ascii: " "))
    guard let last = words.last, name.allSatisfy({ (0x21...0x7E).contains($0) || $0 == 0x20 })
    else {
      return nil
    }
    let given = Array(words.dropLast().joined(separator: [UInt8(ascii: "<")]))
    let text = given.isEmpty ? Array(last) : Array(last) + Array("<<".utf8) + given
    return text.count <= 39 ? text : nil
  }
}

extension ProvisioningPlan.KeyKind {
  /// What a slot's key is.
  func algorithm(in slot: KeySlot) -> KeyAlgorithm {
    func weierstrass(_ curve: Curve) -> KeyAlgorithm {
      slot == .decryption ? .ecdh(curve) : .ecdsa(curve)
    }
    return switch self {
    case .curve25519: slot == .decryption ? .ecdh(.cv25519) : .eddsa(.ed25519)
    case .curve448: slot == .decryption ? .ecdh(.cv448) : .eddsa(.ed448)
    case .nistP256: weierstrass(.nistP256)
    case .nistP384: weierstrass(.nistP384)
    case .nistP521: weierstrass(.nistP521)
    case .brainpool256: weierstrass(.brainpoolP256)
    case .brainpool384: weierstrass(.brainpoolP384)
    case .brainpool512: weierstrass(.brainpoolP512)
    case .secp256k1: weierstrass(.secp256k1)
    case .rsa2048: .rsa(bits: 2048)
    case .rsa3072: .rsa(bits: 3072)
    case .rsa4096: .rsa(bits: 4096)
    }
  }
}
