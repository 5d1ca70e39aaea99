/// The files of a built initramfs as the kernel has them, the short ones with their content.
public struct ImageTree: Sendable {
  /// A file, a folder or a link.
  public struct Node: Sendable {
    /// Type and permissions, as in stat(2).
    public let mode: UInt32
    /// Whose it is.
    public let owner: ImageListing.Owner
    /// A file's bytes, a link's target; nil of a large file.
    public let content: [UInt8]?

    var isLink: Bool { mode & 0o170000 == 0o120000 }
    var isFile: Bool { mode & 0o170000 == 0o100000 }
    /// Whether others than root could have written it.
    var isWritableByOthers: Bool { owner.user != 0 || mode & 0o022 != 0 }
  }

  /// By path, without a slash or dot in front.
  public private(set) var nodes: [String: Node] = [:]

  /// Files up to this size are kept, and of all together so much: enough for settings, records, and the
  /// libraries that are looked into.
  private static let largest = 1 << 20
  private static let limit = 64 << 20

  /// Reads an image; see ``ImageReader``.
  /// - Throws: ``ImageError``.
  public init(image path: String) throws(ImageError) {
    var contents: [[UInt8]: [UInt8]] = [:]
    var rest = Self.limit
    let listing = try ImageListing(image: path) { path, size in
      // Modules are most of an image, and only their names matter.
      size <= min(Self.largest, rest) && !path.starts(with: "usr/lib/modules/".utf8)
        || path.suffix(8).elementsEqual(".builtin".utf8) && size <= rest
    } look: { file in
      guard let bytes = file.bytes, contents[file.digest] == nil else { return }
      rest -= bytes.count
      contents[file.digest] = bytes
    }
    for entry in listing.entries {
      let content: [UInt8]? =
        switch entry.content {
        case .file(let digest): contents[digest]
        case .link(let target): target
        case .device, .other: []
        }
      nodes[String(decoding: entry.path, as: UTF8.self)] = Node(
        mode: entry.mode, owner: entry.owner, content: content)
    }
  }

  /// The node that a path leads to, through links; nil if there is none.
  public func node(_ path: String) -> Node? {
    var rest = Self.parts(path)[...]
    var done: [String] = []
    var links = 0
    while let part = rest.popFirst() {
      if part == ".." {
        _ = done.popLast()
        continue
      }
      guard let node = nodes[(done + [part]).joined(separator: "/")] else { return nil }
      guard node.isLink else {
        done.append(part)
        continue
      }
      links += 1
      guard links <= 40, let content = node.content else { return nil }
      let target = String(decoding: content, as: UTF8.self)
      if target.hasPrefix("/") { done = [] }
      rest = Self.parts(target) + rest
    }
    return nodes[done.joined(separator: "/")]
  }

  /// The text of a file; nil if there is none, or it is large.
  public func text(_ path: String) -> String? {
    guard let node = node(path), node.isFile, let content = node.content else { return nil }
    return String(decoding: content, as: UTF8.self)
  }

  private static func parts(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }
}
