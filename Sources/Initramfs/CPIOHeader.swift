/// What stands in front of each entry of a `newc` archive: a magic, then thirteen numbers of eight
/// hexadecimal digits.
struct CPIOHeader {
  /// Bytes of it.
  static let size = 110
  /// The most bytes of a path, its end included.
  private static let maximumName = 4096

  /// Which file it is; the same for all names of one.
  let inode: UInt32
  /// Type and permissions, as in stat(2).
  let mode: UInt32
  /// Who owns it.
  let owner: UInt32
  /// Its group.
  let group: UInt32
  /// Bytes of its content.
  let contentSize: Int
  /// Bytes of its path, the zero at the end included.
  let nameSize: Int

  /// Reads ``size`` bytes that begin with the magic.
  /// - Throws: ``CPIOFault/number`` or ``CPIOFault/name``.
  init(_ bytes: [UInt8]) throws(CPIOFault) {
    func field(_ number: Int) throws(CPIOFault) -> UInt32 {
      var value: UInt32 = 0
      for index in 0..<8 {
        let digit: UInt8
        switch bytes[6 + number * 8 + index] {
        case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
          digit = byte - UInt8(ascii: "0")
        case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
          digit = (byte | 0x20) - UInt8(ascii: "a") + 10
        default: throw .number
        }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
    inode = try field(0)
    mode = try field(1)
    owner = try field(2)
    group = try field(3)
    contentSize = Int(try field(6))
    nameSize = Int(try field(11))
    guard nameSize > 1, nameSize <= Self.maximumName else { throw .name }
  }
}
