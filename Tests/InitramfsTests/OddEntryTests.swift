import Initramfs
import TestSupport
import Testing

/// What is wrong with an entry that no maker of images writes, one thing at a time.
@Suite("entries that no maker of images writes")
struct OddEntryTests {
  private typealias N = Newc

  private static func entry(
    _ mode: UInt32 = 0o100644, _ change: (inout Newc.Entry) -> Void
  ) -> Newc.Entry {
    var entry = Newc.Entry(name: Array("a".utf8), mode: mode)
    change(&entry)
    return entry
  }

  private static func named(_ name: String) -> Newc.Entry { N.file(name, "x") }

  static let odd: [(String, CPIOFault, [Newc.Entry])] = [
    ("no name", .name, [named("")]),
    ("a zero in its name", .name, [named("a\0b")]),
    ("a slash in front", .name, [named("/a")]),
    ("a slash behind", .name, [named("a/")]),
    ("two slashes", .name, [N.folder("a"), named("a//b")]),
    ("a point", .name, [N.folder("a"), named("a/./b")]),
    ("two points", .name, [N.folder("a"), named("a/../b")]),
    ("only two points", .name, [N.folder("..")]),
    ("a name of 256 bytes", .name, [named(String(repeating: "a", count: 256))]),
    ("no end of its name", .name, [entry { $0.nameSize = 1 }]),
    ("a name longer than any path", .name, [named(String(repeating: "a", count: 4096))]),
    ("no folder", .parent, [named("a/b")]),
    ("a file for a folder", .parent, [named("a"), named("a/b")]),
    ("a link for a folder", .parent, [N.folder("b"), N.link("a", "b"), named("a/c")]),
    ("a content for a folder", .type, [entry(0o040755) { $0.content = [1] }]),
    ("a content for a device", .type, [entry(0o020600) { $0.content = [1] }]),
    ("a content for a pipe", .type, [entry(0o010600) { $0.content = [1] }]),
    ("no type", .type, [entry(0o644) { _ in }]),
    ("a type that is none", .type, [entry(0o170644) { _ in }]),
    ("a link's permissions", .type, [entry(0o120755) { $0.content = [1] }]),
    ("a link to nowhere", .type, [N.link("a", "")]),
    ("a link to a name with a zero", .type, [N.link("a", "b\0c")]),
    (
      "a link to what is longer than a path", .type,
      [N.link("a", String(repeating: "b", count: 4096))]
    ),
    ("a device of two names", .type, [entry(0o020600) { $0.names = 2 }]),
    ("a root that others may write to", .type, [N.folder(".", 0o777)]),
    ("a root that is a file", .type, [named(".")]),
    ("a mode of more than 16 bits", .number, [entry(0o300644) { _ in }]),
    ("no owner", .number, [entry { $0.owner = .max }]),
    ("no group", .number, [entry { $0.group = .max }]),
    ("a device's number too large", .number, [entry(0o020600) { $0.device.0 = 4096 }]),
    ("a device's second number too large", .number, [entry(0o020600) { $0.device.1 = 1 << 20 }]),
    ("a path twice", .twice, [named("a"), named("a")]),
    ("a path twice, in two ways", .twice, [named("a"), named("./a")]),
    ("a link for /dev", .replaced, [N.link("dev", "a")]),
    ("a file for /root", .replaced, [named("root")]),
    ("another console", .replaced, [N.folder("dev"), N.device("dev/console", 5, 2)]),
    ("a file for the console", .replaced, [N.folder("dev"), named("dev/console")]),
    (
      "two contents of one file", .hardLink,
      [N.file("a", "x", inode: 7, names: 2), N.file("b", "y", inode: 7, names: 2)]
    ),
    (
      "two modes of one file", .hardLink,
      [N.file("a", "", inode: 7, names: 2), N.file("b", "y", 0o755, inode: 7, names: 2)]
    ),
    ("what fills up a name", .padding, [entry { ($0.padding, $0.name) = (1, [0x61, 0x62]) }]),
    ("what fills up a content", .padding, [entry { ($0.padding, $0.content) = (1, [1]) }]),
    (
      "a checksum that is wrong", .checksum,
      [
        entry {
          $0.magic = "070702"; $0.checksum = 1
        }
      ]
    ),
    ("the old kind", .notAnArchive, [N.folder("b"), entry { $0.magic = "070707" }]),
  ]

  @Test("are refused by name", arguments: odd.indices)
  func refused(index: Int) throws {
    let (name, fault, entries) = Self.odd[index]
    try expect(fault, name, Newc.archive(entries))
  }

  @Test("are refused where a later archive has what can't take the place of an earlier one's")
  func replaced() throws {
    let kinds = [N.file("a", "x"), N.folder("a"), N.link("a", "b"), N.device("a", 1, 3)]
    for (first, old) in kinds.enumerated() {
      for (second, new) in kinds.enumerated() where first != second || first == 3 {
        try expect(.replaced, "\(first) \(second)", Newc.archive([old]) + Newc.archive([new]))
      }
    }
    let two = Newc.archive([
      N.file("a", "x", inode: 7, names: 2), N.file("b", "", inode: 7, names: 2),
    ])
    try expect(.replaced, "of two names", two + Newc.archive([N.file("a", "y")]))
  }

  @Test("are refused with a number that isn't hexadecimal, in each of its digits")
  func digits() throws {
    let bytes = Newc.archive([N.file("a", "x")])
    for index in 6..<110 {
      var changed = bytes
      changed[index] = UInt8(ascii: "x")
      try expect(.number, "\(index)", changed)
    }
  }

  private func expect(_ fault: CPIOFault, _ name: String, _ image: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("image", bytes: image)
    do throws(ImageError) {
      _ = try ImageListing(image: path)
      Issue.record("\(name) is listed")
    } catch {
      guard case .damaged(let found, _) = error else {
        Issue.record("\(name): \(error)")
        return
      }
      #expect(found == fault, "\(name)")
    }
  }
}
