/// A card in the reader that QEMU plays: `-device usb-ccid -device ccid-card-passthru`, whose socket it
/// connects to.
public struct VSCARDConnection: ~Copyable {
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
  ) throws(MachineFailure) -> VSCARDConnection? {
    guard let socket = try MachineSocket.open(path, patience: patience, stop: stop) else {
      return nil
    }
    return VSCARDConnection(socket, stop: stop)
  }

  private init(_ socket: consuming MachineSocket, stop: CInt) {
    self.socket = socket
    self.stop = stop
  }

  /// Lets the card answer the reader until one of them ends it. The reader stays where it is: plugging and
  /// pulling are the card's.
  /// - Parameters:
  ///   - card: used by nobody else meanwhile.
  ///   - hands: a descriptor that brings a ``Hand`` a byte; negative for none.
  public consuming func serve(
    _ card: VirtualCard, _ schedule: Schedule = Schedule(), hands: CInt = -1, trace: APDUTrace?
  ) throws(MachineFailure) -> MachineEnding {
    let worker = try CardWorker(card, trace: trace)
    defer { worker.finish() }
    let stop = stop
    var service = VSCARDService(
      link: VSCARDLink(answerToReset: card.answerToReset),
      events: MachineEvents(socket, worker, stop: stop, hands: hands), schedule: schedule)
    return try service.run()
  }
}

/// One connection while it lasts.
private struct VSCARDService: ~Copyable {
  private var link: VSCARDLink
  private let events: MachineEvents
  private var stream = VSCARDStream()
  private var steps: [(time: Int, step: Schedule.Step)]
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init(link: VSCARDLink, events: consuming MachineEvents, schedule: Schedule) {
    self.link = link
    self.events = events
    // The card comes once, when both its times have come.
    steps = schedule.steps.filter { $0.step == .pull }
    steps.append((max(schedule.plugAfter, schedule.insertAfter), .insert))
    steps.sort { $0.time < $1.time }
    start = clock.now
  }

  private var now: Int { Int(start.duration(to: clock.now) / .milliseconds(1)) }

  mutating func run() throws(MachineFailure) -> MachineEnding {
    try events.socket.send(link.greeting().bytes)
    while true {
      while link.isReady, let next = steps.first, next.time <= now {
        steps.removeFirst()
        try perform(next.step == .pull ? link.remove() : link.insert())
      }
      let wait = link.isReady ? steps.first.map { $0.time - now } : nil
      switch try events.next(within: wait) {
      case .stopped: return .stopped
      case .closed: return .machineGone
      case .late: break
      case .hand(.pull): try perform(link.remove())
      case .hand(.plug): try perform(link.insert())
      case .answered(let answer):
        try perform(link.cardAnswered(answer.bytes, to: answer.number))
      case .received(let bytes): try receive(bytes)
      }
    }
  }

  private mutating func receive(_ bytes: [UInt8]) throws(MachineFailure) {
    stream.append(bytes)
    while true {
      let message: VSCARDMessage?
      do throws(VSCARDStream.Nonsense) {
        message = try stream.next()
      } catch {
        throw .nonsense("VSCARD")
      }
      guard let message else { return }
      try perform(link.receive(message))
      if link.isRefused { throw .broken("the machine has no room for a reader") }
    }
  }

  private func perform(_ effects: [VSCARDLink.Effect]) throws(MachineFailure) {
    for effect in effects {
      switch effect {
      case .send(let message): try events.socket.send(message.bytes)
      case .powerOn: events.worker.powerOn()
      case .powerOff: events.worker.powerOff()
      case .run(let apdu, let number): events.worker.run(apdu, number: number)
      }
    }
  }
}
