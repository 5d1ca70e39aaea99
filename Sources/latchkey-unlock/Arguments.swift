import CSystem

/// `latchkey-unlock [--pin-fd N] [--wait SECONDS] [--run FOLDER] FOLDER`
struct Arguments {
  /// Where the PIN comes from; nil for the terminal.
  var pinDescriptor: Int32?
  /// How long to wait for a dongle, in milliseconds.
  var wait = 0
  /// Where PINs that failed are remembered until the next boot.
  var run: [UInt8] = []
  /// What holds `record` and `key.pgp`.
  var folder: [UInt8] = []

  /// Reads a command line. Nil after having said what is wrong, or what the usage is.
  init?(_ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
    var words: [[UInt8]] = []
    for index in 1..<max(1, Int(count)) {
      // Safe: there are `count` C strings.
      if let value = unsafe values[index] { words.append(unsafe Self.bytes(value)) }
    }
    Text("/run/latchkey").add(to: &run)
    var index = 0
    while index < words.count {
      let word = words[index]
      let next = index + 1 < words.count ? words[index + 1] : []
      if Self.equal(word, "--pin-fd"), let number = Self.number(next) {
        pinDescriptor = Int32(truncatingIfNeeded: number)
      } else if Self.equal(word, "--wait"), let seconds = Self.number(next) {
        wait = seconds * 1000
      } else if Self.equal(word, "--run"), !next.isEmpty {
        run = next
      } else if word.first == UInt8(ascii: "-") || word.isEmpty || !folder.isEmpty {
        Self.usage()
        return nil
      } else {
        folder = word
        index += 1
        continue
      }
      index += 2
    }
    guard !folder.isEmpty else {
      Self.usage()
      return nil
    }
  }

  private static func usage() {
    say("usage: latchkey-unlock [--pin-fd N] [--wait SECONDS] [--run FOLDER] FOLDER")
    say("writes the key of the volume whose record and key.pgp are in FOLDER to standard output")
  }

  private static func bytes(_ text: UnsafeMutablePointer<CChar>) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    // Safe: a C string ends with a zero.
    while unsafe text[index] != 0 {
      bytes.append(UInt8(bitPattern: unsafe text[index]))
      index += 1
    }
    return bytes
  }

  private static func equal(_ word: [UInt8], _ text: StaticString) -> Bool {
    var bytes: [UInt8] = []
    Text(text).add(to: &bytes)
    return word == bytes
  }

  /// 0 to 99999; nil for anything else.
  private static func number(_ word: [UInt8]) -> Int? {
    guard (1...5).contains(word.count) else { return nil }
    var value = 0
    for byte in word {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
