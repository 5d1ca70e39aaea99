/// A line of `kexec_latchkey.txt` taken apart; paths and targets are still escaped.
struct TypeLine: ~Escapable {
  /// The type and the permission bits.
  let kind: TypeList.Kind
  /// The path.
  let path: Span<UInt8>
  /// What comes after it; empty if nothing does.
  let more: Span<UInt8>
  /// Whether anything comes after it.
  let hasMore: Bool

  /// Nil for anything ``write(_:to:)`` and its like would not have written in just this way.
  @_lifetime(copy line)
  init?(_ line: Span<UInt8>) {
    // f 644 ./path
    guard line.count > 3, let type = FileType(rawValue: line[0]), line[1] == 0x20 else {
      return nil
    }
    var modeEnd = 2
    while modeEnd < line.count, line[modeEnd] != 0x20 { modeEnd += 1 }
    guard modeEnd < line.count else { return nil }
    let digits = line.extracting(2..<modeEnd)
    var mode: UInt16?
    if digits.count != 1 || digits[0] != 0x2D {
      guard type != .link, let bits = TypeLine.octal(digits) else { return nil }
      mode = bits
    }
    var pathEnd = modeEnd + 1
    while pathEnd < line.count, line[pathEnd] != 0x20 { pathEnd += 1 }
    kind = TypeList.Kind(type: type, mode: mode)
    path = line.extracting(modeEnd + 1..<pathEnd)
    hasMore = pathEnd < line.count
    more = line.extracting(min(pathEnd + 1, line.count)...)
  }

  private static func octal(_ digits: Span<UInt8>) -> UInt16? {
    guard (1...4).contains(digits.count), digits.count == 1 || digits[0] != 0x30 else { return nil }
    var bits: UInt16 = 0
    for index in digits.indices {
      guard (0x30...0x37).contains(digits[index]) else { return nil }
      bits = bits << 3 | UInt16(digits[index] - 0x30)
    }
    return bits
  }

  /// Adds permission bits to a line, or what stands for none.
  static func write(_ mode: UInt16?, to text: inout [UInt8]) {
    guard let mode else { return text.append(0x2D) }
    var hasBegun = false
    for shift in [9, 6, 3, 0] as [UInt16] {
      let digit = UInt8(truncatingIfNeeded: mode >> shift & 7)
      hasBegun = hasBegun || digit != 0 || shift == 0
      if hasBegun { text.append(0x30 + digit) }
    }
  }
}
