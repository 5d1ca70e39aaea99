/// Why an archive in an image is none that a maker of images writes. The kernel would unpack some of these
/// in its own way, which is nobody's to guess.
public enum CPIOFault: Error, Equatable, Sendable {
  /// No archive of the `newc` kind is there.
  case notAnArchive
  /// It ends before its trailer does.
  case truncated
  /// A number in a header isn't hexadecimal, or larger than what it stands for can be.
  case number
  /// A name is empty, has no end or several, or is longer than any path; or it has a slash too many, or a
  /// folder `.` or `..` in it.
  case name
  /// An entry lies in a folder that isn't there, or behind a link.
  case parent
  /// An entry is of no known type, or has what its type can't have: a folder with content, a link without.
  case type
  /// A path comes twice in one archive.
  case twice
  /// An entry takes the place of another kind of entry, or of a file that has other names.
  case replaced
  /// Names of one file differ in more than their name, or its content comes twice.
  case hardLink
  /// What fills a block up isn't zeros.
  case padding
  /// A file's checksum isn't that of its content.
  case checksum
}

/// What stands in front of each entry of a `newc` archive: a magic, then thirteen numbers of eight
/// hexadecimal digits (the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`).
struct CPIOHeader {
  /// Which file it is, as names of one file share it.
  struct FileIdentity: Hashable {
    let inode: UInt32
    let major: UInt32
    let minor: UInt32
  }

  /// Bytes of it.
  static let size = 110
  /// The most bytes of a path, its end included.
  private static let maximumName = 4096

  /// Which file it is.
  let identity: FileIdentity
  /// How many names the file has.
  let names: UInt32
  /// Type and permissions, as in stat(2).
  let mode: UInt32
  /// Whose it is.
  let owner: ImageListing.Owner
  /// Bytes of its content.
  let contentSize: Int
  /// Of a device.
  let device: (major: UInt32, minor: UInt32)
  /// Bytes of its path, the zero at the end included.
  let nameSize: Int
  /// The sum of its content's bytes; nil where the archive has none.
  let checksum: UInt32?

  /// The kind of entry.
  var type: UInt32 { mode & 0o170000 }

  /// Reads ``size`` bytes.
  /// - Throws: ``CPIOFault/notAnArchive``, ``CPIOFault/number`` or ``CPIOFault/name``.
  init(_ bytes: ArraySlice<UInt8>) throws(CPIOFault) {
    let start = bytes.startIndex
    guard bytes.count == Self.size, bytes.starts(with: "07070".utf8) else { throw .notAnArchive }
    let kind = bytes[start + 5]
    guard kind == UInt8(ascii: "1") || kind == UInt8(ascii: "2") else { throw .notAnArchive }
    var fields: [UInt32] = []
    for number in 0..<13 {
      var value: UInt32 = 0
      for byte in bytes[(start + 6 + number * 8)..<(start + 14 + number * 8)] {
        guard let digit = Self.digit(byte) else { throw .number }
        value = value << 4 | digit
      }
      fields.append(value)
    }
    identity = FileIdentity(inode: fields[0], major: fields[7], minor: fields[8])
    mode = fields[1]
    owner = ImageListing.Owner(user: fields[2], group: fields[3])
    names = fields[4]
    contentSize = Int(fields[6])
    device = (fields[9], fields[10])
    nameSize = Int(fields[11])
    checksum = kind == UInt8(ascii: "2") ? fields[12] : nil
    // The kernel has sixteen bits for a mode, twelve and twenty for a device, and -1 for no change of owner.
    guard mode <= 0xFFFF, owner.user != .max, owner.group != .max, device.major < 1 << 12,
      device.minor < 1 << 20
    else { throw .number }
    guard nameSize > 1, nameSize <= Self.maximumName else { throw .name }
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
