internal import LibCrypto
internal import Secrets
internal import SmartCard

/// One held visit to a card: the transaction, what the card said, and whether it is authorized.
///
/// The card and its authorizations share it; when the last of them is gone the transaction ends, with
/// a reset if a PIN went to the card.
final class Session<Transport: CardTransport> {
  let channel: CardChannel<Transport>
  var application: ApplicationData
  /// What has been found to hold in this visit.
  var confirmed: PinnedKey?
  /// FA's content, once it was asked for.
  var algorithmInformation: [UInt8]?
  /// Set before the first PIN byte leaves, so that even a card pulled in between is reset.
  private var mustReset = false
  /// After a command that did not get through, nobody knows whose card this is: nothing more goes out.
  var failure: TransportError?

  init(selecting transport: Transport, _ known: CardLimits? = nil) throws(CardError) {
    let channel = try Self.begin(transport)
    self.channel = channel
    do throws(CardError) {
      application = try Self.select(channel, known)
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
    let status = try send(.getData(0x6E, upTo: 1024))
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

  /// Notes which attributes the card has taken for a slot. The key that was in it may be gone.
  func note(_ attributes: AlgorithmAttributes, of slot: KeySlot) {
    confirmed = nil
    application.attributes[slot.index] = attributes
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

  /// What was confirmed holds no longer.
  func forgetConfirmation() { confirmed = nil }

  /// The card loses its state at the end of this visit.
  func resetAtEnd() { mustReset = true }
}
