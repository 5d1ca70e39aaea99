/// What the card can do: the extended capabilities C0 (OpenPGP card 3.4.1 §4.4.3.7).
public struct Capabilities: Equatable, Sendable {
  /// The bits of the first byte.
  public let bits: UInt8
  /// The most bytes GET CHALLENGE gives; 0 where it isn't supported.
  public let maximumChallenge: Int
  /// The most bytes of a cardholder certificate; nil before version 3.
  public let maximumCertificate: Int?
  /// The most bytes of a private data object, login data and the like; nil before version 3.
  public let maximumObject: Int?
  /// Whether MANAGE SECURITY ENVIRONMENT swaps the decryption and authentication keys.
  public let canSwapKeys: Bool

  /// Reads the content of C0, at least one byte; nil if there is none.
  init?(_ content: Span<UInt8>, version: UInt16) {
    func number(at index: Int) -> Int {
      index + 1 < content.count ? Int(content[index]) << 8 | Int(content[index + 1]) : 0
    }
    guard !content.isEmpty else { return nil }
    bits = content[0]
    maximumChallenge = content[0] & 0x40 != 0 ? max(number(at: 2), 1) : 0
    let isThird = version >= 0x0300
    maximumCertificate = isThird && content.count >= 6 ? number(at: 4) : nil
    maximumObject = isThird && content.count >= 8 ? number(at: 6) : nil
    canSwapKeys = isThird && content.count >= 10 && content[9] == 1
  }

  /// Private keys can be imported.
  public var canImport: Bool { bits & 0x20 != 0 }
  /// C4's first byte can be changed.
  public var canChangePINStatus: Bool { bits & 0x10 != 0 }
  /// 0101 to 0104 are there.
  public var hasPrivateObjects: Bool { bits & 0x08 != 0 }
  /// C1 to C3 can be changed.
  public var canChangeAttributes: Bool { bits & 0x04 != 0 }
  /// An AES key can be put and used.
  public var hasAES: Bool { bits & 0x02 != 0 }
  /// A KDF-DO may be set.
  public var hasKeyDerivation: Bool { bits & 0x01 != 0 }
}
