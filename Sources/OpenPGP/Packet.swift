import Secrets

/// Where a packet's body lies within bytes, in one piece or several (RFC 9580 §4.2).
struct PacketLayout: Equatable {
  /// What it is.
  let tag: UInt8
  /// The pieces of its body, in order.
  let pieces: [Range<Int>]
  /// Where the next packet begins.
  let end: Int

  /// Bytes of the whole body.
  var bodySize: Int {
    var size = 0
    for piece in pieces { size += piece.count }
    return size
  }

  /// The packet that begins at `start`. Old and new headers; partial lengths only for packets that hold
  /// data (§4.2.1.4), an indeterminate length only for those of the old kind gpg writes so.
  init(in bytes: Span<UInt8>, at start: Int) throws(OpenPGPError) {
    var place = start
    func next() throws(OpenPGPError) -> Int {
      guard place < bytes.count else { throw .malformed(tag: 0) }
      defer { place += 1 }
      return Int(bytes[place])
    }
    func number(_ size: Int) throws(OpenPGPError) -> Int {
      var value = 0
      for _ in 0..<size { value = value << 8 | (try next()) }
      return value
    }
    func piece(_ length: Int) throws(OpenPGPError) -> Range<Int> {
      guard length <= bytes.count - place else { throw .malformed(tag: 0) }
      defer { place += length }
      return place..<(place + length)
    }

    let first = try next()
    guard first & 0x80 != 0 else { throw .malformed(tag: 0) }
    var pieces: [Range<Int>] = []
    if first & 0x40 == 0 {
      tag = UInt8(first >> 2 & 0x0F)
      switch first & 3 {
      case 0: pieces.append(try piece(try number(1)))
      case 1: pieces.append(try piece(try number(2)))
      case 2: pieces.append(try piece(try number(4)))
      default:
        guard PacketTag.ofData.contains(tag) else { throw .malformed(tag: tag) }
        pieces.append(try piece(bytes.count - place))
      }
    } else {
      tag = UInt8(first & 0x3F)
      var isLast = false
      while !isLast {
        let octet = try next()
        isLast = true
        switch octet {
        case 0..<192: pieces.append(try piece(octet))
        case 192..<224: pieces.append(try piece((octet - 192) << 8 + (try next()) + 192))
        case 255: pieces.append(try piece(try number(4)))
        default:
          let length = 1 << (octet & 0x1F)
          guard PacketTag.ofData.contains(tag), length >= 512 || !pieces.isEmpty else {
            throw .malformed(tag: tag)
          }
          pieces.append(try piece(length))
          isLast = false
        }
      }
    }
    guard tag != 0 else { throw .malformed(tag: 0) }
    self.pieces = pieces
    end = place
  }

  /// The body in one piece, from the bytes the layout was read from.
  func body(in bytes: Span<UInt8>) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(bodySize)
    for piece in pieces { body.append(bytes.extracting(piece)) }
    return body
  }

  /// The body in one piece, as a secret.
  func secretBody(in bytes: Span<UInt8>) -> SecretBytes {
    var body = SecretBytes(capacity: bodySize)
    for piece in pieces { body.append(bytes.extracting(piece)) }
    return body
  }
}

/// The packet types (RFC 9580 §5).
enum PacketTag {
  static let encryptedSessionKey: UInt8 = 1
  static let signature: UInt8 = 2
  static let secretKey: UInt8 = 5
  static let publicKey: UInt8 = 6
  static let secretSubkey: UInt8 = 7
  static let compressed: UInt8 = 8
  /// Three letters that mean nothing (§5.8).
  static let marker: UInt8 = 10
  static let literal: UInt8 = 11
  static let trust: UInt8 = 12
  static let userID: UInt8 = 13
  static let publicSubkey: UInt8 = 14
  static let userAttribute: UInt8 = 17
  static let protectedData: UInt8 = 18
  /// GnuPG's own.
  static let ocbData: UInt8 = 20
  static let padding: UInt8 = 21

  /// Whether a reader must pass over it wherever it stands: markers (§5.8) and padding (§5.14).
  static func isEmpty(_ tag: UInt8) -> Bool { tag == marker || tag == padding }

  /// Whether it may be passed over by a reader that doesn't know it (§4.3).
  static func isNonCritical(_ tag: UInt8) -> Bool { tag >= 40 }

  /// Those that may come in pieces or without a length.
  static let ofData: [UInt8] = [8, 9, 11, 18, 20]
}

/// A packet's bytes with a new-format header and a fixed length.
func packet(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
  packetHeader(tag, length: body.count) + body
}

/// A new-format header with a fixed length.
func packetHeader(_ tag: UInt8, length: Int) -> [UInt8] {
  [0xC0 | tag] + variableLength(length)
}

/// A length in one, two or five bytes, as packets and subpackets have it (RFC 9580 §4.2.1).
func variableLength(_ length: Int) -> [UInt8] {
  switch length {
  case 0..<192: return [UInt8(length)]
  case 192..<8384:
    return [UInt8((length - 192) >> 8 + 192), UInt8(truncatingIfNeeded: length - 192)]
  default:
    var bytes: [UInt8] = [255]
    bytes.append(uint32: UInt32(truncatingIfNeeded: length))
    return bytes
  }
}
