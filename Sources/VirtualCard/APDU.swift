/// A command APDU as the card reads it (ISO 7816-4 §5.1).
struct APDU: Equatable {
  let cla: UInt8
  let ins: UInt8
  let p1: UInt8
  let p2: UInt8
  let data: [UInt8]
  /// How much may come back; nil without an Le.
  let expected: Int?
  let isExtended: Bool

  /// Reads `bytes`; nil if their lengths don't fit each other.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    cla = bytes[0]
    ins = bytes[1]
    p1 = bytes[2]
    p2 = bytes[3]
    let body = bytes.dropFirst(4)
    func number(_ index: Int) -> Int { Int(bytes[4 + index]) }
    switch body.count {
    case 0:
      (data, expected, isExtended) = ([], nil, false)
    case 1:
      (data, expected, isExtended) = ([], number(0) == 0 ? 256 : number(0), false)
    case 3 where number(0) == 0:
      let length = number(1) << 8 | number(2)
      (data, expected, isExtended) = ([], length == 0 ? 65536 : length, true)
    case let count where number(0) != 0:
      let length = number(0)
      guard count == 1 + length || count == 2 + length else { return nil }
      data = Array(body.dropFirst(1).prefix(length))
      let last = number(count - 1)
      expected = count == 1 + length ? nil : last == 0 ? 256 : last
      isExtended = false
    case let count where count > 3:
      // An Lc of 00 00 00 with an Le is in no case of ISO 7816-4, but OpenPGPpy reads every object so,
      // and the dongles it names answer.
      let length = number(1) << 8 | number(2)
      guard count == 3 + length && length > 0 || count == 5 + length else { return nil }
      data = Array(body.dropFirst(3).prefix(length))
      let last = number(count - 2) << 8 | number(count - 1)
      expected = count == 3 + length ? nil : last == 0 ? 65536 : last
      isExtended = true
    default:
      return nil
    }
  }
}
