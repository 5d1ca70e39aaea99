import CSystem

/// Why a PIN or passphrase could not be read.
public enum SecretInputError: Error, Equatable, Sendable {
  /// The line, or the input, is empty.
  case empty
  /// The line has more bytes than may be.
  case tooLong
  /// There is no terminal to ask on.
  case noTerminal
  /// A signal (its number) came while the person was typing; the terminal is as it was.
  case interrupted(signal: Int32)
  /// The caller had enough of waiting.
  case ended
  /// The system refused, with this errno value.
  case failed(errno: Int32)
}

/// Says when what is being asked is of no use any more. A class, so that the code that asks is not
/// made anew for each closure, which the initramfs program has no room for.
public final class Watch {
  /// Whether to give up.
  public let isOver: () -> Bool

  /// A watch that asks `isOver`.
  public init(_ isOver: @escaping () -> Bool) { self.isOver = isOver }
}

extension SecretBytes {
  /// The first line of a file, pipe or socket, without its newline. What stands behind the line is
  /// left unread. The end of the input ends the line too.
  /// - Parameters:
  ///   - descriptor: open for reading; it stays open.
  ///   - limit: the most bytes the line may have.
  /// - Throws: ``SecretInputError``; what was read is wiped then.
  public init(firstLineOf descriptor: Int32, limit: Int) throws(SecretInputError) {
    self.init(capacity: limit + 1)
    while count <= limit {
      guard try appendByte(from: descriptor), bytes[count - 1] != UInt8(ascii: "\n") else { break }
    }
    try endLine(limit: limit)
  }

  /// A line typed on the process's terminal, unseen, without its newline. Backspace works, as the
  /// terminal hands over whole lines. The terminal is restored in the end, whatever signal comes;
  /// a process stopped meanwhile (Ctrl-Z) asks again when it goes on.
  /// - Parameters:
  ///   - prompt: shown first, as it is: escape what comes from a card.
  ///   - limit: the most bytes the line may have; the rest of a longer one is thrown away.
  ///   - isShown: whether the typing is seen, for an answer that is no secret.
  ///   - watch: asked a few times in a second whether to give up.
  /// - Throws: ``SecretInputError``; what was typed is wiped then. After `.interrupted` let the
  ///   scopes of all secrets end before the signal is obeyed.
  public init(
    typedAfter prompt: Span<UInt8>, limit: Int, isShown: Bool = false,
    until watch: Watch? = nil
  ) throws(SecretInputError) {
    self.init(capacity: limit + 1)
    let terminal = try Terminal()
    while true {
      let signal = try terminal.readLine(after: prompt, isShown, &self, watch)
      guard let signal else { break }
      wipe()
      guard signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU else {
        throw .interrupted(signal: signal)
      }
      // The action is the one from before again, so this stops the process as was asked.
      raise(signal)
    }
    try endLine(limit: limit)
  }

  /// What another program that asks in our place writes to its standard output: systemd-ask-password,
  /// plymouth. That program sees the secret.
  /// - Parameters:
  ///   - words: the program, which PATH finds, and its arguments, each ending with a zero. No shell reads
  ///     them.
  ///   - limit: the most bytes the line may have.
  ///   - watch: asked a few times in a second whether to give up; the program is ended then.
  /// - Throws: ``SecretInputError``; `.empty` also if the program says that nobody answered.
  public init(
    answeredBy words: [UInt8], limit: Int, until watch: Watch?
  ) throws(SecretInputError) {
    self.init(capacity: limit + 1)
    var child: Int32 = 0
    // Safe: the words are borrowed for the call, and each ends with a zero.
    let pipe = unsafe words.withUnsafeBytes { bytes in
      unsafe system_child_begin(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &child)
    }
    guard pipe >= 0 else { throw .failed(errno: -pipe) }
    let answer = Terminal(pipe)
    let signal: Int32?
    do throws(SecretInputError) {
      let none: [UInt8] = []
      signal = try answer.readLine(after: none.span, false, &self, watch)
    } catch {
      _ = system_child_end(child, true)
      throw error
    }
    let code = system_child_end(child, signal != nil)
    if let signal { throw .interrupted(signal: signal) }
    guard code == 0 else { throw .empty }
    try endLine(limit: limit)
  }

  /// Reads one byte straight into the secret. False at the input's end.
  fileprivate mutating func appendByte(from descriptor: Int32) throws(SecretInputError) -> Bool {
    var error: Int32 = 0
    let before = count
    // Safe: the room has at least one byte, as the callers count.
    unsafe append { room in
      while true {
        // Safe: as above.
        let got = unsafe read(descriptor, room.baseAddress, 1)
        if got >= 0 { return got }
        guard system_errno() == EINTR else {
          error = system_errno()
          return 0
        }
      }
    }
    guard error == 0 else { throw .failed(errno: error) }
    return count > before
  }

  /// Takes the newline off and holds the line against the limits.
  private mutating func endLine(limit: Int) throws(SecretInputError) {
    if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { truncate(to: count - 1) }
    guard count <= limit else { throw .tooLong }
    guard count > 0 else { throw .empty }
  }
}

/// Runs a program to its end.
/// - Parameter words: the program, which PATH finds, and its arguments, each ending with a zero.
/// - Returns: whether its exit code was 0.
public func runsWell(_ words: [UInt8]) -> Bool {
  var child: Int32 = 0
  // Safe: the words are borrowed for the call, and each ends with a zero.
  let pipe = unsafe words.withUnsafeBytes { bytes in
    unsafe system_child_begin(
      bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &child)
  }
  guard pipe >= 0 else { return false }
  close(pipe)
  return system_child_end(child, false) == 0
}

/// The terminal of this process, open; or a pipe from a program that asks.
private struct Terminal: ~Copyable {
  private let descriptor: Int32
  private let isOurs: Bool
  private let isControlling: Bool

  /// Takes a pipe over.
  init(_ pipe: Int32) {
    descriptor = pipe
    isOurs = true
    isControlling = true
  }

  init() throws(SecretInputError) {
    // Safe: a constant C string.
    let opened = unsafe system_open(StaticString("/dev/tty").cString, O_RDWR | O_NOCTTY, 0)
    if opened >= 0 {
      descriptor = opened
      isOurs = true
      isControlling = true
    } else if isatty(0) == 1 {
      // An initramfs has a console and no controlling terminal.
      descriptor = 0
      isOurs = false
      isControlling = false
    } else {
      throw .noTerminal
    }
  }

  deinit {
    if isOurs { close(descriptor) }
  }

  /// Shows the prompt and reads one line.
  /// - Returns: the signal that came instead of a line, or nil.
  func readLine(
    after prompt: Span<UInt8>, _ isShown: Bool, _ line: inout SecretBytes, _ watch: Watch?
  ) throws(SecretInputError) -> Int32? {
    let refusal = system_terminal_begin(descriptor, isShown, isControlling)
    guard refusal == 0 else { throw .failed(errno: refusal) }
    defer { system_terminal_restore() }
    if !prompt.isEmpty { show(prompt) }
    while true {
      let event = system_terminal_wait(200)
      if event == -ETIMEDOUT {
        if let watch, watch.isOver() {
          endLine(prompt)
          throw .ended
        }
        continue
      }
      guard event >= 0 else { throw .failed(errno: -event) }
      guard event == 0 else {
        endLine(prompt)
        return event
      }
      guard try line.appendByte(from: descriptor) else { return nil }
      let last = line.bytes[line.count - 1]
      if last == UInt8(ascii: "\n") { return nil }
      if last == 3, !isControlling { return SIGINT }
      // A line too long is read to its end, and one byte too many kept to tell.
      guard line.count < line.capacity else { return try skipLine() }
    }
  }

  /// What is said next begins a line of its own.
  private func endLine(_ prompt: Span<UInt8>) {
    let newline = [UInt8(ascii: "\n")]
    if !prompt.isEmpty { show(newline.span) }
  }

  private func show(_ text: Span<UInt8>) {
    // Safe: the bytes are borrowed for the call. A prompt that cannot be shown is no reason to stop.
    unsafe text.withUnsafeBufferPointer { bytes in
      _ = unsafe write(descriptor, bytes.baseAddress, bytes.count)
    }
  }

  /// Throws the rest of a line away, byte by byte.
  private func skipLine() throws(SecretInputError) -> Int32? {
    var rest = SecretBytes(capacity: 1)
    while try rest.appendByte(from: descriptor) {
      if rest.bytes[0] == UInt8(ascii: "\n") { break }
      rest.wipe()
    }
    return nil
  }
}
