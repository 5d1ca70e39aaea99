import Glibc

extension Span<UInt8> {
  /// Whether it comes before `other` in the order of bytes, in which all lists of a set are.
  func precedes(_ other: Span<UInt8>) -> Bool {
    let order = compared(other, min(count, other.count))
    return order == 0 ? count < other.count : order < 0
  }

  /// Whether both are the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    count == other.count && compared(other, count) == 0
  }

  /// memcmp(3) of the first `length` bytes.
  private func compared(_ other: Span<UInt8>, _ length: Int) -> Int32 {
    guard length > 0 else { return 0 }
    // Safe: both have that many bytes, and the pointers are used only within the call.
    return unsafe withUnsafeBufferPointer { left in
      unsafe other.withUnsafeBufferPointer { right in
        unsafe memcmp(
          left.baseAddress.unsafelyUnwrapped, right.baseAddress.unsafelyUnwrapped, length)
      }
    }
  }
}
