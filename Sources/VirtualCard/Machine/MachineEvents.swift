import Glibc

/// Tells a connection to a virtual machine what happens next, one thing at a time.
struct MachineEvents: ~Copyable {
  /// What happened.
  enum Event {
    /// The machine sent this.
    case received([UInt8])
    /// The machine is gone.
    case closed
    /// Nobody wants it any more.
    case stopped
    /// Somebody pulls it, or plugs it in.
    case hand(Hand)
    /// The card has run a command.
    case answered(CardWorker.Answer)
    /// It is as late as was asked for.
    case late
  }

  let socket: MachineSocket
  let worker: CardWorker
  private let stop: CInt
  private let hands: CInt

  init(_ socket: consuming MachineSocket, _ worker: CardWorker, stop: CInt, hands: CInt) {
    self.socket = socket
    self.worker = worker
    self.stop = stop
    self.hands = hands
  }

  /// Waits.
  /// - Parameter milliseconds: how long at most; nil for ever.
  borrowing func next(within milliseconds: Int?) throws(MachineFailure) -> Event {
    while true {
      var waiting = [stop, hands, worker.descriptor, socket.descriptor].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // Safe: four entries, ours. A negative descriptor is passed over.
      let count = unsafe poll(&waiting, 4, milliseconds.map { CInt(clamping: max(0, $0)) } ?? -1)
      if count == 0 { return .late }
      guard count > 0 else { continue }
      if waiting[0].revents != 0 { return .stopped }
      if waiting[1].revents != 0, let hand = hand() { return .hand(hand) }
      if waiting[2].revents != 0, let answer = worker.next() { return .answered(answer) }
      if waiting[3].revents != 0 {
        let bytes = try socket.receive()
        return bytes.isEmpty ? .closed : .received(bytes)
      }
    }
  }

  private borrowing func hand() -> Hand? {
    var byte: UInt8 = 0
    // Safe: one byte, ours.
    guard unsafe read(hands, &byte, 1) == 1 else { return nil }
    return Hand(rawValue: byte)
  }
}

/// What a person's hand does to a device; on the hands' descriptor, a byte each.
public enum Hand: UInt8, Sendable {
  /// Pulls it.
  case pull = 1
  /// Plugs it in.
  case plug = 2
}
