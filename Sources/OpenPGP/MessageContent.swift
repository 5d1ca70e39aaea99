import Secrets

/// What is inside of a decrypted message: one literal packet, compressed at most once.
enum MessageContent {
  /// Header, mode, name and date of a literal packet, with its length in pieces of 512: the most that
  /// may come on top of `limit` bytes of content.
  private static func room(for limit: Int) -> Int { limit + limit / 512 + 512 }

  /// The content of the one literal packet in `bytes`.
  static func literal<Decompressor: Decompression>(
    in bytes: Span<UInt8>, decompressing: Decompressor, limit: Int
  ) throws(OpenPGPError) -> SecretBytes {
    let layout = try only(in: bytes)
    switch layout.tag {
    case PacketTag.literal: return try content(of: layout, in: bytes, limit: limit)
    case PacketTag.compressed:
      let body = layout.secretBody(in: bytes)
      guard !body.isEmpty else { throw .malformed(tag: layout.tag) }
      // Nothing inflates by more than 1032 (zlib's technical details).
      let room = min(room(for: limit), body.count * 1032 + 1024)
      var plain = SecretBytes(capacity: room)
      do throws(OpenPGPError) {
        try decompressing.decompress(
          algorithm: body.bytes[0], body.bytes.extracting(droppingFirst: 1), limit: room,
          into: &plain)
      } catch .tooLarge {
        throw .tooLarge(limit: limit)
      }
      let inner = try only(in: plain.bytes)
      guard inner.tag == PacketTag.literal else { throw .unexpectedPacket(tag: inner.tag) }
      return try content(of: inner, in: plain.bytes, limit: limit)
    default: throw .unexpectedPacket(tag: layout.tag)
    }
  }

  /// The one packet that `bytes` consists of.
  private static func only(in bytes: Span<UInt8>) throws(OpenPGPError) -> PacketLayout {
    let layout = try PacketLayout(in: bytes, at: 0)
    guard layout.end == bytes.count else {
      let next = try PacketLayout(in: bytes, at: layout.end)
      throw .unexpectedPacket(tag: next.tag)
    }
    return layout
  }

  /// The content behind a literal packet's mode, name and date (RFC 9580 §5.9).
  private static func content(
    of layout: PacketLayout, in bytes: Span<UInt8>, limit: Int
  ) throws(OpenPGPError) -> SecretBytes {
    var body = layout.secretBody(in: bytes)
    guard body.count >= 2 else { throw .malformed(tag: layout.tag) }
    switch body.bytes[0] {
    case UInt8(ascii: "b"), UInt8(ascii: "t"), UInt8(ascii: "u"): break
    default: throw .malformed(tag: layout.tag)
    }
    let header = 2 + Int(body.bytes[1]) + 4
    guard header <= body.count else { throw .malformed(tag: layout.tag) }
    guard body.count - header <= limit else { throw .tooLarge(limit: limit) }
    body.removeFirst(header)
    return body
  }
}
