/// A file name, a path or a link's target as a person may see it: whatever could steer a terminal or
/// be misread becomes `\xNN`, a backslash becomes `\\`. Printable ASCII, the space included, stays.
public struct EscapedName: Hashable, Sendable, CustomStringConvertible {
  /// The name's own bytes.
  public let bytes: [UInt8]

  /// Of any bytes: nothing is refused.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Of text's UTF-8 bytes.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// Printable ASCII only.
  public var description: String {
    String(decoding: EscapedName.escape(bytes, escapingSpace: false), as: UTF8.self)
  }

  /// Escapes `bytes` into printable ASCII; a space too if `space` says so.
  static func escape(_ bytes: [UInt8], escapingSpace: Bool) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    escape(bytes, escapingSpace: escapingSpace, to: &text)
    return text
  }

  /// The same, added to a text.
  static func escape(_ bytes: [UInt8], escapingSpace: Bool, to text: inout [UInt8]) {
    for byte in bytes {
      switch byte {
      case 0x5C: text += [0x5C, 0x5C]
      case 0x20 where !escapingSpace, 0x21...0x7E: text.append(byte)
      default: text += [0x5C, 0x78, capital(byte >> 4), capital(byte & 15)]
      }
    }
  }

  private static func capital(_ digit: UInt8) -> UInt8 {
    digit < 10 ? 0x30 + digit : 0x37 + digit
  }

  /// Puts the bytes behind what ``escape(_:escapingSpace:)`` wrote, spaces escaped, in the place of `bytes`:
  /// whether it would have written that in just this way.
  static func unescape(_ text: Span<UInt8>, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte != 0x5C {
        guard (0x21...0x7E).contains(byte) else { return false }
        bytes.append(byte)
        index += 1
      } else if index + 1 < text.count, text[index + 1] == 0x5C {
        bytes.append(0x5C)
        index += 2
      } else {
        guard index + 3 < text.count, text[index + 1] == 0x78,
          let high = hexadecimal(text[index + 2], lower: false),
          let low = hexadecimal(text[index + 3], lower: false)
        else { return false }
        let value = high << 4 | low
        guard value != 0x5C, !(0x21...0x7E).contains(value) else { return false }
        bytes.append(value)
        index += 4
      }
    }
    return true
  }
}

/// A hexadecimal digit's value; nil for another byte or the wrong case.
func hexadecimal(_ digit: UInt8, lower: Bool) -> UInt8? {
  switch digit {
  case 0x30...0x39: digit - 0x30
  case 0x61...0x66 where lower: digit - 0x61 + 10
  case 0x41...0x46 where !lower: digit - 0x41 + 10
  default: nil
  }
}

/// Lowercase hexadecimal text of `bytes`, as sha256sum writes it.
func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
  var text: [UInt8] = []
  text.reserveCapacity(2 * bytes.count)
  for byte in bytes { text.append(hexadecimal: byte) }
  return text
}

extension [UInt8] {
  /// Adds two lowercase digits.
  mutating func append(hexadecimal byte: UInt8) {
    append(digit: byte >> 4)
    append(digit: byte & 15)
  }

  private mutating func append(digit: UInt8) { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
}
