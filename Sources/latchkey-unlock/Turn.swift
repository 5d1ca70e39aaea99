import CSystem
import Secrets

/// Whose turn it is to ask: one latchkey-unlock at a time, and the newest. Who comes to ask over SSH takes
/// over from the one that waits at the console, which ends with ``ExitCode/takenOver``.
///
/// Two bytes of the file `asking` are locked (fcntl(2)): the first by who asks, the second by who wants
/// to, for as long as the other one needs to let go of its dongle.
final class Turn {
  private let descriptor: Int32
  private static let patience = 30_000

  /// Waits until the one that asks has let go. Without a place for the file there are no turns.
  /// - Parameter folder: where the file is, as `/run/latchkey`; made if needed.
  init(in folder: [UInt8]) {
    let place = folder.cString
    let path = (folder + [UInt8]("/asking")).cString
    // Safe: C strings.
    _ = unsafe mkdir(place, 0o700)
    descriptor = unsafe system_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    if descriptor >= 0, take(1), take(0) { _ = system_lock_byte(descriptor, 1, false) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether another one wants to ask.
  var isWanted: Bool { descriptor >= 0 && system_byte_is_locked(descriptor, 1) }

  private func take(_ byte: Int32) -> Bool {
    let clock = Countdown(Self.patience)
    while !system_lock_byte(descriptor, byte, true) {
      guard clock.remaining > 0 else { return false }
      usleep(20_000)
    }
    return true
  }
}
