/// What a directory entry is.
public enum FileType: UInt8, Equatable, Sendable, CaseIterable {
  /// A regular file; a hard link is one like any other.
  case file = 0x66
  /// A folder.
  case folder = 0x64
  /// A symbolic link.
  case link = 0x6C
  /// A named pipe.
  case pipe = 0x70
  /// A socket.
  case socket = 0x73
  /// A character device.
  case characterDevice = 0x63
  /// A block device.
  case blockDevice = 0x62
}

/// One entry under /boot, as one look at it found it.
public struct BootEntry: Equatable, Sendable {
  /// `./` for /boot itself, else `./path`, in the file system's own bytes.
  public let path: [UInt8]
  /// What it is.
  public let type: FileType
  /// The permission bits (at most 0o7777); nil for a link, and where the file system has none
  /// of its own (FAT).
  public let mode: UInt16?
  /// Where a link points; empty for all else.
  public let target: [UInt8]
  /// Bytes of a regular file.
  public let size: Int
  /// What tells this very content from a later one.
  let identity: Identity

  /// Whether Heads leaves it out of both lists: `! -path './kexec*'`, whose `*` crosses `/`.
  public var isLeftOut: Bool { BootEntry.isLeftOut(path.span) }

  /// Whether the record keeps the hash of a file that Heads leaves out: anything beginning with
  /// `kexec` that is neither signed itself nor written by us or, between signings, by Heads.
  var isStray: Bool { isLeftOut && !SetName.isOwn(path) }

  /// Its name if it lies at the top of /boot; nil for all else.
  var topName: [UInt8]? {
    let name = path.dropFirst(2)
    return name.isEmpty || name.contains(0x2F) ? nil : Array(name)
  }

  /// Whether it is unchanged in a later scan; a folder may have got a new time from its content.
  func isSame(as later: BootEntry) -> Bool {
    if type == .folder, later.type == .folder {
      return path == later.path && mode == later.mode
        && identity.device == later.identity.device && identity.inode == later.identity.inode
    }
    return self == later
  }

  static func isLeftOut(_ path: Span<UInt8>) -> Bool {
    path.count >= leftOut.count && path.extracting(..<leftOut.count).equals(leftOut.span)
  }

  private static let leftOut = Array("./kexec".utf8)

  /// Whether Heads refuses the byte in a name.
  static func isForbidden(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x5C || byte >= 0x7F
  }
}

/// All of /boot in one look, in the order of the paths' bytes, /boot itself first.
public struct BootScan: Equatable, Sendable {
  /// The entries; those Heads leaves out of its lists are there too.
  public let entries: [BootEntry]

  /// The entries that belong in the lists.
  public var listed: [BootEntry] { entries.filter { !$0.isLeftOut } }

  /// The names Heads refuses, those it leaves out of its lists included.
  public var forbiddenNames: [EscapedName] {
    entries.filter { $0.path.contains(where: BootEntry.isForbidden) }.map { EscapedName($0.path) }
  }
}

/// A scan, and the SHA-256 of each regular file but the set's own.
public struct HashedBoot: Equatable, Sendable {
  /// The scan.
  public let scan: BootScan
  /// One for each of `scan.entries`; nil for what isn't hashed.
  public let digests: [FileDigest?]
}
