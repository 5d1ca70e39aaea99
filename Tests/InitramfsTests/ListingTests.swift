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
        pack() { find . | sort | cpio --quiet -o -H newc -R 0:0; }
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
    let listing = try ImageListing(image: path) { _, size in
      size <= 1000
    } look: { file in
      if let bytes = file.bytes { seen[String(decoding: file.path, as: UTF8.self)] = bytes.count }
      #expect(file.checksum?.count == 16)
    }
    #expect(
      text(listing) == [
        "bin", "early", "etc", "etc/empty", "etc/small", "kernel", "kernel/code", "usr", "usr/bin",
        "usr/bin/again", "usr/bin/large",
      ])
    // Large ones are hashed and not kept; a second name is the same file, and comes first without content.
    #expect(
      seen == ["etc/empty": 0, "etc/small": 6, "kernel/code": 5, "usr/bin/again": 0])
    let large = try #require(listing[Array("usr/bin/large".utf8)])
    let again = try #require(listing[Array("usr/bin/again".utf8)])
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 700_000)
    #expect(try large.content == .file(digest(.sha256, of: bytes.span)))
    #expect(again.content == large.content && large.mode == 0o104755)
    #expect(listing[Array("bin".utf8)]?.content == .link(Array("usr/bin".utf8)))
    let tree = try ImageTree(image: path)
    #expect(Set(tree.nodes.keys) == Set(text(listing)))
    #expect(tree.text("bin/../../etc/small") == "small\n")
    #expect(try ImageListing(parsing: listing.bytes.span) == listing)
  }

  @Test("what comes later in an image stands over what came before, which is listed as well")
  func later() throws {
    let folder = try TemporaryFolder()
    let path = try image(
      folder,
      """
      pack >../image
      (cd .. && mkdir over && cd over && mkdir etc && echo other >etc/small && pack >>../image)
      """)
    let listing = try ImageListing(image: path)
    func content(_ text: String) throws -> ImageListing.Content {
      let bytes = Array(text.utf8)
      return try .file(digest(.sha256, of: bytes.span))
    }
    #expect(try listing[Array("etc/small".utf8)]?.content == content("other\n"))
    #expect(listing.overlaid.map(\.path) == [Array("etc/small".utf8)])
    #expect(try listing.overlaid.first?.content == content("small\n"))
    #expect(try ImageListing(parsing: listing.bytes.span) == listing)
  }

  @Test(
    "little that holds much is refused", arguments: ["gzip -9", "zstd -q", "xz -0 --check=crc32"])
  func bombs(program: String) throws {
    let folder = try TemporaryFolder()
    let path = try image(folder, "truncate -s 200M air; pack | \(program) >../image")
    #expect(throws: ImageError.tooLarge) { try ImageListing(image: path) }
    #expect(throws: ImageError.tooLarge) { try ImageTree(image: path) }
  }

  @Test("more entries, archives, compressed parts or zeros than any image has are refused")
  func limits() throws {
    let folder = try TemporaryFolder()
    let one = Newc.archive([Newc.file("a", "")])
    let empty = Newc.archive([])
    let entry = Newc.archive([Newc.file("0000000", "")], trailer: false)
    var many: [UInt8] = []
    for number in 0...ImageLimits.entries {
      many += entry[..<110]
      many += Array(String(1_000_000 + number).utf8)
      many += entry[117...]
    }
    let part = try packed(one, "gzip -1")
    let images: [[UInt8]] = [
      many,
      Array([[UInt8]](repeating: empty, count: ImageLimits.entries + 1).joined()),
      Array([[UInt8]](repeating: part, count: ImageLimits.members + 1).joined()),
    ]
    for image in images {
      let path = try folder.write("image", bytes: one + image)
      #expect(throws: ImageError.tooLarge) { try ImageListing(image: path) }
    }
    let zeros = [UInt8](repeating: 0, count: ImageLimits.zeros + 4)
    let path = try folder.write("image", bytes: one + zeros)
    #expect(throws: ImageError.damaged(.padding, at: one.count)) { try ImageListing(image: path) }
  }

  @Test("an archive that is cut anywhere, plain or within gzip, gives no listing")
  func cut() throws {
    let folder = try TemporaryFolder()
    let bytes = Newc.archive([Newc.folder("etc"), Newc.file("etc/a", "x"), Newc.link("b", "etc")])
    for count in 0..<bytes.count {
      for image in [Array(bytes[..<count]), try packed(Array(bytes[..<count]), "gzip -1")]
      where count % 16 == 0 || image.count == count {
        let path = try folder.write("image", bytes: image)
        #expect(throws: ImageError.self, "\(count)") { try ImageListing(image: path) }
      }
    }
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

  @Test("a listing that an older release kept is read")
  func first() throws {
    func entry(_ path: String, _ mode: UInt32) -> [UInt8] {
      [0, UInt8(path.utf8.count)] + Array(path.utf8)
        + [0, 0, UInt8(mode >> 8), UInt8(truncatingIfNeeded: mode)]
    }
    let digest = [UInt8](repeating: 7, count: 32)
    let bytes: [UInt8] =
      Array("latchkey-listing 1\n".utf8) + [0, 0, 0, 3] + entry("bin", 0o120777) + [0, 3]
      + Array("usr".utf8) + entry("dev", 0o020600) + entry("init", 0o100755) + digest
    let listing = try ImageListing(parsing: bytes.span)
    #expect(listing.entries.map(\.owner) == [.root, .root, .root] && listing.overlaid.isEmpty)
    #expect(listing[Array("init".utf8)]?.content == .file(digest))
    #expect(try ImageListing(parsing: listing.bytes.span) == listing)
  }
}
