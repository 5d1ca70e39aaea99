internal import Secrets
internal import SmartCard

/// PINs on their way to the card: each is sent once.
extension Session {
  /// Refuses a text that cannot be this PIN, and a PIN that has no tries left.
  func checkPossible(
    _ pin: borrowing SecretBytes, _ which: PIN, _ derivation: KeyDerivation
  ) throws(CardError) {
    let status = application.pinStatus
    guard pin.count >= which.minimumLength else { throw .impossiblePIN }
    // A derived PIN is always as long as its hash; the text may be any.
    guard (derivation.derivedSize ?? pin.count) <= status.maximumLength(which) else {
      throw .impossiblePIN
    }
    guard !status.wantsPINBlock(which) else { throw .unsupported(.pinFormat) }
  }

  /// Whether `which` still has a try.
  func checkTries(_ which: PIN) throws(CardError) {
    guard application.pinStatus.triesLeft(which) > 0 else { throw .blocked(which) }
  }

  /// Sends a PIN, once.
  func verify(
    _ pin: borrowing SecretBytes, _ which: PIN, _ reference: UInt8, _ derivation: KeyDerivation
  ) throws(CardError) {
    try checkTries(which)
    try checkPossible(pin, which, derivation)
    var sent = SecretBytes(capacity: derivation.derivedSize ?? pin.count)
    try derivation.derive(pin, for: which, into: &sent)
    try sendPIN(.verify(reference), sent.bytes, which)
  }

  /// Sends a command whose data hold a PIN, and says what its refusal means.
  func sendPIN(_ command: Command, _ data: Span<UInt8>, _ which: PIN) throws(CardError) {
    resetAtEnd()
    let before = application.pinStatus.triesLeft(which)
    try checkPIN(try send(command, data), command, which, before)
  }

  /// Has a PIN typed on the reader's pad, once.
  func enterPIN(
    _ command: Command, _ which: PIN, isChange: Bool, _ derivation: KeyDerivation
  ) throws(CardError) {
    try checkTries(which)
    let status = application.pinStatus
    guard !status.wantsPINBlock(which) else { throw .unsupported(.pinFormat) }
    guard derivation.derivedSize == nil else { throw .unsupported(.pinPad) }
    if let failure { throw .transport(failure) }
    resetAtEnd()
    let before = status.triesLeft(which)
    let answer: StatusWord
    do throws(TransportError) {
      answer = try channel.transport.enterPIN(
        PINPadRequest(
          command, isChange: isChange, minimum: UInt8(which.minimumLength),
          maximum: UInt8(status.maximumLength(which))))
    } catch {
      confirmed = nil
      failure = error
      throw .transport(error)
    }
    switch answer {
    case .entryTimedOut: throw .pad(.timedOut)
    case .entryCancelled: throw .pad(.cancelled)
    case .newPINsDiffer: throw .pad(.newPINsDiffer)
    case .badEntryLength: throw .pad(.impossibleLength)
    case .noSuchInstruction: throw .unsupported(.pinPad)
    default: try checkPIN(answer, command, which, before)
    }
  }

  /// What the answer to a PIN means.
  /// - Parameter before: the tries it had.
  private func checkPIN(
    _ status: StatusWord, _ command: Command, _ which: PIN, _ before: Int
  ) throws(CardError) {
    switch status {
    case .success:
      return
    case .blocked:
      application.pinStatus.noteTries(0, of: which)
      throw .blocked(which)
    case .touchTimedOut:
      throw .touchTimedOut
    default:
      if let left = status.triesLeft {
        application.pinStatus.noteTries(left, of: which)
        throw .wrongPIN(triesLeft: left)
      }
      // For a wrong PIN many cards say 6982, some 6300: C4 tells whether a try was used.
      do throws(CardError) {
        try refreshPINStatus()
      } catch {
        guard case .transport = error else { throw .wrongPIN(triesLeft: nil) }
        throw error
      }
      let left = application.pinStatus.triesLeft(which)
      throw left < before ? .wrongPIN(triesLeft: left) : .status(status, ins: command.ins)
    }
  }
}
