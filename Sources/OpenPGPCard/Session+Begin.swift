internal import Secrets
internal import SmartCard

/// How a visit begins: who is it, and how long may commands and answers be.
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

  static func begin(_ transport: Transport) throws(CardError) -> CardChannel<Transport> {
    do throws(TransportError) {
      try transport.beginTransaction()
    } catch {
      throw .transport(error)
    }
    return CardChannel(transport)
  }

  /// SELECT and GET DATA 6E, which is longer than a short answer: it comes in one where the answer to
  /// reset announces that, or `known`, what an earlier visit found. What is announced isn't always so:
  /// where 6E doesn't come well, all begins anew with short lengths, which then stay. No PIN is out yet.
  static func select(
    _ channel: CardChannel<Transport>, _ known: CardLimits? = nil
  ) throws(CardError) -> ApplicationData {
    var canExtend = known?.extendedLengths ?? channel.transport.carriesExtendedLengths
    let announced = known ?? CardLimits(answerToReset: channel.transport.answerToReset)
    if canExtend, announced.extendedLengths {
      channel.limits = announced
      do throws(CardError) {
        return try readApplication(channel)
      } catch {
        switch error {
        case .notOpenPGP, .terminated: throw error
        default: canExtend = false
        }
      }
    }
    channel.limits = .short
    let application = try readApplication(channel)
    // Chains do it then, where the card takes them.
    if !canExtend, channel.limits.chaining { channel.limits.extendedLengths = false }
    return application
  }

  private static func readApplication(
    _ channel: CardChannel<Transport>
  ) throws(CardError) -> ApplicationData {
    let aid = applicationIdentifier
    switch try send(.select, aid.span, channel) {
    case .success: break
    case .terminated, .conditionsNotSatisfied: throw .terminated
    default: throw .notOpenPGP
    }
    var status = try send(.getData(0x6E, upTo: 1024), channel)
    guard status == .success else {
      throw status == .terminated || status == .conditionsNotSatisfied
        ? .terminated : .status(status, ins: 0xCA)
    }
    var objects = try channel.response.withBytes { answer throws(CardError) in
      try ApplicationData.objects(in: answer)
    }
    let isLong = channel.limits.extendedLengths
    // Just what a short answer holds: most likely the rest was cut off.
    if isLong, channel.response.count == 256 { throw .malformed(tag: 0x6E) }
    for tag in ApplicationData.needed where objects[tag] == nil {
      if isLong { throw .malformed(tag: 0x6E) }
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
}
