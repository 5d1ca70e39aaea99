/// What the kernel has in its first root file system once it has unpacked an image (`init/initramfs.c`).
/// Whatever it would unpack in a way that depends on what is there already is refused, but for what
/// makers do: the same folder again, and a file or a link laid over one of an archive before.
struct ImageFiles {
  /// Why an entry is refused.
  enum Fault: Error {
    case archive(CPIOFault)
    case tooLarge
  }

  private var nodes: [[UInt8]: Node] = [:]
  private var files: [File] = []
  private var overlaid: [ImageListing.Entry] = []
  /// The files of this archive that have several names, by what tells them.
  private var links: [CPIOHeader.FileIdentity: Int] = [:]
  private var archive = 0
  private var count = 0
  private var names = 0

  private struct Node {
    let mode: UInt32
    let owner: ImageListing.Owner
    let content: Content
    /// The archive that it is of.
    let archive: Int
  }

  private enum Content {
    /// Its place in `files`.
    case file(Int)
    case other(ImageListing.Content)
  }

  private struct File {
    let mode: UInt32
    let owner: ImageListing.Owner
    var digest: [UInt8] = []
    var isWritten = false
    var names = 1
  }

  /// Whether nothing was unpacked yet.
  var isEmpty: Bool { count == 0 }

  /// All of it.
  var listing: ImageListing {
    let entries = nodes.map { entry($0, $1) }
    let ends = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0) })
    return ImageListing(entries, overlaid: overlaid.filter { ends[$0.path] != $0 })
  }

  private func entry(_ path: [UInt8], _ node: Node) -> ImageListing.Entry {
    let content: ImageListing.Content =
      switch node.content {
      case .file(let index): .file(files[index].digest)
      case .other(let content): content
      }
    return ImageListing.Entry(path: path, mode: node.mode, owner: node.owner, content: content)
  }

  /// An archive ended: the next one's inodes are others.
  mutating func endArchive() throws(Fault) {
    links = [:]
    archive += 1
    guard archive <= ImageLimits.entries else { throw .tooLarge }
  }

  /// An entry, a file's without its content.
  /// - Parameters:
  ///   - name: as the archive has it.
  ///   - target: of a link.
  /// - Returns: its path.
  mutating func add(
    _ header: CPIOHeader, _ name: [UInt8], target: [UInt8]
  ) throws(Fault) -> [UInt8] {
    count += 1
    names += name.count + target.count
    guard count <= ImageLimits.entries, names <= ImageLimits.names else { throw .tooLarge }
    let path: [UInt8]
    do throws(CPIOFault) {
      path = try Self.path(name)
      let content = try Self.content(header, target)
      if path.isEmpty {
        // The root's own. As nobody but root may write to it, it changes nothing.
        guard header.type == 0o040000, header.mode & 0o7022 == 0, header.owner == .root else {
          throw .type
        }
        return path
      }
      try checkParent(of: path)
      try Self.checkBuiltIn(path, header.type, content)
      let before = nodes[path]
      if let before { try check(header, over: before) }
      let file = header.type == 0o100000 ? try self.file(header, over: before) : nil
      if let before { overlaid.append(entry(path, before)) }
      nodes[path] = Node(
        mode: header.mode, owner: header.owner, content: file.map { .file($0) } ?? .other(content),
        archive: archive)
    } catch {
      throw .archive(error)
    }
    return path
  }

  /// What the entry of that path, a file, holds in the archive. Only one of a file's names has its content.
  mutating func write(_ digest: [UInt8], size: Int, to path: [UInt8]) throws(Fault) {
    guard case .file(let index) = nodes[path]?.content else { return }
    guard size > 0 else {
      if !files[index].isWritten { files[index].digest = digest }
      return
    }
    guard !files[index].isWritten else { throw .archive(.hardLink) }
    files[index].digest = digest
    files[index].isWritten = true
  }

  /// Folders are made again, files emptied and filled, links made anew.
  private func check(_ header: CPIOHeader, over before: Node) throws(CPIOFault) {
    guard before.archive != archive else { throw .twice }
    guard before.mode & 0o170000 == header.type,
      [0o040000, 0o100000, 0o120000].contains(header.type)
    else { throw .replaced }
  }

  /// The file that an entry is a name of. The kernel tells names of one file by their inode, if the header
  /// says that there are several. A name that it meets for the first time it opens and empties, together
  /// with whatever other names that file has.
  private mutating func file(_ header: CPIOHeader, over before: Node?) throws(CPIOFault) -> Int {
    var old: Int?
    if case .file(let index) = before?.content { old = index }
    if header.names >= 2, let known = links[header.identity] {
      guard files[known].mode == header.mode, files[known].owner == header.owner else {
        throw .hardLink
      }
      if let old { files[old].names -= 1 }
      files[known].names += 1
      return known
    }
    if let old, files[old].names > 1 { throw .replaced }
    files.append(File(mode: header.mode, owner: header.owner))
    if header.names >= 2 { links[header.identity] = files.count - 1 }
    return files.count - 1
  }

  /// The kernel makes no folders by itself, and follows links: it writes wherever they lead.
  private func checkParent(of path: [UInt8]) throws(CPIOFault) {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return }
    guard let parent = nodes[Array(path[..<slash])], parent.mode & 0o170000 == 0o040000 else {
      throw .parent
    }
  }

  /// What every kernel has before it unpacks anything (`usr/default_cpio_list`) can't become anything else.
  private static func checkBuiltIn(
    _ path: [UInt8], _ type: UInt32, _ content: ImageListing.Content
  ) throws(CPIOFault) {
    switch String(decoding: path, as: UTF8.self) {
    case "dev", "root": guard type == 0o040000 else { throw .replaced }
    case "dev/console":
      guard type == 0o020000, content == .device(major: 5, minor: 1) else { throw .replaced }
    default: break
    }
  }

  /// A path without what `find` puts in front; empty for the root.
  private static func path(_ name: [UInt8]) throws(CPIOFault) -> [UInt8] {
    if name.elementsEqual(".".utf8) { return [] }
    let path = name.starts(with: "./".utf8) ? Array(name.dropFirst(2)) : name
    let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for part in parts {
      guard !part.isEmpty, part.count <= 255, !part.elementsEqual(".".utf8),
        !part.elementsEqual("..".utf8)
      else { throw .name }
    }
    return path
  }

  /// What a type can have. A link's permissions are the kernel's, and it skips folders and devices that come
  /// with a content.
  private static func content(
    _ header: CPIOHeader, _ target: [UInt8]
  ) throws(CPIOFault) -> ImageListing.Content {
    switch header.type {
    case 0o100000: return .file([])
    case 0o120000:
      guard !target.isEmpty, !target.contains(0), header.mode == 0o120777 else { throw .type }
      return .link(target)
    case _ where header.contentSize > 0: throw .type
    case 0o040000: return .other
    // The kernel would take a second name for the first one's file.
    case _ where header.names >= 2: throw .type
    case 0o020000, 0o060000:
      return .device(major: header.device.major, minor: header.device.minor)
    case 0o010000, 0o140000: return .other
    default: throw .type
    }
  }
}
