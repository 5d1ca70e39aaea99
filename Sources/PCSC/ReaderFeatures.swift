/// What a reader answers of PC/SC part 10 (2.02.09): its features, and the properties of its pad.
package struct ReaderFeatures {
  /// A feature's tag (§2.3).
  package enum Tag {
    package static let verify: UInt8 = 0x06
    package static let modify: UInt8 = 0x07
    package static let properties: UInt8 = 0x12
  }

  private let bytes: [UInt8]

  /// - Parameter bytes: the answer to GET_FEATURE_REQUEST: entries of a tag, a length of 4, and a control
  ///   code, high byte first. What is behind something else doesn't count.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The control code of a feature; nil where the reader hasn't it.
  package subscript(tag: UInt8) -> UInt32? {
    var index = 0
    while index + 6 <= bytes.count, bytes[index + 1] == 4 {
      if bytes[index] == tag {
        return bytes[index + 2..<index + 6].reduce(0) { $0 << 8 | UInt32($1) }
      }
      index += 6
    }
    return nil
  }

  /// bMaxPINSize among a reader's properties (§2.6.14).
  /// - Returns: nil where it isn't there, or is zero.
  package static func maximumPIN(in properties: [UInt8]) -> UInt8? {
    let value = property(7, in: properties)
    return value.count == 1 && value[value.startIndex] != 0 ? value[value.startIndex] : nil
  }

  /// dwMaxAPDUDataSize among a reader's properties, low byte first: zero where it takes short APDUs only.
  /// - Returns: true where it isn't there.
  package static func takesExtendedLengths(_ properties: [UInt8]) -> Bool {
    let value = property(10, in: properties)
    for byte in value where byte != 0 { return true }
    return value.isEmpty
  }

  /// A property's value: entries of a tag, a length and a value. Empty where it isn't there.
  private static func property(_ tag: UInt8, in properties: [UInt8]) -> ArraySlice<UInt8> {
    var index = 0
    while index + 2 < properties.count {
      let end = index + 2 + Int(properties[index + 1])
      if properties[index] == tag { return properties[(index + 2)..<min(end, properties.count)] }
      index = end
    }
    return []
  }
}
