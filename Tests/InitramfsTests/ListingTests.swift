import Foundation
import Initramfs
import LibCrypto
import TestSupport
import Testing

@Suite("what is in an image, read while it streams by")
struct ListingTests {
  private func image(_ folder: TemporaryFolder, _ script: String) throws -> String {
    let made = try Program.run(
      "bash",
      [
        "-ec",
        """
        pack() { find . | sort | cpio --quiet -o -H newc; }
        mkdir tree; cd tree; mkdir -p usr/bin etc early
        head -c 700000 /dev/zero | tr '\\0' x >usr/bin/large; echo small >etc/small; : >etc/empty
        ln -s usr/bin bin; ln usr/bin/large usr/bin/again; chmod 4755 usr/bin/large
        \(script)
        """,
      ], folder: folder.path)
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
    return folder.path("image")
  }

  private func text(_ listing: ImageListing) -> [String] {
    listing.entries.map { String(decoding: $0.path, as: UTF8.self) }
  }

  @Test(
    "says the same of each compression, with microcode in front, and with zeros behind",
    arguments: ["cat", "gzip -1", "zstd -1 -q", "xz -0 --check=crc32", "lz4 -l -q", "bzip2 -1"],
    ["", "printf '\\0\\0\\0\\0\\0\\0\\0' >>../image"])
  func compressions(program: String, behind: String) throws {
    let folder = try TemporaryFolder()
    let path = try image(
      folder,
      """
      pack >../plain
      (cd .. && mkdir early && cd early && mkdir kernel && echo code >kernel/code && pack >../image)
      \(program) <../plain >>../image
      \(behind)
      """)
    var seen: [String: Int] = [:]
    let listing = try ImageListing(image: path, keeping: 1000) { entry, bytes in
      seen[String(decoding: entry.path, as: UTF8.self)] = bytes.count
    }
    #expect(
      text(listing) == [
        "bin", "early", "etc", "etc/empty", "etc/small", "kernel", "kernel/code", "usr", "usr/bin",
        "usr/bin/again", "usr/bin/large",
      ])
    // Large ones are hashed and not handed on; a second name is the same file.
    #expect(seen == ["etc/empty": 0, "etc/small": 6, "kernel/code": 5])
    let large = try #require(listing[Array("usr/bin/large".utf8)])
    let again = try #require(listing[Array("usr/bin/again".utf8)])
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 700_000)
    #expect(try large.content == .file(digest(.sha256, of: bytes.span)))
    #expect(again.content == large.content && large.mode == 0o104755)
    #expect(listing[Array("bin".utf8)]?.content == .link(Array("usr/bin".utf8)))
    // The tree, which has all of it in memory, says the same.
    let tree = try ImageTree(image: path)
    #expect(Set(tree.nodes.keys.filter { !$0.isEmpty }) == Set(text(listing)))
    #expect(try ImageListing(parsing: listing.bytes.span) == listing)
  }

  @Test("what comes later in an image stands over what came before")
  func later() throws {
    let folder = try TemporaryFolder()
    let path = try image(
      folder,
      """
      pack >../image
      (cd .. && mkdir over && cd over && mkdir etc && echo other >etc/small && pack >>../image)
      """)
    let listing = try ImageListing(image: path)
    let other = Array("other\n".utf8)
    #expect(
      try listing[Array("etc/small".utf8)]?.content == .file(digest(.sha256, of: other.span)))
  }

  @Test("an image that is cut or damaged gives no listing")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let path = try image(folder, "pack | gzip -1 >../image")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in [0, 1, 5, 100, bytes.count / 2, bytes.count - 9] {
      try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
      #expect(throws: ImageError.self) { try ImageListing(image: path) }
    }
    var changed = bytes
    // Of the checksum: in the midst of a long run a bit may say the same.
    changed[bytes.count - 8] ^= 0x55
    try changed.write(to: URL(fileURLWithPath: path))
    #expect(throws: ImageError.self) { try ImageListing(image: path) }
    #expect(throws: ImageError.self) { try ImageListing(image: folder.path) }
    #expect(throws: ImageError.self) { try ImageListing(image: folder.path("none")) }
  }

  @Test("a kept listing that is cut, doubled or longer is refused")
  func kept() throws {
    let folder = try TemporaryFolder()
    let listing = try ImageListing(image: try image(folder, "pack >../image"))
    let bytes = listing.bytes
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let cut = Array(bytes[..<count])
      #expect(throws: ImageListing.Fault.damaged) { try ImageListing(parsing: cut.span) }
    }
    let longer = bytes + [0]
    #expect(throws: ImageListing.Fault.damaged) { try ImageListing(parsing: longer.span) }
  }
}
