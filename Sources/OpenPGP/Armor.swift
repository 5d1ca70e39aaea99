internal import Secrets

/// ASCII armor (RFC 9580 §6.2): base64 between two named lines.
///
/// Read strictly: nothing but blank lines around the block, lines of at most 76 characters, unused
/// bits zero, and a checksum that fits where there is one. Around the blocks of ``blocks(in:as:)`` alone there
/// may be any text.
public enum Armor {
  /// What a block holds.
  public enum Kind: CaseIterable, Equatable, Sendable {
    /// Certificates, and revocation certificates.
    case publicKey
    /// Secret keys.
    case privateKey
    /// Detached signatures.
    case signature
    /// Encrypted messages.
    case message

    var title: StaticString {
      switch self {
      case .publicKey: "PUBLIC KEY BLOCK"
      case .privateKey: "PRIVATE KEY BLOCK"
      case .signature: "SIGNATURE"
      case .message: "MESSAGE"
      }
    }
  }

  /// Whether the bytes are text rather than packets, whose first byte always has its highest bit set.
  public static func isArmored(_ bytes: Span<UInt8>) -> Bool {
    !bytes.isEmpty && bytes[0] < 0x80
  }

  /// `bytes` in armor, lines of 64 characters ended by newlines, with the checksum.
  /// - Parameter comment: the text of a `Comment:` line in ASCII without newlines; empty for none.
  public static func encode(
    _ bytes: Span<UInt8>, as kind: Kind, comment: [UInt8] = []
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 4 / 3 + bytes.count / 48 + 128 + comment.count)
    text += line("-----BEGIN PGP ", kind)
    if !comment.isEmpty {
      text.append(ascii: "Comment: ")
      text += comment
      text.append(newline)
    }
    text.append(newline)
    var start = 0
    while start < bytes.count {
      let end = min(start + 48, bytes.count)
      text.append(base64: bytes.extracting(start..<end))
      text.append(newline)
      start = end
    }
    let sum = checksum(bytes)
    text.append(UInt8(ascii: "="))
    let sumBytes = [UInt8(sum >> 16 & 0xFF), UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
    text.append(base64: sumBytes.span)
    text.append(newline)
    text += line("-----END PGP ", kind)
    return text
  }

  /// The bytes in the one block that `text` is.
  /// - Throws: ``OpenPGPError/malformedArmor``, ``OpenPGPError/wrongArmor``.
  public static func decode(_ text: Span<UInt8>, as kind: Kind) throws(OpenPGPError) -> [UInt8] {
    let bytes = try decodeSecret(text, as: kind)
    return [UInt8](copying: bytes.bytes)
  }

  /// The same for what nobody else may see.
  static func decodeSecret(
    _ text: Span<UInt8>, as kind: Kind
  ) throws(OpenPGPError) -> SecretBytes {
    var reader = LineReader(text)
    var bytes = SecretBytes(capacity: text.count)
    try block(&reader, as: kind, into: &bytes)
    guard !reader.skipBlankLines() else { throw .malformedArmor }
    return bytes
  }

  /// What a block holds.
  public struct Block: Equatable, Sendable {
    /// By its first line.
    public let kind: Kind
    /// Its content.
    public let bytes: [UInt8]
  }

  /// Whether the bytes are no packets, but text that begins with letters beyond ASCII, and has armor in it.
  static func beginsWithText(_ bytes: Span<UInt8>) -> Bool {
    if let layout = try? PacketLayout(in: bytes, at: 0) {
      switch layout.tag {
      case PacketTag.signature, PacketTag.secretKey, PacketTag.publicKey:
        // Their first byte is a version, and no letter's second one.
        if let version = layout.body(in: bytes).first, (3...6).contains(version) { return false }
      case PacketTag.marker, PacketTag.trust, PacketTag.padding: return false
      default: break
      }
    }
    var reader = LineReader(bytes)
    while let line = reader.next() {
      if place(ofBegin: line) != nil { return true }
    }
    return false
  }

  /// The blocks in a text, as mail and web pages have them; there is at least one.
  /// - Parameter kinds: which ones there may be.
  /// - Throws: ``OpenPGPError/guardedArmor`` if one has something in front of its first line;
  ///   ``OpenPGPError/wrongArmor``, ``OpenPGPError/malformedArmor``. One that can't be read is never
  ///   passed over.
  public static func blocks(
    in text: Span<UInt8>, as kinds: [Kind]
  ) throws(OpenPGPError) -> [Block] {
    var reader = LineReader(text)
    var found: [Block] = []
    while true {
      let before = reader
      guard let line = reader.next() else { break }
      guard let place = place(ofBegin: line) else { continue }
      guard place == 0 || isMark(line, place) else { throw .guardedArmor }
      var kind: Kind?
      for one in kinds where line.extracting(droppingFirst: place).equals(begin(one)) { kind = one }
      guard let kind else {
        for other in Kind.allCases where line.extracting(droppingFirst: place).equals(begin(other))
        {
          throw .wrongArmor
        }
        throw .malformedArmor
      }
      var bytes = SecretBytes(capacity: text.count)
      reader = before
      if place > 0 { reader.skip(place) }
      try block(&reader, as: kind, into: &bytes)
      found.append(Block(kind: kind, bytes: [UInt8](copying: bytes.bytes)))
    }
    guard !found.isEmpty else { throw .malformedArmor }
    return found
  }

  /// Where in a line a block begins; nil if none does.
  private static func place(ofBegin line: Span<UInt8>) -> Int? {
    var start: [UInt8] = []
    start.append(ascii: "-----BEGIN PGP ")
    var place = 0
    while place + start.count <= line.count {
      if line.extracting(place..<(place + start.count)).equals(start) { return place }
      place += 1
    }
    return nil
  }

  /// Whether what stands before that place is UTF-8's byte order mark alone.
  private static func isMark(_ line: Span<UInt8>, _ place: Int) -> Bool {
    place == 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF
  }

  private static func begin(_ kind: Kind) -> [UInt8] { text("-----BEGIN PGP ", kind) }

  /// Adds what one block holds: its lines from BEGIN to END.
  private static func block(
    _ reader: inout LineReader, as kind: Kind, into bytes: inout SecretBytes
  ) throws(OpenPGPError) {
    let start = bytes.count
    guard reader.skipBlankLines(), let first = reader.next() else { throw .malformedArmor }
    let begin = text("-----BEGIN PGP ", kind)
    guard first.equals(begin) else {
      for other in Kind.allCases where first.equals(text("-----BEGIN PGP ", other)) {
        throw .wrongArmor
      }
      throw .malformedArmor
    }
    while true {
      guard let header = reader.next() else { throw .malformedArmor }
      if header.isEmpty { break }
      guard isHeader(header) else { throw .malformedArmor }
    }
    let end = text("-----END PGP ", kind)
    var isFull = true
    while let line = reader.next() {
      if line.equals(end) { return }
      if !line.isEmpty, line[0] == UInt8(ascii: "=") {
        var sum: [UInt8] = []
        guard line.count == 5, sum.append(decodingBase64: line.extracting(droppingFirst: 1)),
          sum.count == 3
        else { throw .malformedArmor }
        let expected = UInt32(sum[0]) << 16 | UInt32(sum[1]) << 8 | UInt32(sum[2])
        guard checksum(bytes.bytes.extracting(droppingFirst: start)) == expected,
          let last = reader.next(), last.equals(end)
        else { throw .malformedArmor }
        return
      }
      guard isFull, !line.isEmpty, line.count <= 76 else { throw .malformedArmor }
      let before = bytes.count
      guard bytes.append(decodingBase64: line) else { throw .malformedArmor }
      isFull = bytes.count - before == line.count / 4 * 3
    }
    throw .malformedArmor
  }

  /// `Name: text` in printable bytes.
  private static func isHeader(_ line: Span<UInt8>) -> Bool {
    var hasColon = false
    for index in line.indices {
      guard line[index] >= 0x20, line[index] != 0x7F else { return false }
      if line[index] == UInt8(ascii: ":"), index > 0, index + 1 < line.count,
        line[index + 1] == 0x20
      {
        hasColon = true
      }
    }
    return hasColon
  }

  private static func text(_ start: StaticString, _ kind: Kind) -> [UInt8] {
    var line: [UInt8] = []
    line.append(ascii: start)
    line.append(ascii: kind.title)
    line.append(ascii: "-----")
    return line
  }

  private static func line(_ start: StaticString, _ kind: Kind) -> [UInt8] {
    text(start, kind) + [newline]
  }

  /// CRC-24 (RFC 9580 §6.1.1).
  static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    var sum: UInt32 = 0xB704CE
    for index in bytes.indices {
      sum ^= UInt32(bytes[index]) << 16
      for _ in 0..<8 {
        sum <<= 1
        if sum & 0x1_000000 != 0 { sum ^= 0x1_864CFB }
      }
    }
    return sum & 0xFFFFFF
  }
}

private let newline = UInt8(ascii: "\n")

extension [UInt8] {
  /// Adds a literal's bytes, without drawing in String.
  mutating func append(ascii text: StaticString) {
    // Safe: a StaticString's bytes live as long as the program.
    unsafe append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}

extension Span<UInt8> {
  fileprivate func equals(_ other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }
}

/// Lines ended by LF or CRLF, or by the end of the text.
private struct LineReader: ~Escapable {
  private let text: Span<UInt8>
  private var place = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  /// The next line without its end; nil when there is none.
  @_lifetime(copy self)
  mutating func next() -> Span<UInt8>? {
    guard place < text.count else { return nil }
    let start = place
    while place < text.count, text[place] != newline { place += 1 }
    var end = place
    if place < text.count { place += 1 }
    if end > start, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return text.extracting(start..<end)
  }

  /// Goes past some bytes of the next line.
  mutating func skip(_ count: Int) { place += count }

  /// Goes past empty lines; false when that was all there is.
  mutating func skipBlankLines() -> Bool {
    while place < text.count {
      guard text[place] == newline || text[place] == UInt8(ascii: "\r") else { return true }
      place += 1
    }
    return false
  }
}
