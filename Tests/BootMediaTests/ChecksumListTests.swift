import BootMedia
import LibCrypto
import Testing

/// What lists of checksums look like, and what of them counts.
@Suite("a list of checksums")
struct ChecksumListTests {
  static let md5 = String(repeating: "0a", count: 16)
  static let sha1 = String(repeating: "1b", count: 20)
  static let sha256 = String(repeating: "2C", count: 32)
  static let sha512 = String(repeating: "3d", count: 64)
  static let other = String(repeating: "4e", count: 32)

  private func list(_ text: String) throws(ChecksumList.Fault) -> ChecksumList {
    try ChecksumList(parsing: Array(text.utf8))
  }

  @Test(
    "a file is found in every style",
    arguments: [
      ("GNU, as text", "\(sha256)  debian.iso\n"),
      ("GNU, as bytes", "\(sha256) *debian.iso\n"),
      ("without a newline at the end", "\(sha256)  debian.iso"),
      ("with CR LF", "\(sha256)  other.iso\r\n\(sha256)  debian.iso\r\n"),
      ("the BSDs'", "SHA256 (debian.iso) = \(sha256.lowercased())\n"),
      ("with comments", "# debian.iso: 4711 bytes\n\nSHA256 (debian.iso) = \(sha256)\n"),
      ("in a folder", "\(sha256)  ./iso-cd/debian.iso\n\(other)  iso-dvd/other.iso\n"),
      ("twice the same", "\(sha256)  a/debian.iso\n\(sha256) *b/debian.iso\n"),
      ("beside weak ones", "\(md5) *debian.iso\n\(sha1) *debian.iso\n\(sha256) *debian.iso\n"),
    ])
  func styles(name: String, text: String) throws {
    let listed = try ListedFile(Array("debian.iso".utf8), in: list(text))
    #expect(listed.checksums.map(\.algorithm) == [.sha256])
    #expect(listed.checksums.first?.digest == [UInt8](repeating: 0x2C, count: 32))
    #expect(listed.ignored == (name == "beside weak ones" ? [.md5, .sha1] : []))
  }

  @Test("all strong functions count, and a name that sha256sum escapes is read")
  func several() throws {
    let text = "\(Self.sha512)  a b.iso\n\\\(Self.sha256)  a\\nb\\\\.iso\n\(Self.sha256)  a b.iso\n"
    let listed = try ListedFile(Array("a b.iso".utf8), in: list(text))
    #expect(listed.checksums.map(\.algorithm) == [.sha512, .sha256])
    #expect(listed.checksums.map(\.line) == [1, 3])
    _ = try ListedFile(Array("a\nb\\.iso".utf8), in: list(text))
  }

  @Test(
    "what says nothing of the file that counts is refused, and it is told why",
    arguments: [
      ("\(sha256)  other.iso\n", ListedFile.Fault.notListed),
      ("\(sha256)  xdebian.iso\n", .notListed),
      ("\(sha256)  debian.iso.torrent\n", .notListed),
      ("\(sha256)  debian.iso \n", .notListed),
      ("\(sha256)  a/debian.iso\n\(other)  b/debian.iso\n", .contradiction(lines: [1, 2])),
      ("SHA256 (debian.iso) = \(other)\n\(sha256)  debian.iso\n", .contradiction(lines: [1, 2])),
      ("\(md5)  debian.iso\n", .weak([.md5])),
      ("\(sha1)  debian.iso\nMD5 (debian.iso) = \(md5)\n", .weak([.sha1, .md5])),
    ])
  func faults(text: String, fault: ListedFile.Fault) throws {
    let parsed = try list(text)
    #expect(throws: fault) { try ListedFile(Array("debian.iso".utf8), in: parsed) }
  }

  @Test(
    "a list with a line that is no checksum is refused",
    arguments: [
      ("", ChecksumList.Fault.empty),
      ("# nothing\n", .empty),
      ("\(sha256)  debian.iso\nHello\n", .badLine(2)),
      ("\(sha256) debian.iso\n", .badLine(1)),
      ("\(sha256)\n", .badLine(1)),
      ("\(sha256)  \n", .badLine(1)),
      ("\(sha256.dropLast())  debian.iso\n", .badLine(1)),
      ("\(sha256.dropLast())g  debian.iso\n", .badLine(1)),
      ("SHA512 (debian.iso) = \(sha256)\n", .badLine(1)),
      ("SHA256 (debian.iso)= \(sha256)\n", .badLine(1)),
      ("SHA3 (debian.iso) = \(sha256)\n", .badLine(1)),
      ("\\\(sha256)  a\\tb\n", .badLine(1)),
      ("\(sha256)  debian\u{1B}[1m.iso\n", .control(line: 1)),
      ("\(sha256)  debian.iso\r\r\n", .control(line: 1)),
      (" \(sha256)  debian.iso\n", .badLine(1)),
    ])
  func badLines(text: String, fault: ChecksumList.Fault) {
    #expect(throws: fault) { try list(text) }
  }
}
