/// Turns ECDSA signatures between `r ‖ s`, as cards and OpenPGP have them, and libcrypto's DER.
enum ECDSASignature {
  /// `SEQUENCE { INTEGER r, INTEGER s }` from `r ‖ s`, halves of the same size.
  static func der(fromRaw raw: Span<UInt8>) -> [UInt8] {
    let half = raw.count / 2
    let body = integer(raw.extracting(first: half)) + integer(raw.extracting(last: half))
    return (body.count > 0x7F ? [0x30, 0x81] : [0x30]) + [UInt8(body.count)] + body
  }

  private static func integer(_ bytes: Span<UInt8>) -> [UInt8] {
    var start = 0
    while start < bytes.count - 1, bytes[start] == 0 { start += 1 }
    var value: [UInt8] = bytes[start] & 0x80 != 0 ? [0] : []
    for index in start..<bytes.count { value.append(bytes[index]) }
    return [0x02, UInt8(value.count)] + value
  }

  /// `r ‖ s`, each `half` bytes, from DER as libcrypto writes it.
  static func raw(fromDER der: [UInt8], half: Int) throws(CryptoError) -> [UInt8] {
    var position = der.count > 1 && der[1] == 0x81 ? 3 : 2
    var raw: [UInt8] = []
    for _ in 0..<2 {
      guard position + 2 <= der.count, der[position] == 0x02 else { throw .failed }
      let end = position + 2 + Int(der[position + 1])
      guard end <= der.count else { throw .failed }
      let value = der[(position + 2)..<end].drop { $0 == 0 }
      guard value.count <= half else { throw .failed }
      raw += [UInt8](repeating: 0, count: half - value.count) + value
      position = end
    }
    return raw
  }
}
