/// What is wrong with the bytes of a cpio archive.
public enum CPIOFault: Error, Equatable, Sendable {
  /// They don't begin as an archive of the `newc` kind does.
  case notAnArchive
  /// They end before the archive does.
  case truncated
  /// A number in a header isn't hexadecimal.
  case number
  /// An entry's name is empty, has no end, or is longer than any path.
  case name
}

/// One entry of an archive.
public struct CPIOEntry: Equatable, Sendable {
  /// Its path as the archive has it.
  public let name: String
  /// Type and permissions, as in stat(2).
  public let mode: UInt32
  /// Who owns it.
  public let owner: UInt32
  /// Its group.
  public let group: UInt32
  /// Which file it is; the same for all names of one.
  public let inode: UInt32
  /// Where its content lies, counted from the start of the bytes that were read.
  public let content: Range<Int>
}

/// An archive as initramfs images are made of: `newc`, with or without checksums, which nobody checks
/// (the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`).
public struct CPIOArchive: Equatable, Sendable {
  /// What is in it, in its order.
  public let entries: [CPIOEntry]
  /// Where it ends, behind its trailer.
  public let end: Int

  /// The name of the entry that ends an archive.
  static let trailer = "TRAILER!!!"

  /// Whether an archive begins at `start`.
  public static func begins(in bytes: Span<UInt8>, at start: Int) -> Bool {
    guard bytes.count - start >= 6 else { return false }
    for (index, byte) in [UInt8]("07070".utf8).enumerated() where bytes[start + index] != byte {
      return false
    }
    return bytes[start + 5] == UInt8(ascii: "1") || bytes[start + 5] == UInt8(ascii: "2")
  }

  /// Reads the archive that begins at `start`. Never traps, whatever the bytes.
  /// - Throws: ``CPIOFault``.
  public init(in bytes: Span<UInt8>, at start: Int = 0) throws(CPIOFault) {
    var entries: [CPIOEntry] = []
    var place = start
    while true {
      guard Self.begins(in: bytes, at: place) else {
        throw entries.isEmpty && bytes.count - place >= 6 ? .notAnArchive : .truncated
      }
      guard bytes.count - place >= CPIOHeader.size else { throw .truncated }
      var head: [UInt8] = []
      for index in place..<(place + CPIOHeader.size) { head.append(bytes[index]) }
      let header = try CPIOHeader(head)
      let size = header.contentSize
      let nameSize = header.nameSize
      let nameStart = place + CPIOHeader.size
      guard nameSize <= bytes.count - nameStart else { throw .truncated }
      var name: [UInt8] = []
      for index in nameStart..<(nameStart + nameSize - 1) { name.append(bytes[index]) }
      guard bytes[nameStart + nameSize - 1] == 0, !name.contains(0) else { throw .name }
      let contentStart = start + Self.padded(nameStart + nameSize - start)
      guard contentStart <= bytes.count, size <= bytes.count - contentStart else {
        throw .truncated
      }
      let entry = CPIOEntry(
        name: String(decoding: name, as: UTF8.self), mode: header.mode, owner: header.owner,
        group: header.group, inode: header.inode, content: contentStart..<(contentStart + size))
      // What fills the last block up may be cut off.
      place = min(start + Self.padded(contentStart + size - start), bytes.count)
      if entry.name == Self.trailer {
        self.entries = entries
        end = place
        return
      }
      entries.append(entry)
    }
  }

  static func padded(_ size: Int) -> Int { (size + 3) & ~3 }
}
