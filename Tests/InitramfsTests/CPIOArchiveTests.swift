import Foundation
import Initramfs
import TestSupport
import Testing

@Suite("cpio archives")
struct CPIOArchiveTests {
  /// What the real cpio makes of a folder with a file, a link and a second name of the file.
  static func archive(_ format: String = "newc") throws -> [UInt8] {
    let folder = try TemporaryFolder()
    _ = try Program.run(
      "sh",
      [
        "-euc",
        """
        mkdir -p "$0/tree/etc"; cd "$0/tree"
        printf 'hello' >etc/greeting; chmod 640 etc/greeting
        ln etc/greeting etc/zweiter; ln -s greeting etc/link
        find . | LC_ALL=C sort | cpio --quiet -o -H "$1" >"$0/archive"
        """, folder.path, format,
      ])
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path("archive"))))
  }

  @Test("what cpio wrote is read: names, modes, contents, links", arguments: ["newc", "crc"])
  func reading(format: String) throws {
    let bytes = try Self.archive(format)
    let archive = try CPIOArchive(in: bytes.span)
    #expect(
      archive.entries.map(\.name).sorted()
        == [".", "etc", "etc/greeting", "etc/link", "etc/zweiter"])
    let link = try #require(archive.entries.first { $0.name == "etc/link" })
    #expect(link.mode & 0o170000 == 0o120000)
    #expect(Array(bytes[link.content]) == Array("greeting".utf8))
    let file = try #require(archive.entries.first { $0.name == "etc/zweiter" })
    #expect(file.mode == 0o100640)
    #expect(Array(bytes[file.content]) == Array("hello".utf8))
    #expect(archive.entries.first { $0.name == "etc/greeting" }?.inode == file.inode)
  }

  @Test("an archive that is cut anywhere before its trailer is refused, and nothing traps")
  func cut() throws {
    let bytes = try Self.archive()
    let whole = try CPIOArchive(in: bytes.span).entries
    let trailer = try #require(
      (0..<bytes.count).last { bytes[$0...].starts(with: Array("TRAILER!!!".utf8)) })
    let end = (trailer + 11 + 3) & ~3
    for length in 0..<end {
      #expect(throws: CPIOFault.self, "\(length) bytes") {
        try CPIOArchive(in: Array(bytes[..<length]).span)
      }
    }
    #expect(try CPIOArchive(in: Array(bytes[..<end]).span).entries == whole)
  }

  @Test("a number that is none, and a name without an end, are named")
  func faults() throws {
    var bytes = try Self.archive()
    bytes[6 + 6 * 8] = UInt8(ascii: "x")
    #expect(throws: CPIOFault.number) { try CPIOArchive(in: bytes.span) }
    bytes = try Self.archive()
    bytes[110 + 1] = UInt8(ascii: "x")
    #expect(throws: CPIOFault.name) { try CPIOArchive(in: bytes.span) }
    #expect(throws: CPIOFault.notAnArchive) { try CPIOArchive(in: Array("no archive".utf8).span) }
  }
}
