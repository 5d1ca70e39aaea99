internal import Secrets
internal import SmartCard

/// PINs on their way to the card: each is sent once.
extension Session {
  /// Refuses a text that cannot be this PIN, and a PIN that has no tries left.
  func checkPossible(
    _ pin: borrowing SecretBytes, _ which: PIN, _ derivation: KeyDerivation
  ) throws(CardError) {
    let status = application.pinStatus
    guard status.isPossible(pin, as: which, derivedBy: derivation) else { throw .impossiblePIN }
    guard !status.wantsPINBlock(which) else { throw .unsupported(.pinFormat) }
  }

  /// Whether `which` still has a try.
  func checkTries(_ which: PIN) throws(CardError) {
    guard application.pinStatus.triesLeft(which) > 0 else { throw .blocked(which) }
  }

  /// Whether the tries that `which` has now, within this transaction, are those that a person agreed to.
  private func check<Memory: PINMemory>(
    _ terms: PINTerms<Memory>, of which: PIN
  ) throws(CardError) {
    try checkTries(which)
    let now = application.pinStatus.triesLeft(which)
    guard now >= terms.triesShown else {
      throw .fewerTries(
        which, shown: UInt8(clamping: terms.triesShown), now: UInt8(truncatingIfNeeded: now))
    }
    guard now > 1 || terms.spendsLastTry else { throw .lastTryKept(which) }
  }

  /// Sends a PIN, once.
  func verify<Memory: PINMemory>(
    _ pin: borrowing SecretBytes, _ which: PIN, _ reference: UInt8, _ derivation: KeyDerivation,
    under terms: PINTerms<Memory>
  ) throws(CardError) {
    try checkPossible(pin, which, derivation)
    var sent = SecretBytes(capacity: derivation.derivedSize ?? pin.count)
    try derivation.derive(pin, for: which, into: &sent)
    try sendPIN(.verify(reference), sent.bytes, which, text: pin, under: terms)
  }

  /// Sends a command whose data hold a PIN, and says what its refusal means.
  /// - Parameter text: the PIN as it was given, which is what is remembered.
  func sendPIN<Memory: PINMemory>(
    _ command: Command, _ data: Span<UInt8>, _ which: PIN, text: borrowing SecretBytes,
    under terms: PINTerms<Memory>
  ) throws(CardError) {
    try check(terms, of: which)
    let card = application.identifier
    switch terms.memory.fate(of: text, as: which, on: card) {
    case .failed: throw .failedBefore(which)
    case .unknown where !terms.sendsAgain: throw .unansweredBefore(which)
    default: break
    }
    if let failure { throw .transport(failure) }
    // Whoever ends this process from here on, or pulls the card out, leaves that note.
    terms.memory.note(.unknown, of: text, as: which, on: card)
    resetAtEnd()
    let before = application.pinStatus.triesLeft(which)
    var fate: PINFate?
    var refusal: CardError?
    do throws(CardError) {
      try checkPIN(try send(command, data), command, which, before)
    } catch {
      refusal = error
      switch error {
      case .wrongPIN, .blocked: fate = .failed
      case .transport(let fault) where fault != .commandTooLong: throw .unanswered(fault, which)
      default: break
      }
    }
    terms.memory.note(fate, of: text, as: which, on: card)
    if let refusal { throw refusal }
  }

  /// Has a PIN typed on the reader's pad, once.
  func enterPIN<Memory: PINMemory>(
    _ command: Command, _ which: PIN, isChange: Bool, _ derivation: KeyDerivation,
    under terms: PINTerms<Memory>
  ) throws(CardError) {
    try check(terms, of: which)
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
    default:
      if let left = status.triesLeft {
        application.pinStatus.noteTries(left, of: which)
        throw .wrongPIN(which, triesLeft: UInt8(truncatingIfNeeded: left))
      }
      // For a wrong PIN many cards say 6982, some 6300: C4 tells whether a try was used.
      do throws(CardError) {
        try refreshPINStatus()
      } catch {
        guard case .transport = error else { throw .wrongPIN(which, triesLeft: nil) }
        throw error
      }
      let left = application.pinStatus.triesLeft(which)
      if left < before { throw .wrongPIN(which, triesLeft: UInt8(truncatingIfNeeded: left)) }
      throw status == .touchTimedOut ? .touchTimedOut : .status(status, ins: command.ins)
    }
  }
}
