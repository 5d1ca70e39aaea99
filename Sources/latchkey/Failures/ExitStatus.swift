/// How a command went, as its exit code. Scripts rely on the numbers: docs/man/latchkey.1 lists them.
enum ExitStatus: Int32 {
  /// Done, and what was checked holds.
  case done = 0
  /// What was checked does not hold: changed, a bad signature, a wrong PIN.
  case doesNotHold = 1
  /// Wrong use: an argument, an answer that wasn't given.
  case wrongUse = 2
  /// No dongle, or not the one asked for.
  case noDongle = 3
  /// The dongle refuses: blocked, touch timed out.
  case dongleRefuses = 4
  /// The system: disk, reader, permissions.
  case system = 5
}
