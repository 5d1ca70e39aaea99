import CSystem

/// One line for people, on standard error, with the program's name in front.
func say(_ parts: Text...) {
  var line = [UInt8]()
  Text("latchkey-unlock: ").add(to: &line)
  for part in parts { part.add(to: &line) }
  line.append(UInt8(ascii: "\n"))
  _ = write(line, to: 2)
}

/// All of the bytes to a descriptor. False if that failed.
func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  write(bytes.span, to: descriptor)
}

/// All of the bytes to a descriptor. False if that failed.
func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Bool {
  var done = 0
  while done < bytes.count {
    // Safe: the bytes are borrowed for the call.
    let written = unsafe bytes.extracting(droppingFirst: done).withUnsafeBufferPointer { buffer in
      unsafe CSystem.write(descriptor, buffer.baseAddress, buffer.count)
    }
    if written < 0, system_errno() == EINTR { continue }
    guard written > 0 else { return false }
    done += written
  }
  return true
}

/// A piece of a message: a fixed text, bytes, or a number.
enum Text: ExpressibleByStringLiteral {
  case fixed(StaticString)
  case bytes([UInt8])
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
      // A record holds printable ASCII only, a path what it likes: nothing else reaches the terminal.
      for byte in bytes { line.append((0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")) }
    case .number(let number):
      var digits: [UInt8] = []
      var rest = number.magnitude
      repeat {
        digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      if number < 0 { line.append(UInt8(ascii: "-")) }
      for index in digits.indices.reversed() { line.append(digits[index]) }
    }
  }
}
