/// A piece of information in a signature (RFC 9580 §5.2.3.7).
struct Subpacket: Equatable, Sendable {
  let type: UInt8
  let isCritical: Bool
  let body: [UInt8]

  init(type: UInt8, isCritical: Bool = false, body: [UInt8]) {
    self.type = type
    self.isCritical = isCritical
    self.body = body
  }

  /// Reads all that an area consists of.
  static func all(in area: Span<UInt8>) throws(OpenPGPError) -> [Subpacket] {
    var reader = ByteReader(area, tag: PacketTag.signature)
    var found: [Subpacket] = []
    while !reader.isAtEnd {
      let first = Int(try reader.byte())
      let length: Int
      switch first {
      case 0..<192: length = first
      case 192..<255: length = (first - 192) << 8 + Int(try reader.byte()) + 192
      default: length = Int(try reader.uint32())
      }
      guard length >= 1 else { throw .malformed(tag: PacketTag.signature) }
      let type = try reader.byte()
      found.append(
        Subpacket(
          type: type & 0x7F, isCritical: type & 0x80 != 0, body: try reader.bytes(length - 1)))
    }
    return found
  }

  /// Its bytes, length included.
  static func written(_ type: UInt8, critical: Bool = false, _ body: [UInt8]) -> [UInt8] {
    variableLength(body.count + 1) + [critical ? type | 0x80 : type] + body
  }

  /// Four bytes as a number; nil if it isn't four.
  var number: UInt32? {
    guard body.count == 4 else { return nil }
    var number: UInt32 = 0
    for byte in body { number = number << 8 | UInt32(byte) }
    return number
  }

  static let creationTime: UInt8 = 2
  static let signatureLifetime: UInt8 = 3
  static let keyLifetime: UInt8 = 9
  static let preferredCiphers: UInt8 = 11
  /// Who else may revoke the key: deprecated, and made by gpg's `addrevoker` still.
  static let revocationKey: UInt8 = 12
  static let issuer: UInt8 = 16
  static let notation: UInt8 = 20
  static let preferredHashes: UInt8 = 21
  static let preferredCompression: UInt8 = 22
  static let keyServerPreferences: UInt8 = 23
  static let primaryUserID: UInt8 = 25
  static let keyFlags: UInt8 = 27
  static let signersUserID: UInt8 = 28
  static let revocationReason: UInt8 = 29
  static let features: UInt8 = 30
  static let embeddedSignature: UInt8 = 32
  static let issuerFingerprint: UInt8 = 33

  /// Types whose meaning is heeded, or is of no consequence here: exportable (4), revocable (7) and the
  /// preferences. Any other one that is critical makes its signature void (§5.2.3.7).
  static let understood: [UInt8] = [
    2, 3, 4, 7, 9, 11, 12, 16, 21, 22, 23, 25, 27, 28, 29, 30, 32, 33, 34,
  ]
}

/// What a key may be used for (RFC 9580 §5.2.3.29).
public struct KeyFlags: OptionSet, Equatable, Sendable {
  /// The first byte of the subpacket.
  public let rawValue: UInt8

  /// Those bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Certifies other keys and user ids.
  public static let certify = KeyFlags(rawValue: 0x01)
  /// Signs data.
  public static let sign = KeyFlags(rawValue: 0x02)
  /// Encrypts communications.
  public static let encryptCommunications = KeyFlags(rawValue: 0x04)
  /// Encrypts storage.
  public static let encryptStorage = KeyFlags(rawValue: 0x08)
  /// Both kinds of encryption, as gpg sets them.
  public static let encrypt: KeyFlags = [.encryptCommunications, .encryptStorage]
  /// Authenticates.
  public static let authenticate = KeyFlags(rawValue: 0x20)
}
