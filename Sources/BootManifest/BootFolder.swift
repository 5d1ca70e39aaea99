import Glibc

/// /boot, or a folder that stands in for it: looked at, hashed, signed and verified.
///
/// Nothing under it is opened by a path that could lead elsewhere: every name is opened relative to
/// its folder's descriptor, and no link is followed. As with find(1), other file systems mounted
/// below are part of it, and so are `lost+found`, pipes, sockets and devices (never opened).
public struct BootFolder: Sendable {
  /// The path it was opened by.
  public let path: EscapedName
  private let opened: Opened
  let calls: FileCalls

  /// Opens the folder at `path`.
  public init(path: String) throws(BootError) {
    try self.init(path: path, calls: .kernel)
  }

  /// The same, with system calls of the caller's.
  package init(path: String, calls: FileCalls) throws(BootError) {
    self.path = EscapedName(path)
    self.calls = calls
    opened = Opened(try Descriptor.folder(at: Array(path.utf8)))
  }

  /// Lends the folder's descriptor.
  func withRoot<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Descriptor) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(opened.descriptor)
  }

  /// The number of the folder's descriptor, open as long as self is.
  var number: Int32 { opened.descriptor.number }

  /// Keeps other processes from signing meanwhile.
  func withLock<Result>(_ body: () throws(BootError) -> Result) throws(BootError) -> Result {
    // A descriptor of its own: a lock belongs to it, and to no other of this process.
    let own = try withRoot { root throws(BootError) in
      try root.folder(Array(".".utf8), path: path.bytes)
    }
    guard flock(own.number, LOCK_EX | LOCK_NB) == 0 else { throw .busy }
    defer { flock(own.number, LOCK_UN) }
    return try body()
  }

  /// One descriptor for all copies of a folder's value.
  private final class Opened: Sendable {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }
}
