public import Secrets

/// What reads the messages that RFC 4880 didn't have. The initramfs program has none of it.
public protocol MessageFormats: Sendable {
  /// Whether session keys in PKESK v6 packets, and for X25519 (algorithm 25), are read.
  static var readsNewer: Bool { get }

  /// A message's packets.
  /// - Parameter bytes: a file's content: packets, or armor around them.
  /// - Throws: ``OpenPGPError/malformedArmor``, ``OpenPGPError/wrongArmor``, or
  ///   ``OpenPGPError/armored`` where armor isn't undone.
  static func packets(in bytes: Span<UInt8>) throws(OpenPGPError) -> [UInt8]

  /// Looks at the header of a data packet other than SEIPD v1, before a card is asked.
  /// - Parameters:
  ///   - tag: 18 or 20.
  ///   - body: the packet's body.
  /// - Throws: ``OpenPGPError``: what cannot be read of it.
  static func check(tag: UInt8, _ body: Span<UInt8>) throws(OpenPGPError)

  /// The plaintext of such a packet, once all of it has proved good.
  /// - Parameter key: the session key.
  /// - Throws: ``OpenPGPError/cannotDecrypt``; behind the integrity check what has no place there.
  static func content(
    tag: UInt8, _ body: Span<UInt8>, key: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes

  /// The key that wraps a session key for X25519 (RFC 9580 §5.1.6).
  /// - Parameters:
  ///   - ephemeral: the sender's point, 32 bytes.
  ///   - point: the recipient's, 32 bytes.
  ///   - shared: what the card agreed on, 32 bytes.
  static func wrappingKey(
    ephemeral: Span<UInt8>, point: Span<UInt8>, shared: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes
}

/// Reads nothing newer, and says of what version a packet is.
public enum ClassicFormats: MessageFormats {
  /// No.
  public static var readsNewer: Bool { false }

  /// The bytes themselves; ``OpenPGPError/armored`` if they are text.
  public static func packets(in bytes: Span<UInt8>) throws(OpenPGPError) -> [UInt8] {
    guard !Armor.isArmored(bytes) else { throw .armored }
    return [UInt8](copying: bytes)
  }

  /// Throws ``OpenPGPError/unsupportedVersion(tag:version:)``, or of tag 20
  /// ``OpenPGPError/unexpectedPacket(tag:)``.
  public static func check(tag: UInt8, _ body: Span<UInt8>) throws(OpenPGPError) {
    guard tag == PacketTag.protectedData, !body.isEmpty else { throw .unexpectedPacket(tag: tag) }
    throw .unsupportedVersion(tag: tag, version: body[0])
  }

  /// Throws ``OpenPGPError/cannotDecrypt``.
  public static func content(
    tag: UInt8, _ body: Span<UInt8>, key: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes { throw .cannotDecrypt }

  /// Throws ``OpenPGPError/cannotDecrypt``.
  public static func wrappingKey(
    ephemeral: Span<UInt8>, point: Span<UInt8>, shared: Span<UInt8>
  ) throws(OpenPGPError) -> SecretBytes { throw .cannotDecrypt }
}
