import FoundationEssentials

/// Bytes as hexadecimal digits.
enum Hexadecimal {
  /// Upper case, as fingerprints are written.
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  /// Bytes of digits in either case; nil for anything else.
  static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard
        let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
      else { return nil }
      out.append(byte)
    }
    return out
  }
}

/// A time as people and JSON get it.
enum Moment {
  /// Seconds since 1970 now.
  static var now: UInt32 { UInt32(clamping: Int(Date().timeIntervalSince1970)) }

  /// `2026-11-21 09:26:00 UTC`.
  static func text(_ seconds: UInt32) -> String {
    let date = Date(timeIntervalSince1970: TimeInterval(seconds))
    let text = date.formatted(.iso8601.dateTimeSeparator(.space))
    return text.dropLast() + " UTC"
  }
}

extension String {
  /// With blanks behind it up to `width`, at least one.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
