import Glibc

/// A folder for parsers that read a file by its name in one: in the working directory, which
/// scripts/fuzz makes and removes.
public struct InputFolder: Sendable {
  /// Its path.
  public let path: String

  /// A new folder that nobody else can write to.
  public init() {
    var template = Array("folder-XXXXXX".utf8CString)
    // Safe: the template is ours, ends with a zero, and is changed in place.
    let made = unsafe mkdtemp(&template) != nil
    precondition(made, "cannot make a folder")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Puts `bytes` there as the file of that name.
  public func replace(_ name: String, with bytes: [UInt8]) {
    write(bytes, to: "\(path)/\(name)")
  }
}
