/// A file below `conf` of an image that sets one variable. The boot scripts' shell reads it: nothing else may be
/// in it, as every variable counts, LD_PRELOAD and PATH too.
struct BootVariable {
  let value: Substring

  /// - Returns: nil for another variable, more than one line, or a value that a shell makes something of.
  init?(_ name: String, in text: [UInt8]) {
    guard let lines = wholeLines(text), lines.count == 1, lines[0].hasPrefix(name + "=") else {
      return nil
    }
    value = lines[0].dropFirst(name.count + 1)
    guard value.isEmpty || value.isPlain(and: "_-.,:/+@=%") else { return nil }
  }

  /// Whether the value is one word of letters and digits.
  var isWord: Bool { value.isPlain(and: "-_") }
}
