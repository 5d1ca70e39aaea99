import LibCrypto
public import Secrets

/// Reads what newer programs write: PKESK v6, X25519's own algorithm (25), SEIPD v2 with OCB or GCM, and
/// GnuPG's OCB packet. EAX is named and refused: libcrypto hasn't got it.
public enum NewerFormats: MessageFormats {
  /// Yes.
  public static var readsNewer: Bool { true }

  /// The bytes themselves, or what their armor holds.
  public static func packets(in bytes: Span<UInt8>) throws(OpenPGPError) -> [UInt8] {
    Armor.isArmored(bytes) ? try Armor.decode(bytes, as: .message) : [UInt8](copying: bytes)
  }

  /// Throws ``OpenPGPError/unsupportedMode(_:)``, ``OpenPGPError/unsupportedCipher(_:)``,
  /// ``OpenPGPError/unsupportedVersion(tag:version:)`` or ``OpenPGPError/malformed(tag:)``.
  public static func check(tag: UInt8, _ body: Span<UInt8>) throws(OpenPGPError) {
    _ = try AEADData(tag: tag, body)
  }

  /// The plaintext, without the padding packets behind it (RFC 9580 §5.14).
  public static func content(
    tag: UInt8, _ body: Span<UInt8>, key: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes {
    var plain = try AEADData(tag: tag, body).content(body, key: key)
    guard tag == PacketTag.protectedData, !plain.isEmpty else { return plain }
    let first = try PacketLayout(in: plain.bytes, at: 0).end
    var place = first
    while place < plain.count {
      let layout = try PacketLayout(in: plain.bytes, at: place)
      guard layout.tag == PacketTag.padding else { throw .unexpectedPacket(tag: layout.tag) }
      place = layout.end
    }
    plain.truncate(to: first)
    return plain
  }

  /// HKDF over both points and the shared secret.
  public static func wrappingKey(
    ephemeral: Span<UInt8>, point: Span<UInt8>, shared: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes {
    do throws(CryptoError) {
      return try x25519WrappingKey(ephemeral, point, shared)
    } catch {
      throw .cannotDecrypt
    }
  }
}

/// The key that wraps a session key for X25519 (RFC 9580 §5.1.6): 16 bytes.
func x25519WrappingKey(
  _ ephemeral: Span<UInt8>, _ point: Span<UInt8>, _ shared: Span<UInt8>
) throws(CryptoError) -> SecretBytes {
  guard ephemeral.count == 32, point.count == 32, shared.count == 32 else { throw .invalidData }
  var secret = SecretBytes(capacity: 96)
  secret.append(ephemeral)
  secret.append(point)
  secret.append(shared)
  var info: [UInt8] = []
  info.append(ascii: "OpenPGP X25519")
  let salt: [UInt8] = []
  var key = SecretBytes(capacity: 16)
  try HKDF.sha256(secret.bytes, salt: salt.span, info: info.span, count: 16, appendingTo: &key)
  return key
}
