import SmartCard

/// The extended header list that brings a private key (OpenPGP card 3.4.1 §4.4.3.12):
/// `4D { B6|B8|A4, 7F48 { tags and lengths }, 5F48 values }`.
struct KeyImport: Equatable {
  /// The slot; nil for a Yubikey's attestation key.
  let slot: Slot?
  /// The values by tag: 91 exponent, 92 prime or private key, 93 prime, 94–96 CRT, 97 modulus,
  /// 99 public key.
  let values: [UInt8: [UInt8]]

  /// Reads the command's data.
  /// - Throws: 6A80 for anything that isn't exactly such a list.
  init(_ data: [UInt8]) throws(Refusal) {
    let elements = try DataList(try DataList(data).only(0x4D)).elements
    guard elements.count == 3, elements[1].tag == 0x7F48, elements[2].tag == 0x5F48 else {
      throw Refusal(.wrongData)
    }
    slot = try Slot.named(by: elements[0])
    var rest = elements[2].value[...]
    var values: [UInt8: [UInt8]] = [:]
    for (tag, length) in try Self.headers(elements[1].value) {
      guard (0x91...0x99).contains(tag), values[tag] == nil, length <= rest.count else {
        throw Refusal(.wrongData)
      }
      values[tag] = Array(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    guard rest.isEmpty else { throw Refusal(.wrongData) }
    self.values = values
  }

  /// Tags of one byte with lengths of one to three, and no values.
  private static func headers(_ bytes: [UInt8]) throws(Refusal) -> [(UInt8, Int)] {
    var headers: [(UInt8, Int)] = []
    var index = 0
    while index < bytes.count {
      let tag = bytes[index]
      guard index + 1 < bytes.count else { throw Refusal(.wrongData) }
      var length = Int(bytes[index + 1])
      index += 2
      if length > 0x7F {
        let count = length & 0x7F
        guard (1...2).contains(count), index + count <= bytes.count else {
          throw Refusal(.wrongData)
        }
        length = bytes[index..<(index + count)].reduce(0) { $0 << 8 | Int($1) }
        index += count
      }
      headers.append((tag, length))
    }
    return headers
  }

  /// Whether the numbers are those that algorithm attributes ask for (§4.4.3.10): RSA's last byte 00
  /// e, p, q; 01 and n; 02 and the remainders; 03 both; a curve's closing FF the public key too.
  func hasForm(of attributes: [UInt8]) -> Bool {
    guard attributes.first == 0x01, attributes.count == 6 else {
      let hasPoint = attributes.last == 0xFF
      return Set(values.keys) == (hasPoint ? [0x92, 0x99] : [0x92])
    }
    var tags: Set<UInt8> = [0x91, 0x92, 0x93]
    if attributes[5] & 2 != 0 { tags.formUnion([0x94, 0x95, 0x96]) }
    if attributes[5] & 1 != 0 { tags.insert(0x97) }
    let exponentSize = (Int(attributes[3]) << 8 | Int(attributes[4])) + 7
    return Set(values.keys) == tags && values[0x91]?.count == exponentSize / 8
  }
}
