/// Which card it is: manufacturer and serial number, as in its AID (OpenPGP card 3.4.1 §4.2.1).
public struct CardIdentifier: Equatable, Hashable, Sendable {
  /// The manufacturer's number; `brand` names it.
  public let manufacturer: UInt16
  /// The serial number, unique within the manufacturer's cards.
  public let serial: UInt32

  /// An identifier from its two numbers.
  public init(manufacturer: UInt16, serial: UInt32) {
    self.manufacturer = manufacturer
    self.serial = serial
  }

  /// From its text, `MMMM:SSSSSSSS`: four and eight hexadecimal digits in ASCII, in either case.
  /// Nil for anything else.
  public init?(text: Span<UInt8>) {
    guard text.count == 13, text[4] == UInt8(ascii: ":") else { return nil }
    var number: UInt64 = 0
    for index in text.indices where index != 4 {
      let digit: UInt8
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[index] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[index] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = text[index] - UInt8(ascii: "A") + 10
      default: return nil
      }
      number = number << 4 | UInt64(digit)
    }
    manufacturer = UInt16(truncatingIfNeeded: number >> 32)
    serial = UInt32(truncatingIfNeeded: number)
  }

  /// Its text in ASCII, `MMMM:SSSSSSSS` in upper-case hexadecimal, 13 bytes.
  public var text: [UInt8] {
    var out: [UInt8] = []
    for position in 0..<12 {
      if position == 4 { out.append(UInt8(ascii: ":")) }
      let number = UInt64(manufacturer) << 32 | UInt64(serial)
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(44 - 4 * position)) & 0x0F
      out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
    }
    return out
  }
}
