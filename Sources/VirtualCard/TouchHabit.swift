import Glibc
import SmartCard

/// Who touches a card whose key wants it (UIF, §4.4.3.6), and when.
public enum TouchHabit: Equatable, Sendable {
  /// Somebody, after so many milliseconds.
  case after(milliseconds: Int)
  /// Nobody: the card gives up after so many milliseconds, with 6600.
  case never(timeOut: Int)
}

extension VirtualCard {
  /// Waits for the touch that the slot's key wants. Without a habit it is touched at once.
  func awaitTouch(_ slot: Slot) throws(Refusal) { try awaitTouch(state[slot].touch) }

  /// The same by the first byte of D6 to D9.
  func awaitTouch(_ policy: UInt8) throws(Refusal) {
    guard policy != 0, let touchHabit else { return }
    switch touchHabit {
    case .after(let milliseconds):
      usleep(UInt32(clamping: milliseconds * 1000))
    case .never(let timeOut):
      usleep(UInt32(clamping: timeOut * 1000))
      throw Refusal(.touchTimedOut)
    }
  }
}
