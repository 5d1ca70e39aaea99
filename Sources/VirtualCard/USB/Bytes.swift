extension Array where Element == UInt8 {
  /// The number that begins at `offset`, low byte first; nil where it doesn't fit.
  func little<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type, at offset: Int
  ) -> Number? {
    let size = Number.bitWidth / 8
    guard offset >= 0, offset <= count - size else { return nil }
    return self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Number($1) }
  }

  /// Adds a number, low byte first.
  mutating func append<Number: FixedWidthInteger & UnsignedInteger>(little number: Number) {
    for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// The number that begins at `offset`, high byte first; nil where it doesn't fit.
  func big(at offset: Int) -> UInt32? { little(UInt32.self, at: offset)?.byteSwapped }

  /// Adds a number, high byte first.
  mutating func append(big number: UInt32) { append(little: number.byteSwapped) }
}
