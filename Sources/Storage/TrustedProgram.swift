import CSystem

/// A program that root may start: found without PATH, and written by nobody but root.
public enum TrustedProgram {
  /// Where a system's own programs are.
  public static let folders: [String] = ["/usr/bin", "/bin"]

  /// The path of a program, without links.
  /// - Parameters:
  ///   - name: without a slash.
  ///   - folders: where it is looked for, in this order.
  /// - Returns: nil where there is none, or where others than root and this user can write it or a folder
  ///   above it.
  public static func path(_ name: String, in folders: [String] = folders) -> String? {
    for folder in folders {
      // Safe: a C string for the call; what it returns is freed below.
      guard let found = unsafe realpath(folder + "/" + name, nil) else { continue }
      let path = unsafe String(cString: found)
      unsafe free(found)
      if isTrusted(path) { return path }
    }
    return nil
  }

  private static func isTrusted(_ path: String) -> Bool {
    var status = stat()
    // Safe: a C string for the call, and a structure of ours.
    guard unsafe stat(path, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG),
      unsafe access(path, X_OK) == 0, DurableFile.isOurs(status)
    else { return false }
    var folder = path[...]
    while let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")) {
      folder = folder[..<slash]
      guard unsafe stat(folder.isEmpty ? "/" : String(folder), &status) == 0,
        DurableFile.isOurs(status)
      else { return false }
    }
    return true
  }
}
