// Texts are bytes in the modules that the initramfs program links: a `String` would bring Unicode's tables
// along. Functions that are called often are not inlined, which its size budget needs.

extension [UInt8] {
  /// A copy of borrowed bytes that are no secret.
  package init(copying bytes: Span<UInt8>) {
    self.init()
    append(bytes)
  }

  /// Adds a copy of borrowed bytes that are no secret.
  @inline(never)
  package mutating func append(_ bytes: Span<UInt8>) {
    reserveCapacity(count + bytes.count)
    for index in bytes.indices { append(bytes[index]) }
  }

  /// A copy of a C string that is no secret; empty for none.
  @inline(never)
  @unsafe package init(copying text: UnsafePointer<CChar>?) {
    self.init()
    guard let text = unsafe text else { return }
    var index = 0
    // Safe: a C string ends with a zero.
    while unsafe text[index] != 0 {
      append(UInt8(bitPattern: unsafe text[index]))
      index += 1
    }
  }

  /// The bytes of a fixed text.
  @inline(never)
  package init(_ text: StaticString) {
    self.init()
    append(text)
  }

  /// Adds a fixed text.
  @inline(never)
  package mutating func append(_ text: StaticString) {
    // Safe: a static string's bytes live forever.
    let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    for index in 0..<bytes.count { append(unsafe bytes[index]) }
  }

  /// A number that isn't negative, in decimal digits.
  @inline(never)
  package init(decimal number: Int) {
    self.init()
    var place = 1
    while place <= number / 10 { place *= 10 }
    while place > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / place % 10))
      place /= 10
    }
  }

  /// Whether it is that fixed text.
  @inline(never)
  package func equals(_ text: StaticString) -> Bool {
    // Safe: a static string's bytes live forever.
    let other = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard other.count == count else { return false }
    for index in indices where unsafe other[index] != self[index] { return false }
    return true
  }

  /// As a C string: with a zero at the end.
  @inline(never)
  package var cString: [CChar] {
    var text: [CChar] = []
    text.reserveCapacity(count + 1)
    for byte in self { text.append(CChar(bitPattern: byte)) }
    text.append(0)
    return text
  }
}
