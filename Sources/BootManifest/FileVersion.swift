/// The first line of our own text files: a name and a version.
enum FileVersion {
  /// Whether bytes begin with a whole line of `name` and a number above `version`.
  static func isNewer(_ bytes: Span<UInt8>, than version: Int, _ name: [UInt8]) -> Bool {
    guard bytes.count > name.count, bytes.extracting(first: name.count).equals(name.span) else {
      return false
    }
    var number = 0
    for index in name.count..<bytes.count {
      let byte = bytes[index]
      if byte == 0x0A { return index > name.count && number > version }
      guard (0x30...0x39).contains(byte), index < name.count + 9 else { return false }
      number = number * 10 + Int(byte - 0x30)
    }
    return false
  }
}
