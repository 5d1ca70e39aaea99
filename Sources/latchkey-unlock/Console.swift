import CSystem
import Secrets

// A message is put together piece by piece: a list of pieces at each call would take the room that the
// program's budget has not.

/// One line for people, on standard error, with the program's name in front.
@inline(never)
func say(_ text: StaticString) {
  say([UInt8](text))
}

/// One line with a number or a name in it.
@inline(never)
func say(_ before: StaticString, _ value: [UInt8], _ after: StaticString = "") {
  var line = [UInt8](before)
  line.append(escaped: value)
  line.append(after)
  say(line)
}

/// One line of printable bytes.
@inline(never)
func say(_ text: [UInt8]) {
  unsafe messages += text
  unsafe messages.append("; ")
  var line = [UInt8]("latchkey-unlock: ")
  line += text
  line.append(UInt8(ascii: "\n"))
  _ = write(line, to: 2)
}

// Safe: this program has one thread that says anything.
private nonisolated(unsafe) var messages: [UInt8] = []

/// What was said since the last time, in one line for plymouth's screen.
func takeMessages() -> [UInt8] {
  // Safe: as above.
  let taken = unsafe [UInt8](messages.dropLast(2))
  unsafe messages = []
  return taken
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

extension [UInt8] {
  /// Adds what comes from a file or the command line. A record holds printable ASCII only, a path what it
  /// likes: nothing else reaches a terminal.
  @inline(never)
  mutating func append(escaped bytes: [UInt8]) {
    for byte in bytes { append((0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")) }
  }
}
