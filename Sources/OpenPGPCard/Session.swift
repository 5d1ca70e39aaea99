internal import LibCrypto
internal import Secrets
internal import SmartCard

/// One held visit to a card: the transaction, what the card said, and whether it is authorized.
///
/// The card and its authorizations share it; when the last of them is gone the transaction ends, with
/// a reset if a PIN went to the card.
final class Session<Transport: CardTransport> {
  let channel: CardChannel<Transport>
  private(set) var application: ApplicationData
  /// What has been found to hold in this visit.
  var confirmed: PinnedKey?
  /// Set before the first PIN byte leaves, so that even a card pulled in between is reset.
  private(set) var mustReset = false
  /// After a command that did not get through, nobody knows whose card this is: nothing more goes out.
  private var failure: TransportError?

  init(selecting transport: Transport) throws(CardError) {
    let channel = try Self.begin(transport)
    self.channel = channel
    do throws(CardError) {
      application = try Self.select(channel)
    } catch {
      transport.endTransaction(.leave)
      throw error
    }
  }

  init(activated channel: CardChannel<Transport>, _ application: ApplicationData) {
    self.channel = channel
    self.application = application
  }

  deinit {
    channel.forgetResponse()
    channel.transport.endTransaction(mustReset ? .reset : .leave)
  }

  // MARK: Beginning

  private static func begin(_ transport: Transport) throws(CardError) -> CardChannel<Transport> {
    do throws(TransportError) {
      try transport.beginTransaction()
    } catch {
      throw .transport(error)
    }
    return CardChannel(transport)
  }

  /// SELECT and GET DATA 6E, both with short lengths; what 6E lacks is asked for one by one.
  private static func select(_ channel: CardChannel<Transport>) throws(CardError) -> ApplicationData
  {
    channel.limits = .short
    let aid = applicationIdentifier
    switch try send(.select, aid.span, channel) {
    case .success: break
    case .terminated, .conditionsNotSatisfied: throw .terminated
    default: throw .notOpenPGP
    }
    var status = try send(.getData(0x6E), channel)
    guard status == .success else {
      throw status == .terminated || status == .conditionsNotSatisfied
        ? .terminated : .status(status, ins: 0xCA)
    }
    var objects = try channel.response.withBytes { answer throws(CardError) in
      try ApplicationData.objects(in: answer)
    }
    for tag in ApplicationData.needed where objects[tag] == nil {
      status = try send(.getData(tag), channel)
      // What can be done without is; ApplicationData names what cannot.
      guard status == .success else { continue }
      objects.append(tag, channel.response.withBytes { [UInt8](copying: unwrapped($0, tag)) })
    }
    let application = try ApplicationData(objects)
    channel.limits = application.limits
    return application
  }

  private static func activate(_ channel: CardChannel<Transport>) throws(CardError) {
    channel.limits = .short
    let aid = applicationIdentifier
    switch try send(.select, aid.span, channel) {
    case .success, .terminated, .conditionsNotSatisfied: break
    default: throw .notOpenPGP
    }
    let status = try send(.activate, channel)
    guard status == .success else { throw .status(status, ins: 0x44) }
  }

  private static func send(
    _ command: Command, _ data: Span<UInt8>, _ channel: CardChannel<Transport>
  ) throws(CardError) -> StatusWord {
    do throws(TransportError) {
      return try channel.exchange(command, data: data)
    } catch {
      throw .transport(error)
    }
  }

  private static func send(
    _ command: Command, _ channel: CardChannel<Transport>
  ) throws(CardError) -> StatusWord {
    do throws(TransportError) {
      return try channel.exchange(command)
    } catch {
      throw .transport(error)
    }
  }

  // MARK: Commands

  /// Sends a command; its answer is in `channel.response`.
  func send(_ command: Command, _ data: Span<UInt8>) throws(CardError) -> StatusWord {
    if let failure { throw .transport(failure) }
    do throws(TransportError) {
      return try channel.exchange(command, data: data)
    } catch {
      confirmed = nil
      // A command that is too long never left.
      if error != .commandTooLong { failure = error }
      throw .transport(error)
    }
  }

  /// Sends a command without data.
  func send(_ command: Command) throws(CardError) -> StatusWord {
    let none: [UInt8] = []
    return try send(command, none.span)
  }

  /// Sends a command that must be answered with 9000.
  func require(_ command: Command, _ data: Span<UInt8>) throws(CardError) {
    try check(try send(command, data), command)
  }

  /// Sends a command without data that must be answered with 9000.
  func require(_ command: Command) throws(CardError) {
    try check(try send(command), command)
  }

  private func check(_ status: StatusWord, _ command: Command) throws(CardError) {
    switch status {
    case .success: return
    case .touchTimedOut: throw .touchTimedOut
    default: throw .status(status, ins: command.ins)
    }
  }

  // MARK: What the card says

  /// Begins anew after the application was reset: nothing of before holds.
  func selectAgain() throws(CardError) {
    confirmed = nil
    application = try Self.select(channel)
  }

  /// Reads 6E again, as after keys or PINs have changed.
  func refresh() throws(CardError) {
    confirmed = nil
    let status = try send(.getData(0x6E, upTo: application.limits.extendedLengths ? 4096 : 256))
    guard status == .success else { throw .status(status, ins: 0xCA) }
    var objects = try channel.response.withBytes { answer throws(CardError) in
      try ApplicationData.objects(in: answer)
    }
    for tag in ApplicationData.needed where objects[tag] == nil {
      guard try send(.getData(tag)) == .success else { continue }
      objects.append(tag, channel.response.withBytes { [UInt8](copying: unwrapped($0, tag)) })
    }
    let application = try ApplicationData(objects)
    if application.identifier != self.application.identifier { throw .notThePinned(.serial) }
    self.application = application
  }

  /// Reads C4 again.
  func refreshPINStatus() throws(CardError) {
    try require(.getData(0xC4))
    guard let status = channel.response.withBytes({ PINStatus(unwrapped($0, 0xC4)) }) else {
      throw .malformed(tag: 0xC4)
    }
    application.pinStatus = status
  }

  /// Notes what a status word said of a PIN's tries.
  func noteTries(_ left: Int, of which: PIN) {
    application.pinStatus.noteTries(left, of: which)
  }

  /// F9, where C0 announces it.
  func keyDerivation() throws(CardError) -> KeyDerivation {
    guard application.capabilities.hasKeyDerivation else { return .plain }
    switch try send(.getData(0xF9)) {
    case .success:
      return try channel.response.withBytes { answer throws(CardError) in
        try KeyDerivation(parsing: answer)
      }
    case .noSuchObject, .wrongP1P2: return .plain
    case let other: throw .status(other, ins: 0xCA)
    }
  }

  // MARK: PINs

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
    mustReset = true
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
    mustReset = true
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

  /// What was confirmed holds no longer.
  func forgetConfirmation() { confirmed = nil }

  /// The card loses its state at the end of this visit.
  func resetAtEnd() { mustReset = true }
}

// Not in the class itself, where it would be in every program that has a session.
extension Session {
  convenience init(activating transport: Transport) throws(CardError) {
    let channel = try Self.begin(transport)
    let application: ApplicationData
    do throws(CardError) {
      try Self.activate(channel)
      application = try Self.select(channel)
    } catch {
      transport.endTransaction(.leave)
      throw error
    }
    self.init(activated: channel, application)
  }
}
