import Secrets

/// Reads big-endian numbers and length-prefixed bytes front to back.
struct ByteReader: ~Escapable {
  private var rest: Span<UInt8>

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    rest = bytes
  }

  var isAtEnd: Bool { rest.isEmpty }

  @_lifetime(copy self)
  mutating func take(_ count: Int) throws(RecordFault) -> Span<UInt8> {
    guard count <= rest.count else { throw .truncated }
    let taken = rest.extracting(first: count)
    rest = rest.extracting(droppingFirst: count)
    return taken
  }

  /// A number of `size` bytes, at most 8.
  @_lifetime(self: copy self)
  mutating func number(_ size: Int) throws(RecordFault) -> UInt64 {
    let bytes = try take(size)
    var value: UInt64 = 0
    for index in bytes.indices { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  /// The bytes behind a length of two bytes.
  @_lifetime(copy self)
  mutating func block() throws(RecordFault) -> Span<UInt8> {
    let length = Int(try number(2))
    return try take(length)
  }

  @_lifetime(self: copy self)
  mutating func blockArray() throws(RecordFault) -> [UInt8] {
    let bytes = try block()
    return Array(copying: bytes)
  }

  func end() throws(RecordFault) {
    guard isAtEnd else { throw .trailingBytes }
  }
}

extension [UInt8] {
  /// Adds a big-endian number of `size` bytes.
  mutating func append(_ value: UInt64, size: Int) {
    for shift in stride(from: (size - 1) * 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  /// Adds bytes behind a length of two bytes. What a record holds is shorter than that.
  mutating func appendBlock(_ bytes: [UInt8]) {
    append(UInt64(bytes.count), size: 2)
    append(contentsOf: bytes)
  }
}
