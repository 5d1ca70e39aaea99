import CSystem
import FoundationEssentials
import Storage

/// A /boot that may be mounted read-only, and is made writable only for as long as something is written.
struct WritableBoot {
  /// The folder's path, without links.
  private let path: String
  /// The path as the person gave it.
  private let given: String

  init(_ boot: String) {
    given = boot
    // Safe: a C string for the call, which allocates what it gives; freed here.
    let resolved = unsafe realpath(boot, nil)
    path = unsafe resolved.map { unsafe String(cString: $0) } ?? boot
    unsafe free(resolved)
  }

  /// Runs what writes to it. A /boot that is a mount of its own and read-only is mounted writable first, and
  /// read-only again afterwards, whatever comes in between; both are said. Ctrl-C waits.
  func whileWriting<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    var ending = sigset_t()
    var before = sigset_t()
    // Safe: the sets are ours, here and below.
    _ = unsafe sigemptyset(&ending)
    for signal in [SIGINT, SIGTERM, SIGHUP] { _ = unsafe sigaddset(&ending, signal) }
    _ = unsafe pthread_sigmask(SIG_BLOCK, &ending, &before)
    defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    guard let option = readOnlyOption else { return try body() }
    guard Self.mount(option + "rw", path) == 0 else {
      throw Failure(
        .system, "\(place) is mounted read-only, and could not be mounted writable",
        next:
          "Nothing was written. Mount it writable (mount -o remount,rw \(place)) and run this again."
      )
    }
    Output.note("\(place) was mounted read-only: it is writable while it is written to.")
    defer {
      let back = option + "ro"
      if Self.mount(back, path) == 0 {
        Output.note("\(place) is mounted read-only again.")
      } else {
        Output.note(
          "\(place) could not be mounted read-only again. Do it yourself: mount -o \(back) \(place)"
        )
      }
    }
    return try body()
  }

  private var place: String { Escaped.text(given) }

  /// What mount(8) is told before `rw` or `ro`; nil where it is writable, or no mount of its own: what lies
  /// in another file system is not ours to change.
  private var readOnlyOption: String? {
    guard let bytes = try? DurableFile.read("/proc/self/mountinfo", limit: 16 << 20) else {
      return nil
    }
    let text = String(decoding: bytes, as: UTF8.self)
    // proc(5): the mount point is the fifth field, its options the sixth; behind the lone dash come type,
    // source, and the file system's own options. The last line of a mount point is the one that is seen.
    let wanted = Self.escaped(path)
    let line = text.split(separator: "\n").last { line in
      let fields = line.split(separator: " ")
      return fields.count > 9 && fields[4] == wanted
    }
    guard let fields = line?.split(separator: " "), let own = fields.last else { return nil }
    func isReadOnly(_ options: Substring) -> Bool { options.split(separator: ",").contains("ro") }
    // A bind mount can be read-only where its file system isn't: that is left as it is.
    if isReadOnly(own) { return "remount," }
    return isReadOnly(fields[5]) ? "remount,bind," : nil
  }

  /// A path as mountinfo has it.
  private static func escaped(_ path: String) -> String {
    var text: [UInt8] = []
    for byte in path.utf8 {
      switch byte {
      case 0x20: text += Array("\\040".utf8)
      case 0x09: text += Array("\\011".utf8)
      case 0x0A: text += Array("\\012".utf8)
      case 0x5C: text += Array("\\134".utf8)
      default: text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// mount(8): its exit code.
  private static func mount(_ options: String, _ path: String) -> Int32 {
    let programs: [String] = ["/usr/bin/mount", "/bin/mount"]
    // Safe: a C string for the call.
    guard let program = programs.first(where: { unsafe access($0, X_OK) == 0 }) else { return -1 }
    // Safe: the copies are freed below, and the list ends with a null pointer, as the call wants it.
    let arguments: [String] = ["mount", "-o", options, path]
    var words = unsafe arguments.map { unsafe strdup($0) }
    unsafe words.append(nil)
    let status = unsafe system_run(program, words)
    // Safe: each was made by strdup above, and is freed once.
    unsafe words.forEach { unsafe free($0) }
    return status
  }
}
