import LibCrypto
import Secrets

/// Reads a packet's body front to back; every read is checked against the end.
struct ByteReader: ~Escapable {
  /// What has not been read yet.
  private(set) var rest: Span<UInt8>
  /// The packet's tag, for the error.
  private let tag: UInt8

  /// Reads `bytes`, the body of a packet with that tag.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, tag: UInt8) {
    rest = bytes
    self.tag = tag
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() throws(OpenPGPError) -> UInt8 {
    guard let first = rest.isEmpty ? nil : rest[0] else { throw .malformed(tag: tag) }
    rest = rest.extracting(droppingFirst: 1)
    return first
  }

  /// Two bytes, big-endian.
  mutating func uint16() throws(OpenPGPError) -> Int {
    let high = Int(try byte())
    return high << 8 | Int(try byte())
  }

  /// Four bytes, big-endian.
  mutating func uint32() throws(OpenPGPError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 { value = value << 8 | UInt32(try byte()) }
    return value
  }

  /// Eight bytes, big-endian.
  mutating func uint64() throws(OpenPGPError) -> UInt64 {
    let high = UInt64(try uint32())
    return high << 32 | UInt64(try uint32())
  }

  /// The next `count` bytes, copied.
  mutating func bytes(_ count: Int) throws(OpenPGPError) -> [UInt8] {
    guard count >= 0, count <= rest.count else { throw .malformed(tag: tag) }
    let taken = [UInt8](copying: rest.extracting(first: count))
    rest = rest.extracting(droppingFirst: count)
    return taken
  }

  /// A multiprecision integer without leading zeros (RFC 9580 §3.2). Its bit count must be exact.
  mutating func integer() throws(OpenPGPError) -> [UInt8] {
    [UInt8](copying: try integerBytes())
  }

  /// The same for a curve of ``Curve/hasStrings``: leading zeros stay. Behind one, programs count the
  /// bits of the first byte as they like.
  mutating func string() throws(OpenPGPError) -> [UInt8] {
    [UInt8](copying: try stringBytes())
  }

  /// A multiprecision integer as ``integer()`` reads it, in place.
  @_lifetime(copy self)
  mutating func integerBytes() throws(OpenPGPError) -> Span<UInt8> {
    let number = try stringBytes()
    guard number.isEmpty || number[0] != 0 else { throw .malformed(tag: tag) }
    return number
  }

  /// What ``string()`` reads, in place.
  @_lifetime(copy self)
  mutating func stringBytes() throws(OpenPGPError) -> Span<UInt8> {
    let bits = try uint16()
    let size = (bits + 7) / 8
    guard size <= rest.count else { throw .malformed(tag: tag) }
    let string = rest.extracting(first: size)
    rest = rest.extracting(droppingFirst: size)
    guard
      string.isEmpty || string[0] == 0
        || (bits - 1) % 8 == 7 - string[0].leadingZeroBitCount
    else { throw .malformed(tag: tag) }
    return string
  }

  /// A point's number, as that curve has them.
  mutating func number(on curve: Curve) throws(OpenPGPError) -> [UInt8] {
    curve.hasStrings ? try string() : try integer()
  }

  /// Says that nothing may be left.
  func end() throws(OpenPGPError) {
    guard rest.isEmpty else { throw .malformed(tag: tag) }
  }
}

extension [UInt8] {
  /// Adds two bytes, big-endian.
  mutating func append(uint16 value: Int) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  /// Adds four bytes, big-endian.
  mutating func append(uint32 value: UInt32) {
    for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// Adds eight bytes, big-endian.
  mutating func append(uint64 value: UInt64) {
    append(uint32: UInt32(truncatingIfNeeded: value >> 32))
    append(uint32: UInt32(truncatingIfNeeded: value))
  }

  /// Adds a multiprecision integer; leading zeros are dropped. At most 8191 bytes.
  mutating func append(integer number: Span<UInt8>) {
    var start = 0
    while start < number.count, number[start] == 0 { start += 1 }
    append(string: number.extracting(droppingFirst: start))
  }

  /// Adds a string as gpg writes one in a number's place: with its leading zeros; only the first byte's
  /// zero bits, and never all of them, are left out of the count.
  mutating func append(string: Span<UInt8>) {
    let zeros = string.isEmpty ? 0 : Swift.min(7, string[0].leadingZeroBitCount)
    append(uint16: string.count * 8 - zeros)
    append(string)
  }

  /// The number filled up with zeros on the left to `size` bytes; nil if it is longer.
  func leftPadded(to size: Int) -> [UInt8]? {
    guard count <= size else { return nil }
    return [UInt8](repeating: 0, count: size - count) + self
  }
}
