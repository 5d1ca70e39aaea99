import Foundation
import Glibc

/// A folder of its own, with a path short enough for sockets in it, removed with everything in it
/// when this value's life ends.
public final class TemporaryFolder: Sendable {
  /// Its path, without a slash at the end.
  public let path: String

  /// Where all of them are: in memory where there is much of it, as cards, journals and packages are synced
  /// without end; else under /tmp.
  public static let place = isFit("/dev/shm") ? "/dev/shm" : "/tmp"

  /// Whether it has room for gigabytes, which tests may run programs and open devices in.
  private static func isFit(_ folder: String) -> Bool {
    var status = statvfs()
    // Safe: the paths are terminated copies, and the status is ours.
    guard unsafe statvfs(folder, &status) == 0, unsafe access(folder, W_OK) == 0
    else { return false }
    // ST_RDONLY, ST_NODEV and ST_NOEXEC of statvfs(3).
    let refused: UInt = 1 | 4 | 8
    return status.f_flag & refused == 0 && status.f_bavail * status.f_frsize >= 4 << 30
  }

  /// Makes it, readable by this user only.
  public init() throws {
    var template = Array("\(Self.place)/lk-XXXXXX".utf8CString)
    // Safe: the template is ours and terminated.
    guard unsafe mkdtemp(&template) != nil else { throw TestSupportError("no temporary folder") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name in it.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file in it and gives its path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Writes a file in it and gives its path.
  @discardableResult
  public func write(_ name: String, bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }
}

/// What went wrong in preparing a test.
public struct TestSupportError: Error, CustomStringConvertible {
  /// In words.
  public let description: String

  /// With these words.
  public init(_ description: String) { self.description = description }
}
