import TestSupport

/// An archive as the kernel reads it, made entry by entry: with whatever is wrong in it, too.
struct Newc {
  /// What is in an entry's header, as far as it matters.
  struct Entry {
    var name: [UInt8]
    var mode: UInt32
    var content: [UInt8] = []
    var inode: UInt32 = 0
    var names: UInt32 = 1
    var owner: UInt32 = 0
    var group: UInt32 = 0
    var device: (UInt32, UInt32) = (0, 0)
    var magic = "070701"
    var checksum: UInt32 = 0
    /// Of the name; nil for its own with one zero behind it.
    var nameSize: UInt32?
    var padding: UInt8 = 0
  }

  var bytes: [UInt8] = []

  mutating func add(_ entry: Entry) {
    let fields: [UInt32] = [
      entry.inode, entry.mode, entry.owner, entry.group, entry.names, 0,
      UInt32(entry.content.count), 8, 1, entry.device.0, entry.device.1,
      entry.nameSize ?? UInt32(entry.name.count + 1), entry.checksum,
    ]
    bytes += Array(entry.magic.utf8)
    for field in fields {
      let digits = String(field, radix: 16, uppercase: true)
      bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    bytes += entry.name + [0]
    pad(entry.padding)
    bytes += entry.content
    pad(entry.padding)
  }

  private mutating func pad(_ byte: UInt8) {
    while bytes.count % 4 != 0 { bytes.append(byte) }
  }

  /// An archive of these, and its trailer.
  static func archive(_ entries: [Entry], trailer: Bool = true) -> [UInt8] {
    var archive = Newc()
    for entry in entries { archive.add(entry) }
    if trailer { archive.add(Entry(name: Array("TRAILER!!!".utf8), mode: 0)) }
    return archive.bytes
  }

  static func folder(_ name: String, _ mode: UInt32 = 0o755) -> Entry {
    Entry(name: Array(name.utf8), mode: 0o040000 | mode, names: 2)
  }

  static func file(
    _ name: String, _ content: String, _ mode: UInt32 = 0o644, inode: UInt32 = 0, names: UInt32 = 1
  ) -> Entry {
    Entry(
      name: Array(name.utf8), mode: 0o100000 | mode, content: Array(content.utf8), inode: inode,
      names: names)
  }

  static func link(_ name: String, _ target: String) -> Entry {
    Entry(name: Array(name.utf8), mode: 0o120777, content: Array(target.utf8))
  }

  static func device(_ name: String, _ major: UInt32, _ minor: UInt32) -> Entry {
    Entry(name: Array(name.utf8), mode: 0o020600, device: (major, minor))
  }
}

/// Bytes by a program, which reads them from standard input.
func packed(_ bytes: [UInt8], _ command: String) throws -> [UInt8] {
  let words = command.split(separator: " ").map(String.init)
  let made = try Program.run(words[0], Array(words.dropFirst()), input: bytes)
  guard made.status == 0 else { throw TestSupportError("\(command): \(made.errorText)") }
  return made.output
}

/// With zeros behind, up to a multiple of `size`.
func padded(_ bytes: [UInt8], _ size: Int = 4) -> [UInt8] {
  bytes + [UInt8](repeating: 0, count: (size - bytes.count % size) % size)
}
