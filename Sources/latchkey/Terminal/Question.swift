import CSystem
import FoundationEssentials

/// A question to the person at the terminal.
enum Question {
  /// Asks, and goes on only if the answer is yes.
  /// - Parameters:
  ///   - text: the question, ending in a question mark.
  ///   - assumed: whether `--yes` was given; nil where only a person may say so.
  /// - Throws: ``Failure`` with ``ExitStatus/wrongUse`` if the answer is no or nobody can be asked.
  static func confirm(_ text: String, assumed: Bool?) throws(Failure) {
    if assumed == true { return }
    guard let answer = ask("\(text) [y/N] ") else {
      throw Failure(
        .wrongUse, "\(text) Nobody can be asked, as there is no terminal",
        next: assumed == nil
          ? "Nothing was done. Only a person at a terminal can say yes to this."
          : "Add --yes if the answer is yes.")
    }
    guard ["y", "yes"].contains(answer.lowercased()) else {
      throw Failure(
        .wrongUse, "the answer wasn't yes", next: "Nothing was done.")
    }
  }

  /// Asks for a word to be typed, before something is lost for good.
  /// - Parameters:
  ///   - word: what must be typed, exactly.
  ///   - purpose: what it is typed for, as in "to empty the dongle".
  ///   - assumed: whether `--yes` was given.
  static func type(_ word: String, _ purpose: String, assumed: Bool) throws(Failure) {
    if assumed { return }
    guard let answer = ask("Type \(word) \(purpose): ") else {
      throw Failure(
        .wrongUse, "nobody can be asked, as there is no terminal",
        next: "Nothing was done. Add --yes \(purpose).")
    }
    guard answer == word else {
      throw Failure(.wrongUse, "the answer wasn't \(word)", next: "Nothing was done.")
    }
  }

  /// A line typed at the terminal, or nil if there is none.
  static func ask(_ prompt: String) -> String? {
    // Safe: a constant C string; the descriptor is closed below.
    let terminal = unsafe system_open("/dev/tty", O_RDWR | O_NOCTTY, 0)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    let bytes = Array(prompt.utf8)
    // Safe: the bytes are borrowed for the call.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(terminal, $0.baseAddress, $0.count) }
    var line: [UInt8] = []
    var byte: UInt8 = 0
    // Safe: one byte of room, one byte read.
    while unsafe read(terminal, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }
}
