import CSystem
import FoundationEssentials
import Initramfs

/// Where a path leads, through the links of a tree.
enum LinkedPath {
  /// As many as Linux follows.
  private static let mostLinks = 40

  /// - Parameters:
  ///   - path: without a slash in front.
  ///   - link: the target of a path that is a link; nil for all others.
  /// - Returns: a path without links and dots, and without a slash in front; nil where links go in circles.
  static func end(of path: String, link: (String) -> String?) -> String? {
    var rest = parts(path)
    var end: [String] = []
    var links = 0
    while let part = rest.popLast() {
      if part == ".." {
        _ = end.popLast()
        continue
      }
      end.append(part)
      guard let target = link(end.joined(separator: "/")) else { continue }
      links += 1
      guard links <= mostLinks else { return nil }
      if target.hasPrefix("/") { end = [] } else { end.removeLast() }
      rest += parts(target)
    }
    return end.joined(separator: "/")
  }

  /// The last part first.
  private static func parts(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  /// The target of a link below a system's root.
  static func target(of path: String, root: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/" + path)
  }

  /// The permission bits of a file or folder of a system; nil if there is none.
  static func mode(of path: String, root: String) -> UInt32? {
    var status = stat()
    // Safe: a C string for the call, and a structure of ours.
    guard unsafe lstat(root + "/" + path, &status) == 0 else { return nil }
    return UInt32(status.st_mode) & 0o7777
  }

  /// Where a path leads on a system, by its own links alone.
  static func end(of path: String, root: String) -> String? {
    end(of: path) { target(of: $0, root: root) }
  }

  /// Where a path leads within an image.
  static func end(of path: String, in listing: ImageListing) -> String? {
    end(of: path) { name in
      guard case .link(let target) = listing[Array(name.utf8)]?.content else { return nil }
      return String(decoding: target, as: UTF8.self)
    }
  }
}
