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
    /// This process.
    case here
  }

  /// Environment variables.
  let environment: [String: String]

  /// That of this process.
  static var current: UpgradeRun { UpgradeRun(environment: ProcessInfo.processInfo.environment) }

  /// Who comes last. dpkg names the package whose script runs; its frontends say that they hold its lock
  /// (dpkg(1), ENVIRONMENT).
  var last: Last {
    if environment["DPKG_FRONTEND_LOCKED"] != nil { return .frontend }
    switch environment["DPKG_MAINTSCRIPT_PACKAGE"] {
    case nil, "": return .here
    case "latchkey": return .here
    default: return .trigger
    }
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
    guard foreground_is_ours(terminal), !isOneOfSeveral else {
      close(terminal)
      return nil
    }
    return terminal
  }

  /// Whether `update-initramfs -k all`, which calls the hook for each kernel, is above this process: a
  /// question for each would be one too many.
  private var isOneOfSeveral: Bool {
    var process = getppid()
    for _ in 0..<6 where process > 1 {
      let words = Self.words(of: process)
      if words.contains(where: { $0.hasSuffix("update-initramfs") }) {
        return words.contains("all") || words.contains("-kall")
      }
      guard let parent = Self.parent(of: process) else { return false }
      process = parent
    }
    return false
  }

  private static func words(of process: Int32) -> [String] {
    let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func parent(of process: Int32) -> Int32? {
    let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
    // The name before it, in brackets, may hold anything.
    let text = String(decoding: data, as: UTF8.self)
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: bracket)...].split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
  }

  /// Has dpkg call our package's trigger when it has done everything else.
  static func activateTrigger() throws(Failure) {
    let status = Self.run("/usr/bin/dpkg-trigger", ["--no-await", "latchkey-boot"])
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
