import CSystem
import Secrets

/// Who brings a PIN.
enum Asker {
  /// A file or pipe, which gives one line once.
  case descriptor(Int32)
  /// The process's terminal, or the console.
  case terminal
  /// plymouth's screen.
  case splash
  /// systemd-ask-password and its agents.
  case systemd

  /// The most bytes of a PIN: a card's length is one byte.
  private static let maximumPIN = 127

  /// A session's terminal, as over SSH, comes first; then what shows the boot; then the console.
  static func choose(_ arguments: Arguments) -> Asker {
    if let descriptor = arguments.pinDescriptor { return .descriptor(descriptor) }
    if isSession { return .terminal }
    if runsWell([UInt8]("plymouth\0--ping\0")) { return .splash }
    // Safe: a constant C string.
    if isatty(0) == 0, unsafe access(StaticString("/run/systemd/system").cString, F_OK) == 0 {
      return .systemd
    }
    return .terminal
  }

  /// Whether standard input is a pseudo-terminal (Linux's majors 136 to 143): no console is.
  private static var isSession: Bool {
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(0, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFCHR) else {
      return false
    }
    return (136...143).contains(status.st_rdev >> 8 & 0xFFF)
  }

  /// Whether there is a person to be asked again.
  var isPerson: Bool {
    if case .descriptor = self { return false }
    return true
  }

  /// Asks for a PIN.
  /// - Parameters:
  ///   - prompt: where the question was not said before, as on plymouth's screen.
  ///   - watch: asked a few times in a second whether to give up.
  @inline(never)
  func pin(
    _ prompt: [UInt8], until watch: Watch
  ) throws(SecretInputError) -> SecretBytes {
    if case .descriptor(let descriptor) = self {
      return try SecretBytes(firstLineOf: descriptor, limit: Self.maximumPIN)
    }
    var text = prompt
    if case .terminal = self { text = [UInt8]("PIN: ") }
    return try ask(text, Self.maximumPIN, isShown: false, until: watch)
  }

  /// Whether a person typed yes. A script never does.
  @inline(never)
  func confirms(
    _ question: StaticString, until watch: Watch
  ) throws(SecretInputError) -> Bool {
    guard isPerson else { return false }
    do throws(SecretInputError) {
      let answer = try ask([UInt8](question), 8, isShown: true, until: watch)
      return [UInt8](copying: answer.bytes).equals("yes")
    } catch {
      switch error {
      case .empty, .tooLong, .noTerminal: return false
      default: throw error
      }
    }
  }

  /// Waits until the watch says so, or for a person who wants the passphrase.
  /// - Parameter prompt: what there is to do, said before.
  /// - Returns: true for the passphrase.
  @inline(never)
  func wantsPassphrase(
    _ prompt: [UInt8], until watch: Watch
  ) throws(SecretInputError) -> Bool {
    do throws(SecretInputError) {
      switch self {
      case .descriptor:
        while !watch.isOver() { usleep(50_000) }
        return false
      case .splash:
        showMessages()
        // A prompt would stay on the screen when its asker is ended; a watched key doesn't.
        defer { _ = runsWell([UInt8]("plymouth\0ignore-keystroke\0--keys=pP\0")) }
        _ = try SecretBytes(
          answeredBy: [UInt8]("plymouth\0watch-keystroke\0--keys=pP\0"), limit: 8,
          until: watch)
        return true
      case .terminal, .systemd:
        // Shown when the typing is unseen already.
        let text = isTerminal ? [UInt8]("an empty line leads to the passphrase: ") : prompt
        _ = try ask(text, 0, isShown: false, until: watch)
        return true
      }
    } catch {
      switch error {
      case .empty: return true
      case .ended: return false
      case .tooLong:
        say("there is no dongle yet to ask for a PIN")
        return false
      default: throw error
      }
    }
  }

  private var isTerminal: Bool {
    if case .terminal = self { return true }
    return false
  }

  @inline(never)
  private func ask(
    _ prompt: [UInt8], _ limit: Int, isShown: Bool, until watch: Watch
  ) throws(SecretInputError) -> SecretBytes {
    switch self {
    case .splash:
      showMessages()
      var words = [UInt8](
        isShown ? "plymouth\0ask-question\0--prompt=" : "plymouth\0ask-for-password\0--prompt=")
      // plymouth's protocol has one byte for a length.
      words += prompt.prefix(250) + [0]
      return try SecretBytes(answeredBy: words, limit: limit, until: watch)
    case .systemd:
      var words = [UInt8](
        isShown
          ? "systemd-ask-password\0--timeout=0\0--echo\0--\0"
          : "systemd-ask-password\0--timeout=0\0--id=latchkey\0--\0")
      words += prompt + [0]
      return try SecretBytes(answeredBy: words, limit: limit, until: watch)
    default:
      return try SecretBytes(
        typedAfter: prompt.span, limit: limit, isShown: isShown, until: watch)
    }
  }

  /// Shows on plymouth's screen what was said since the last time.
  func showMessages() {
    guard case .splash = self else { return }
    var words = [UInt8]("plymouth\0display-message\0--text=")
    words += takeMessages().suffix(250) + [0]
    _ = runsWell(words)
  }
}
