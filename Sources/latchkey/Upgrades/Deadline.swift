import CSystem
import Dispatch
import Synchronization

/// Ends the process when a look at /boot takes too long: a read from a disk that doesn't answer can't be ended
/// otherwise.
final class Deadline: Sendable {
  private enum State {
    case waiting
    case over
    case met
  }

  private let state = Mutex(State.waiting)

  /// - Parameters:
  ///   - seconds: how long from now.
  ///   - late: what is done then, before the process ends with that exit code.
  init(seconds: Int, exitCode: Int32, late: @escaping @Sendable () -> Void) {
    // A queue of its own has a thread of its own, whatever all others wait for.
    DispatchQueue(label: "deadline").asyncAfter(deadline: .now() + .seconds(seconds)) { [self] in
      let isLate = state.withLock { state in
        guard state == .waiting else { return false }
        state = .over
        return true
      }
      guard isLate else { return }
      late()
      _exit(exitCode)
    }
  }

  /// Says that what was to be done in time is done. If it was not, this doesn't come back.
  func meet() {
    let isMet = state.withLock { state in
      if state == .waiting { state = .met }
      return state == .met
    }
    while !isMet { pause() }
  }
}
