public import Foundation
import Glibc

/// Ends what tests have started once the process that runs them is gone, however it went: by a failure, by
/// Ctrl-C, by SIGKILL.
///
/// A shell beside it reads the process groups from a pipe. When the pipe breaks off, it ends those that are
/// left. Foundation gives each child a process group of its own, which Ctrl-C at the terminal doesn't reach.
final class ChildWatch: Sendable {
  static let shared = ChildWatch()

  private let pipe: Int32

  private static let script = """
    trap '' INT TERM HUP QUIT
    declare -A groups
    while read -r what group; do
      if [ "$what" = began ]; then groups[$group]=1; else unset "groups[$group]"; fi
    done
    # A number that was given away again belongs to another session.
    session=$(ps -o sid= -p $$ | tr -d ' ')
    for group in "${!groups[@]}"; do pkill -KILL -s "$session" -g "$group"; done
    """

  private init() {
    var ends: [Int32] = [-1, -1]
    // Safe: the array has room for both ends. No child may keep the one that is written to.
    guard unsafe Glibc.pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else {
      preconditionFailure("no pipe for the watch over children")
    }
    pipe = ends[1]
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", Self.script]
    shell.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    do { try shell.run() } catch { preconditionFailure("no watch over children: \(error)") }
  }

  /// A child runs: its process group is ended with this process.
  func began(_ process: Process) { tell("began", process) }

  /// A child has ended, and nothing of its group is left that should be.
  func ended(_ process: Process) { tell("ended", process) }

  private func tell(_ what: String, _ process: Process) {
    let line = Array("\(what) \(process.processIdentifier)\n".utf8)
    // Safe: the bytes are borrowed for the call; a line is shorter than what a pipe takes at once.
    _ = unsafe line.withUnsafeBytes { unsafe write(pipe, $0.baseAddress, $0.count) }
  }
}

extension Process {
  /// Starts it; it is ended at the latest when the tests' own process ends.
  public func runWatched() throws {
    let watch = ChildWatch.shared
    try run()
    watch.began(self)
  }

  /// Ends it and what it has started, if they run.
  public func endGroup() {
    // 0 before it has started: that would be our own group.
    guard processIdentifier > 0 else { return }
    // SIGTERM doesn't reach what blocks it, as children do of a thread that has.
    kill(-processIdentifier, SIGKILL)
    waitUntilExit()
    ChildWatch.shared.ended(self)
  }
}
