/// A card as a USB device of a virtual machine: QEMU's `-device usb-redir`, whose socket it connects to.
public struct USBRedirConnection: ~Copyable {
  private let socket: MachineSocket
  private let stop: CInt

  /// Connects, trying again while nothing listens.
  /// - Parameters:
  ///   - path: the socket of QEMU's chardev.
  ///   - patience: how many milliseconds to keep trying.
  ///   - stop: a descriptor that becomes readable when serving shall end.
  /// - Returns: nil if it was stopped meanwhile.
  public static func open(
    _ path: String, patience: Int, stop: CInt
  ) throws(MachineFailure) -> USBRedirConnection? {
    guard let socket = try MachineSocket.open(path, patience: patience, stop: stop) else {
      return nil
    }
    return USBRedirConnection(socket, stop: stop)
  }

  private init(_ socket: consuming MachineSocket, stop: CInt) {
    self.socket = socket
    self.stop = stop
  }

  /// Lets the card be that device until one of them ends it.
  /// - Parameters:
  ///   - card: used by nobody else meanwhile.
  ///   - pad: what is typed on the device's pad, where it has one.
  ///   - hands: a descriptor that brings a ``Hand`` a byte; negative for none.
  public consuming func serve(
    _ card: VirtualCard, as device: USBDevice, _ schedule: Schedule = Schedule(),
    pad: PINPadScript = PINPadScript(), hands: CInt = -1, trace: APDUTrace?
  ) throws(MachineFailure) -> MachineEnding {
    let worker = try CardWorker(card, trace: trace)
    defer { worker.finish() }
    let token = USBToken(
      device, answerToReset: card.answerToReset, hasCard: schedule.insertAfter == 0)
    let stop = stop
    var service = USBService(
      token: token, events: MachineEvents(socket, worker, stop: stop, hands: hands),
      schedule: schedule, pad: pad)
    return try service.run()
  }
}

/// One connection while it lasts.
private struct USBService: ~Copyable {
  private var token: USBToken
  private let events: MachineEvents
  private let schedule: Schedule
  private var pad: PINPadScript
  private var stream = USBRedirStream()
  private var steps: [(time: Int, step: Schedule.Step)]
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  /// What the card said, until as many time extensions are asked for as shall be.
  private var held: (answer: CardWorker.Answer, extensions: Int)?
  /// What is typed on the pad, and when.
  private var typing: (time: Int, answer: PINEntry.Answer, number: Int)?
  /// When the host is asked for more time, while a command waits.
  private var extensionTime = Int.max

  /// How often a reader asks for more time, in milliseconds; hosts wait for seconds.
  private static let extensionPeriod = 500
  /// The same where it is asked for without need.
  private static let playedPeriod = 100

  init(
    token: USBToken, events: consuming MachineEvents, schedule: Schedule, pad: PINPadScript
  ) {
    self.token = token
    self.events = events
    self.schedule = schedule
    self.pad = pad
    steps = schedule.steps
    start = clock.now
  }

  private var now: Int { Int(start.duration(to: clock.now) / .milliseconds(1)) }

  mutating func run() throws(MachineFailure) -> MachineEnding {
    try events.socket.send(token.greeting().bytes(wide: false))
    while true {
      try play()
      switch try events.next(within: wait) {
      case .stopped: return .stopped
      case .closed: return .machineGone
      case .late: break
      case .hand(.pull): try perform(token.pull())
      case .hand(.plug): try perform(token.plugIn())
      case .received(let bytes): try receive(bytes)
      case .answered(let answer):
        held = (answer, schedule.timeExtensions)
        if schedule.timeExtensions > 0 { extensionTime = now }
      }
    }
  }

  /// How long nothing is to be done.
  private var wait: Int? {
    var times = [extensionTime]
    if token.isKnown, let first = steps.first { times.append(first.time) }
    if let typing { times.append(typing.time) }
    return times.min().flatMap { $0 == Int.max ? nil : max(0, $0 - now) }
  }

  /// Does what is due.
  private mutating func play() throws(MachineFailure) {
    while token.isKnown, let next = steps.first, next.time <= now {
      steps.removeFirst()
      switch next.step {
      case .plug: try perform(token.plugIn())
      case .insert: try perform(token.insertCard())
      case .pull: try perform(token.pull())
      }
    }
    if let typing, typing.time <= now {
      self.typing = nil
      try perform(token.padAnswered(typing.answer, to: typing.number))
    }
    if let held, held.extensions == 0 {
      self.held = nil
      try perform(token.cardAnswered(held.answer.bytes, to: held.answer.number))
      if !token.isBusy { extensionTime = .max }
    }
    if extensionTime <= now {
      held?.extensions -= 1
      extensionTime = now + (held == nil ? Self.extensionPeriod : Self.playedPeriod)
      try perform(token.timeExtension())
      if !token.isBusy { extensionTime = .max }
    }
  }

  private mutating func receive(_ bytes: [UInt8]) throws(MachineFailure) {
    stream.append(bytes)
    while true {
      let message: USBRedirMessage?
      do throws(USBRedirStream.Nonsense) {
        message = try stream.next()
      } catch {
        throw .nonsense("usbredir")
      }
      guard let message else { return }
      try perform(token.receive(message))
      stream.isWide = token.isWide
    }
  }

  private mutating func perform(_ effects: [USBToken.Effect]) throws(MachineFailure) {
    for effect in effects {
      switch effect {
      case .send(let message): try events.socket.send(message.bytes(wide: token.isWide))
      case .powerOn: events.worker.powerOn()
      case .powerOff: events.worker.powerOff()
      case .run(let apdu, let number):
        events.worker.run(apdu, number: number)
        extensionTime = now + Self.extensionPeriod
      case .askPad(let entry, let number):
        let next = pad.next(entry.count)
        typing = (now + next.milliseconds, next.answer, number)
        extensionTime = .max
      }
    }
  }
}
