import CForeground
import CSystem
import FoundationEssentials

/// What a hook runs in: who comes last and acts, and whether there is somebody to ask.
struct UpgradeRun {
  /// Who looks at /boot in the end.
  enum Last: Equatable {
    /// apt, or what else holds dpkg's lock and calls its hooks.
    case frontend
    /// dpkg, by our package's trigger.
    case trigger
    /// This process, as that trigger.
    case here
    /// Nobody: update-initramfs or a kernel's hooks by hand, which go on when this process has ended.
    case nobody
  }

  /// Environment variables.
  let environment: [String: String]

  /// That of this process.
  static var current: UpgradeRun { UpgradeRun(environment: ProcessInfo.processInfo.environment) }

  /// Who comes last. dpkg names the package whose script runs, and its frontends say that they hold its lock
  /// (dpkg(1), ENVIRONMENT). The trigger of initramfs-tools empties the name.
  var last: Last {
    if environment["DPKG_FRONTEND_LOCKED"] != nil { return .frontend }
    guard environment["DPKG_RUNNING_VERSION"] != nil else { return .nobody }
    return environment["DPKG_MAINTSCRIPT_PACKAGE"] == "latchkey" ? .here : .trigger
  }

  /// Whether questions are wanted at all, as debconf would have it: not in a run that says it is nobody's,
  /// nor behind a window.
  var isForPeople: Bool {
    guard let frontend = environment["DEBIAN_FRONTEND"], !frontend.isEmpty else { return true }
    return ["dialog", "whiptail", "readline", "editor", "teletype", "text"]
      .contains(frontend.lowercased())
  }

  /// The terminal on which somebody can be asked now, open; nil if nobody sits there: no controlling
  /// terminal, one that this process is not in front of, or standard input that comes from elsewhere.
  func terminal() -> Int32? {
    guard isForPeople, isatty(0) == 1 else { return nil }
    // Safe: a constant C string; whoever gets the descriptor closes it.
    let terminal = unsafe system_open("/dev/tty", O_RDWR | O_NOCTTY, 0)
    guard terminal >= 0 else { return nil }
    guard foreground_is_ours(terminal) else {
      close(terminal)
      return nil
    }
    return terminal
  }

  /// Has dpkg call our package's trigger when it has done everything else.
  static func activateTrigger() throws(Failure) {
    let status = run(
      "/usr/bin/dpkg-trigger", ["--by-package=latchkey", "--no-await", "latchkey-boot"])
    guard status == 0 else {
      throw Failure(
        .system, "dpkg-trigger does not work, so that nobody will look at /boot in the end",
        next: "Run latchkey sign when dpkg is done.")
    }
  }

  /// Runs a program without a shell; what it says goes to standard error.
  /// - Returns: as `system_run`.
  static func run(_ path: String, _ arguments: [String]) -> Int32 {
    // Safe: the copies are freed below.
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    // Safe: the words are C strings and end with a null pointer, as the call wants them.
    let status = unsafe system_run(path, words)
    // Safe: each was made by strdup above, and is freed once.
    unsafe words.forEach { unsafe free($0) }
    return status
  }

  /// Runs this program once more, in front of the terminal.
  /// - Parameter seconds: after so many it is ended.
  /// - Returns: as `foreground_run`.
  static func runInFront(of terminal: Int32, _ arguments: [String], seconds: Int) -> Int32 {
    // Safe: the copies are freed below.
    var words = unsafe (["latchkey"] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    // Safe: as in `run`.
    let status = unsafe foreground_run(
      terminal, "/proc/self/exe", words, Int32(clamping: seconds))
    // Safe: as in `run`.
    unsafe words.forEach { unsafe free($0) }
    return status
  }
}
