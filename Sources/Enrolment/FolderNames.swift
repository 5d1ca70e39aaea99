import CSystem

/// What is in a folder.
enum FolderNames {
  /// All names but those that begin with a dot, in no order; none where it can't be read.
  static func all(in folder: String) -> [String] {
    // Safe: a C string for the call; the folder is closed.
    guard let listing = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(listing) }
    var names: [String] = []
    while let entry = unsafe readdir(listing) {
      // Safe: a name in a folder's entry is a C string of at most 256 bytes.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
