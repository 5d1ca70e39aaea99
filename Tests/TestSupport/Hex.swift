/// Bytes from hexadecimal digits; blanks between them don't count. Nil for anything else.
public func bytes(hex text: String) -> [UInt8]? {
  let digits = text.filter { !$0.isWhitespace }
  guard digits.count % 2 == 0 else { return nil }
  var out: [UInt8] = []
  var rest = digits[...]
  while !rest.isEmpty {
    guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
    out.append(byte)
    rest = rest.dropFirst(2)
  }
  return out
}

/// Lower-case hexadecimal digits of bytes.
public func hex(_ bytes: [UInt8]) -> String {
  bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
