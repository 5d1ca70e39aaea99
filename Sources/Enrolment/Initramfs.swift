import CSystem

/// The system's program that makes its initramfs anew, for every kernel that is installed: an older one
/// shall open the volume too.
public struct Initramfs: Equatable, Sendable {
  /// Its path.
  public let program: String
  /// What it is called with.
  public let arguments: [String]

  /// Why it did not make one.
  public enum Failure: Error, Equatable, Sendable {
    /// It could not be started; errno.
    case start(errno: Int32)
    /// It ended with that exit code, or 128 and a signal's number.
    case ended(status: Int32)
  }

  /// The programs that are known, the first that is there is the system's.
  private static let known: [(name: String, arguments: [String])] = [
    ("update-initramfs", ["-u", "-k", "all"]),
    ("dracut", ["--force", "--regenerate-all"]),
    ("mkinitcpio", ["-P"]),
  ]
  /// Where a system keeps them.
  public static let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  /// The program at a path, called as its name wants it; one of another name is called as it is.
  public init(program: String) {
    self.program = program
    let name = program.utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) } ?? []
    arguments = Self.known.first { Array($0.name.utf8) == name }?.arguments ?? []
  }

  /// The one that a system has.
  /// - Parameter folders: where to look.
  public static func find(in folders: [String] = folders) -> Initramfs? {
    for known in known {
      for folder in folders {
        let path = folder + "/" + known.name
        // Safe: a C string for the call.
        if unsafe access(path, X_OK) == 0 { return Initramfs(program: path) }
      }
    }
    return nil
  }

  /// As it is typed.
  public var command: String { ([program] + arguments).joined(separator: " ") }

  /// Runs it, without a shell, and waits. What it says goes to standard error.
  /// - Throws: ``Failure``.
  public func renew() throws(Failure) {
    // Safe: the copies are freed below.
    var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    // Safe: the words are C strings and end with a null pointer, as the call wants them.
    let status = unsafe system_run(program, words)
    // Safe: each was made by strdup above, and is freed once.
    unsafe words.forEach { unsafe free($0) }
    guard status >= 0 else { throw .start(errno: -status) }
    guard status == 0 else { throw .ended(status: status) }
  }
}
