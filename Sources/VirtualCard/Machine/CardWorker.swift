import Dispatch
import Glibc

/// The card on a thread of its own, as its operations may take seconds, while the reader goes on asking the
/// host for time.
final class CardWorker: @unchecked Sendable {
  /// What the card said, and to which command.
  struct Answer {
    let number: Int
    let bytes: [UInt8]
  }

  // Safe to share: the card and the trace are touched on the queue only, the answers under the lock, and
  // the pipe's ends never change.
  private let card: VirtualCard
  private let trace: APDUTrace?
  private let queue = DispatchQueue(label: "card")
  private let lock = DispatchSemaphore(value: 1)
  private var answers: [Answer] = []
  private let ends: (read: CInt, write: CInt)

  init(_ card: VirtualCard, trace: APDUTrace?) throws(MachineFailure) {
    self.card = card
    self.trace = trace
    var ends: [CInt] = [-1, -1]
    // Safe: pipe writes two descriptors, for which there is room.
    guard unsafe pipe(&ends) == 0 else { throw .broken("no pipe") }
    self.ends = (ends[0], ends[1])
  }

  deinit {
    close(ends.read)
    close(ends.write)
  }

  /// Becomes readable when there is an answer.
  var descriptor: CInt { ends.read }

  /// Gives the card power, or resets it.
  func powerOn() {
    queue.async {
      self.trace?.note(event: "power on")
      self.card.reset()
    }
  }

  /// Takes its power.
  func powerOff() {
    queue.async {
      self.trace?.note(event: "power off")
      self.card.powerOff()
    }
  }

  /// Has the card run a command; ``next()`` gives the answer.
  func run(_ command: [UInt8], number: Int) {
    queue.async {
      let clock = ContinuousClock()
      let start = clock.now
      let bytes = self.card.process(command)
      self.trace?.note(
        command, bytes, milliseconds: start.duration(to: clock.now) / .milliseconds(1))
      self.lock.wait()
      self.answers.append(Answer(number: number, bytes: bytes))
      self.lock.signal()
      var byte: UInt8 = 0
      // Safe: one byte, ours.
      _ = unsafe write(self.ends.write, &byte, 1)
    }
  }

  /// The next answer, once ``descriptor`` is readable.
  func next() -> Answer? {
    var byte: UInt8 = 0
    // Safe: one byte, ours.
    _ = unsafe read(ends.read, &byte, 1)
    lock.wait()
    defer { lock.signal() }
    return answers.isEmpty ? nil : answers.removeFirst()
  }

  /// Waits until the card has done what it was told.
  func finish() { queue.sync {} }
}
