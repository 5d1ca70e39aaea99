import Foundation
import Glibc

/// A folder of its own, with a path short enough for sockets in it, removed with everything in it
/// when this value's life ends.
public final class TemporaryFolder: Sendable {
  /// Its path, without a slash at the end.
  public let path: String

  /// Makes it under /tmp, readable by this user only.
  public init() throws {
    var template = Array("/tmp/lk-XXXXXX".utf8CString)
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
