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
  /// The system refused, with this errno value.
  case failed(errno: Int32)
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
  /// - Throws: ``SecretInputError``; what was typed is wiped then. After `.interrupted` let the
  ///   scopes of all secrets end before the signal is obeyed.
  public init(
    typedAfter prompt: Span<UInt8>, limit: Int, isShown: Bool = false
  ) throws(SecretInputError) {
    self.init(capacity: limit + 1)
    let terminal = try Terminal()
    while true {
      let signal = try terminal.readLine(after: prompt, isShown: isShown, into: &self)
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

/// The terminal of this process, open.
private struct Terminal: ~Copyable {
  private let descriptor: Int32
  private let isOurs: Bool

  init() throws(SecretInputError) {
    // Safe: a constant C string.
    let opened = unsafe system_open(StaticString("/dev/tty").cString, O_RDWR | O_NOCTTY, 0)
    if opened >= 0 {
      descriptor = opened
      isOurs = true
    } else if isatty(0) == 1 {
      // An initramfs has a console and no controlling terminal.
      descriptor = 0
      isOurs = false
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
    after prompt: Span<UInt8>, isShown: Bool, into line: inout SecretBytes
  ) throws(SecretInputError) -> Int32? {
    let refusal = system_terminal_begin(descriptor, isShown)
    guard refusal == 0 else { throw .failed(errno: refusal) }
    defer { system_terminal_restore() }
    // Safe: the bytes are borrowed for the call. A prompt that cannot be shown is no reason to stop.
    unsafe prompt.withUnsafeBufferPointer { bytes in
      _ = unsafe write(descriptor, bytes.baseAddress, bytes.count)
    }
    while true {
      let event = system_terminal_wait()
      guard event >= 0 else { throw .failed(errno: -event) }
      guard event == 0 else { return event }
      guard try line.appendByte(from: descriptor) else { return nil }
      if line.bytes[line.count - 1] == UInt8(ascii: "\n") { return nil }
      // A line too long is read to its end, and one byte too many kept to tell.
      guard line.count < line.capacity else { return try skipLine() }
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
