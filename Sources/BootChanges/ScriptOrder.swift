import Initramfs

/// `scripts/FOLDER/ORDER`, a shell's text that runs the scripts of that folder, as cache_run_scripts of
/// initramfs-tools writes it: two lines a script.
struct ScriptOrder {
  private let folder: String
  private let names: [Substring]

  /// - Parameter path: in the image.
  /// - Returns: nil for another file, or another form.
  init?(of path: String, _ text: [UInt8]) {
    let parts = path.split(separator: "/")
    guard parts.count >= 2, parts.first == "scripts", parts.last == "ORDER",
      let lines = wholeLines(text), lines.count % 2 == 0
    else { return nil }
    folder = parts.dropLast().joined(separator: "/")
    var names: [Substring] = []
    for (number, line) in lines.enumerated() {
      if number % 2 == 1 {
        guard line == "[ -e /conf/param.conf ] && . /conf/param.conf" else { return nil }
        continue
      }
      let (start, end) = ("/\(folder)/", " \"$@\"")
      guard line.hasPrefix(start), line.hasSuffix(end), line.count > start.count + end.count
      else { return nil }
      let name = line.dropFirst(start.count).dropLast(end.count)
      guard name.isPlain(), name != ".", name != "..", name != "ORDER", !names.contains(name)
      else { return nil }
      names.append(name)
    }
    self.names = names
  }

  /// Whether each script is a file of its folder that can be run, and none is left out that this system has
  /// for it.
  func isOf(_ listing: ImageListing, root: String) -> Bool {
    for name in names where !isScript(listing[Array("\(folder)/\(name)".utf8)]) { return false }
    let start = Array((folder + "/").utf8)
    return listing.entries.allSatisfy { entry in
      guard entry.path.starts(with: start), isScript(entry) else { return true }
      let name = String(decoding: entry.path.dropFirst(start.count), as: UTF8.self)
      return names.contains { $0 == name } || name.contains("/") || !isScriptHere(name, root)
    }
  }

  private func isScript(_ entry: ImageListing.Entry?) -> Bool {
    guard let entry, case .file = entry.content else { return false }
    return entry.mode & 0o111 != 0
  }

  private func isScriptHere(_ name: String, _ root: String) -> Bool {
    ["etc/initramfs-tools/", "usr/share/initramfs-tools/"].contains { start in
      LinkedPath.mode(of: start + folder + "/" + name, root: root).map { $0 & 0o111 != 0 } ?? false
    }
  }
}
