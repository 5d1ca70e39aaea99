import CSystem
import Secrets

/// A question to the person at the terminal. What was typed before it is shown is thrown away: a PIN typed
/// ahead is no answer to it.
enum Question {
  /// Asks, and goes on only if the answer is yes.
  /// - Parameters:
  ///   - text: the question, ending in a question mark.
  ///   - assumed: whether `--yes` was given; nil where only a person may say so.
  ///   - advice: what to do where nobody can be asked, if it isn't `--yes`.
  /// - Throws: ``Failure`` with ``ExitStatus/wrongUse`` if the answer is no or nobody can be asked.
  static func confirm(
    _ text: String, assumed: Bool?, otherwise advice: String? = nil
  ) throws(Failure) {
    if assumed == true { return }
    guard let answer = line("\(text) [y/N] ") else {
      throw Failure(
        .wrongUse, "\(text) Nobody can be asked, as there is no terminal",
        next: advice
          ?? (assumed == nil
            ? "Nothing was done. Only a person at a terminal can say yes to this."
            : "Add --yes if the answer is yes."))
    }
    guard ["y", "yes"].contains(Self.text(answer).lowercased()) else {
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
    guard let answer = line("Type \(word) \(purpose): ") else {
      throw Failure(
        .wrongUse, "nobody can be asked, as there is no terminal",
        next: "Nothing was done. Add --yes \(purpose).")
    }
    guard text(answer) == word else {
      throw Failure(.wrongUse, "the answer wasn't \(word)", next: "Nothing was done.")
    }
  }

  /// A line typed at the terminal, or nil if there is none.
  static func ask(_ prompt: String) -> String? {
    guard let line = line(prompt) else { return nil }
    return text(line)
  }

  /// Whether there is a terminal to ask on.
  static var canAsk: Bool {
    // Safe: a constant C string; the descriptor is closed.
    let terminal = unsafe system_open("/dev/tty", O_RDWR | O_NOCTTY, 0)
    if terminal >= 0 { close(terminal) }
    return terminal >= 0 || isatty(0) == 1
  }

  /// What was typed: empty for nothing, for too much to be an answer, or after Ctrl-C. It may be a PIN that
  /// somebody typed at the wrong place, and is wiped.
  private static func line(_ prompt: String) -> SecretBytes? {
    let bytes = Array(prompt.utf8)
    do throws(SecretInputError) {
      return try SecretBytes(typedAfter: bytes.span, limit: 64, isShown: true)
    } catch {
      return error == .noTerminal ? nil : SecretBytes(capacity: 1)
    }
  }

  private static func text(_ line: borrowing SecretBytes) -> String {
    String(decoding: [UInt8](copying: line.bytes), as: UTF8.self)
  }
}
