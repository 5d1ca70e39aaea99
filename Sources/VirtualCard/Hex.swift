/// Bytes that a JSON file writes as hexadecimal text.
public struct Hex: Equatable, Hashable, Sendable {
  /// The bytes.
  public var bytes: [UInt8]

  /// Holds `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The bytes that `text` writes, two digits a byte, spaces between bytes allowed; nil for anything
  /// else.
  public init?(_ text: String) {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text where character != " " {
      guard let digit = character.hexDigitValue, character.isASCII else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    guard high == nil else { return nil }
    self.bytes = bytes
  }

  /// The bytes as hexadecimal text in capitals.
  public var text: String {
    let digits = Array("0123456789ABCDEF")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The bytes as one big-endian number; nil if they are more than two.
  var number: UInt16? {
    bytes.count > 2 ? nil : bytes.reduce(0) { $0 << 8 | UInt16($1) }
  }
}

extension Hex: Codable {
  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let hex = Hex(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(text.prefix(40)) is not hexadecimal")
    }
    self = hex
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
