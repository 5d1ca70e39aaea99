/// The versions in dpkg's status file: stanzas of `Field: value`, with blank lines between.
struct PackageStatus {
  private var versions: [String: String] = [:]

  /// Reads the file; stanzas without a package or a version tell nothing.
  init(_ bytes: [UInt8]) {
    var package: String?
    var version: String?
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty {
        if let package, let version { versions[package] = version }
        package = nil
        version = nil
      } else if let value = Self.value("Package: ", line) {
        package = value
      } else if let value = Self.value("Version: ", line) {
        version = value
      }
    }
    if let package, let version { versions[package] = version }
  }

  /// The version of the package; empty if it isn't there.
  func version(of package: String) -> String { versions[package] ?? "" }

  private static func value(_ field: String, _ line: ArraySlice<UInt8>) -> String? {
    guard line.starts(with: field.utf8) else { return nil }
    return String(decoding: line.dropFirst(field.utf8.count), as: UTF8.self)
  }
}
