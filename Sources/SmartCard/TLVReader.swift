/// What is wrong with a BER-TLV sequence (ISO 7816-4 §5.2.2).
public enum TLVError: Error, Equatable, Sendable {
  /// It ends within a tag, a length or a value.
  case truncated
  /// A tag of more than two bytes.
  case badTag
  /// An indefinite length, or one of more than three bytes.
  case badLength
}

/// Reads a BER-TLV sequence front to back, without copying.
///
/// Strict: tags of one or two bytes, definite lengths of at most three bytes behind their count, every
/// value within the bytes. A length longer than it need be is taken, as real cards write such.
public struct TLVReader: ~Escapable {
  private var rest: Span<UInt8>

  /// Reads `bytes`.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    rest = bytes
  }

  /// Whether nothing is left.
  public var isAtEnd: Bool { rest.isEmpty }

  /// One element: its tag, `0x00…0xFFFF`, and its value.
  public struct Element: ~Escapable {
    /// One byte, or two with the first in the high byte, as in `0x5F52`.
    public let tag: UInt16
    /// The value's bytes.
    public let value: Span<UInt8>

    @_lifetime(copy value)
    init(tag: UInt16, value: Span<UInt8>) {
      self.tag = tag
      self.value = value
    }

    /// Whether the value is itself a sequence, by bit 6 of the tag.
    public var isConstructed: Bool {
      (tag > 0xFF ? tag >> 8 : tag) & 0x20 != 0
    }
  }

  /// The next element, or nil at the end.
  /// - Throws: ``TLVError``; the reader then stays where it was.
  @_lifetime(copy self)
  public mutating func next() throws(TLVError) -> Element? {
    guard !rest.isEmpty else { return nil }
    let header = try header()
    let element = Element(
      tag: header.tag,
      value: rest.extracting(header.size..<(header.size + header.length)))
    rest = rest.extracting(droppingFirst: header.size + header.length)
    return element
  }

  private func header() throws(TLVError) -> (tag: UInt16, size: Int, length: Int) {
    var size = 1
    var tag = UInt16(rest[0])
    if tag & 0x1F == 0x1F {
      guard size < rest.count else { throw .truncated }
      guard rest[size] & 0x80 == 0 else { throw .badTag }
      tag = tag << 8 | UInt16(rest[size])
      size += 1
    }
    guard size < rest.count else { throw .truncated }
    var length = Int(rest[size])
    size += 1
    if length >= 0x80 {
      let bytes = length & 0x7F
      guard (1...3).contains(bytes) else { throw .badLength }
      guard size + bytes <= rest.count else { throw .truncated }
      length = 0
      for index in size..<(size + bytes) { length = length << 8 | Int(rest[index]) }
      size += bytes
    }
    guard length <= rest.count - size else { throw .truncated }
    return (tag, size, length)
  }
}
