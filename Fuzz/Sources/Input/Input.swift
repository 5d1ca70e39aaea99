/// Lends libFuzzer's input to a target as a span.
/// - Returns: 0, the only answer libFuzzer takes; what is wrong traps.
public func fuzz(
  _ start: UnsafePointer<UInt8>?, _ count: Int, _ body: (Span<UInt8>) -> Void
) -> CInt {
  // Safe: libFuzzer keeps the input in place until the target returns.
  unsafe body(UnsafeBufferPointer(start: start, count: count).span)
  return 0
}

extension [UInt8] {
  /// A copy of the bytes. Where a target sees one of the library's own, that is taken.
  @_disfavoredOverload
  public init(copying bytes: Span<UInt8>) {
    self.init()
    reserveCapacity(bytes.count)
    for index in bytes.indices { append(bytes[index]) }
  }

  /// The bytes that hexadecimal digits write; what isn't a digit is passed over.
  public init(hexadecimal text: String) {
    let digits = text.compactMap { $0.hexDigitValue }
    self = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  /// Whether `part` stands somewhere in it.
  public func contains(bytes part: [UInt8]) -> Bool {
    guard !part.isEmpty, part.count <= count else { return false }
    return (0...(count - part.count)).contains { self[$0...].starts(with: part) }
  }
}
