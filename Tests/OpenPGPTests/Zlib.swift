import CZlib

/// Compressed bytes for tests.
enum Zlib {
  /// `plain` as one stored block with zlib's header and checksum (RFC 1950, RFC 1951 §3.2.4).
  static func stored(_ plain: [UInt8]) -> [UInt8] {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in plain {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return [0x78, 0x01, 0x01] + [UInt8(plain.count & 0xFF), UInt8(plain.count >> 8)]
      + [~UInt8(plain.count & 0xFF), ~UInt8(plain.count >> 8)] + plain
      + Crafted.number(Int(high << 16 | low), 4)
  }

  /// So many zero bytes, as small as zlib makes them.
  static func deflated(zeros: Int) -> [UInt8] {
    let plain = [UInt8](repeating: 0, count: zeros)
    var size = uLong(zeros / 500 + 1024)
    // Safe: zlib is told the room, and says how much of it it used.
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { room, count in
      _ = unsafe compress2(room.baseAddress, &size, plain, uLong(plain.count), 9)
      count = Int(size)
    }
  }
}
