import CCryptsetup
import DiskKey

/// What libcryptsetup called with: its handle, lent for the call, and the token's number.
@safe
struct Call {
  private let handle: OpaquePointer
  private let number: Int32

  init?(_ device: OpaquePointer?, _ token: Int32) {
    guard let device = unsafe device else { return nil }
    unsafe handle = unsafe device
    number = token
  }

  /// The header as libcryptsetup holds it in memory, and will use it.
  var header: LentHeader {
    // Safe: the caller holds the handle until the call returns.
    unsafe LentHeader(handle)
  }

  /// The token's JSON text.
  var json: [UInt8] { header.token(number) }

  /// For whom a line is.
  enum Level {
    /// A person who has just typed a PIN, or should: on stderr.
    case person
    /// Whoever asked for a dump: on stdout.
    case result
    /// Only with `--verbose`.
    case verbose
  }

  /// One line by way of the program's own log.
  func say(_ level: Level, _ parts: Text...) {
    var line: [UInt8] = []
    if level != .result { Text("openpgp-card: ").add(to: &line) }
    for part in parts { part.add(to: &line) }
    line.append(UInt8(ascii: "\n"))
    let code =
      switch level {
      case .person: CRYPT_LOG_ERROR
      case .result: CRYPT_LOG_NORMAL
      case .verbose: CRYPT_LOG_VERBOSE
      }
    var text: [CChar] = []
    for byte in line { text.append(CChar(bitPattern: byte)) }
    text.append(0)
    // Safe: the handle is lent, the text a C string; what reads it takes it as it is.
    unsafe crypt_log(handle, Int32(code), text)
  }
}

/// A piece of a line.
enum Text: ExpressibleByStringLiteral {
  case fixed(StaticString)
  /// Anyone's bytes: what is not printable ASCII becomes a question mark.
  case bytes([UInt8])
  case hexadecimal([UInt8])
  case number(Int)

  init(stringLiteral text: StaticString) { self = .fixed(text) }
  init(_ text: StaticString) { self = .fixed(text) }

  func add(to line: inout [UInt8]) {
    switch self {
    case .fixed(let text):
      // Safe: a static string's bytes live forever.
      let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      for index in 0..<bytes.count { line.append(unsafe bytes[index]) }
    case .bytes(let bytes):
      for byte in bytes { line.append((0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")) }
    case .hexadecimal(let bytes):
      for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
          line.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
      }
    case .number(let number):
      var digits: [UInt8] = []
      var rest = number.magnitude
      repeat {
        digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      for index in digits.indices.reversed() { line.append(digits[index]) }
    }
  }
}
