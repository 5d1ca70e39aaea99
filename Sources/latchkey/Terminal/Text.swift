import BootChanges
import FoundationEssentials

/// Bytes as hexadecimal digits.
enum Hexadecimal {
  /// Upper case, as fingerprints are written.
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  /// Bytes of digits in either case; nil for anything else.
  static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    BootChanges.Hexadecimal.bytes(text.utf8)
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
