import CSystem
import LibCrypto
import Secrets

/// The program's start: SwiftPM links `main` to this name. All secrets live and end within ``unlock(_:)``, as
/// leaving by exit() runs no deinit.
@c(latchkey_unlock_main)
public func main(
  _ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  // A reader that goes away must not end us with secrets in memory.
  system_ignore_broken_pipes()
  guard hardenProcess() else {
    say("the kernel refuses to keep this process's memory to itself")
    return ExitCode.system
  }
  guard let arguments = unsafe Arguments(count, values) else { return ExitCode.usage }
  system_use_one_heap()
  startBareLibCrypto()
  let code = unlock(arguments)
  wipeStack()
  return code
}

/// What the exit codes mean; the same for all programs of this project.
enum ExitCode {
  static let done: Int32 = 0
  /// What was checked does not hold: a wrong PIN, a changed blob, a card that did not prove itself.
  static let mismatch: Int32 = 1
  static let usage: Int32 = 2
  /// No dongle, or not one of those asked for.
  static let noDongle: Int32 = 3
  /// A dongle that refuses: blocked, touch timed out, its last try not confirmed.
  static let refused: Int32 = 4
  /// The system: files, reader, permissions.
  static let system: Int32 = 5
  /// The person chose the passphrase: an empty PIN, Ctrl-C, or the time was over.
  static let passphrase: Int32 = 6
  /// Another latchkey-unlock asks now.
  static let takenOver: Int32 = 7
  /// Ended by a signal.
  static func signal(_ number: Int32) -> Int32 { 128 + number }
}
