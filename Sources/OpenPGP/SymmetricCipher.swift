public import LibCrypto

/// The block ciphers that messages may use (RFC 9580 §9.3).
public enum SymmetricCipher: UInt8, CaseIterable, Sendable {
  /// AES with 128-bit keys.
  case aes128 = 7
  /// AES with 192-bit keys.
  case aes192 = 8
  /// AES with 256-bit keys.
  case aes256 = 9

  /// The one with keys of so many bytes.
  init?(keySize: Int) {
    switch keySize {
    case 16: self = .aes128
    case 24: self = .aes192
    case 32: self = .aes256
    default: return nil
    }
  }

  /// Bytes of a key.
  public var keySize: Int {
    switch self {
    case .aes128: 16
    case .aes192: 24
    case .aes256: 32
    }
  }
}

extension HashAlgorithm {
  /// The hash function of that number in RFC 9580 §9.5, if it is known here.
  public init?(openPGP number: UInt8) {
    switch number {
    case 2: self = .sha1
    case 8: self = .sha256
    case 9: self = .sha384
    case 10: self = .sha512
    default: return nil
    }
  }

  /// Its number in RFC 9580 §9.5.
  public var openPGP: UInt8 {
    switch self {
    case .sha1: 2
    case .sha256: 8
    case .sha384: 9
    case .sha512: 10
    }
  }
}
