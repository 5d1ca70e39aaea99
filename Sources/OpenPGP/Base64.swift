import Secrets

extension [UInt8] {
  /// Adds base64 of `bytes`, padded (RFC 4648 §4).
  package mutating func append(base64 bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      var group = UInt32(bytes[index]) << 16
      if left > 1 { group |= UInt32(bytes[index + 1]) << 8 }
      if left > 2 { group |= UInt32(bytes[index + 2]) }
      append(character(group >> 18))
      append(character(group >> 12))
      append(left > 1 ? character(group >> 6) : UInt8(ascii: "="))
      append(left > 2 ? character(group) : UInt8(ascii: "="))
      index += 3
    }
  }
}

/// What decoded bytes can be added to, one by one.
package protocol ByteSink: ~Copyable {
  mutating func append(_ byte: UInt8)
}

extension [UInt8]: ByteSink {}
extension SecretBytes: ByteSink {}

extension ByteSink where Self: ~Copyable {
  /// Adds the bytes that base64 text stands for: whole groups, padding only in the last one, unused bits
  /// zero. False if the text isn't that.
  package mutating func append(decodingBase64 text: Span<UInt8>) -> Bool {
    guard !text.isEmpty, text.count % 4 == 0 else { return false }
    var index = 0
    while index < text.count {
      let isLast = index + 4 == text.count
      var padding = 0
      if isLast, text[index + 3] == UInt8(ascii: "=") {
        padding = text[index + 2] == UInt8(ascii: "=") ? 2 : 1
      }
      var group: UInt32 = 0
      for offset in 0..<(4 - padding) {
        guard let value = sixBits(text[index + offset]) else { return false }
        group |= value << (18 - 6 * UInt32(offset))
      }
      let unused: UInt32 = padding == 2 ? 0xFFFF : padding == 1 ? 0xFF : 0
      guard group & unused == 0 else { return false }
      append(UInt8(group >> 16 & 0xFF))
      if padding < 2 { append(UInt8(group >> 8 & 0xFF)) }
      if padding < 1 { append(UInt8(group & 0xFF)) }
      index += 4
    }
    return true
  }
}

private func character(_ value: UInt32) -> UInt8 {
  switch UInt8(value & 0x3F) {
  case let value where value < 26: UInt8(ascii: "A") + value
  case let value where value < 52: UInt8(ascii: "a") + value - 26
  case let value where value < 62: UInt8(ascii: "0") + value - 52
  case 62: UInt8(ascii: "+")
  default: UInt8(ascii: "/")
  }
}

private func sixBits(_ character: UInt8) -> UInt32? {
  switch character {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}
