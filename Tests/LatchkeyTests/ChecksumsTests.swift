import Foundation
import Glibc
import TestSupport
import Testing

/// `--checksums`: lists as distributions write them, signed by the real gpg.
@Suite("a distribution's signed checksums")
struct ChecksumsTests {
  private let work: Workplace
  private let sums: [String: String]

  init() throws {
    work = try Workplace()
    try work.provision()
    try work.folder.write("image.iso", "an image")
    var sums: [String: String] = [:]
    for name in ["md5", "sha1", "sha256", "sha512"] {
      let said = try work.run("\(name)sum", ["image.iso"], expecting: 0)
      sums[name] = String(said.text.prefix { $0 != " " })
    }
    self.sums = sums
  }

  private func sum(_ name: String) -> String { sums[name] ?? "" }

  private func verify(_ more: [String], expecting status: Int32) throws -> Program {
    try work.latchkey(
      ["verify", "image.iso", "--checksums", "LIST"] + more, card: [], expecting: status)
  }

  @Test(
    "each distribution's way of signing a list is taken, and a changed image found",
    arguments: ["rsa4096", "nistp256", "nistp384", "ed25519", "brainpoolP512r1"])
  func ways(key: String) throws {
    let distribution = try Distribution(key)
    let trusted = ["--trusted", distribution.certificate]
    let debian =
      "\(sum("sha256"))  image.iso\n\(sum("sha256").reversed().map(String.init).joined())  x\n"
    let fedora = "# image.iso: 8 bytes\nSHA256 (image.iso) = \(sum("sha256"))\n"
    let qubes = ["md5", "sha1", "sha256", "sha512"].map { "\(sum($0)) *image.iso\n" }.joined()
    // Debian's: SHA512SUMS and SHA512SUMS.sign; Ubuntu's: .gpg, binary.
    for (ending, form) in [(".sign", ["--armor"]), (".gpg", [])] {
      try work.folder.write("LIST", debian)
      try work.folder.write(
        "LIST" + ending, bytes: distribution.run(form + ["--detach-sign"], debian))
      let said = try verify(trusted, expecting: 0)
      #expect(said.text.contains("as listed  in LIST, by SHA-256"), "\(said.text)")
      try FileManager.default.removeItem(atPath: work.folder.path("LIST" + ending))
    }
    for (text, functions) in [(fedora, "SHA-256"), (qubes, "SHA-256 and SHA-512")] {
      try work.folder.write("LIST", bytes: distribution.run(["--clearsign"], text))
      let said = try verify(trusted, expecting: 0)
      #expect(said.text.contains("as listed  in LIST, by \(functions)\n"), "\(said.text)")
    }
    try work.folder.write("image.iso", "an Image")
    let said = try verify(trusted, expecting: 1)
    #expect(said.text.contains("its SHA-256 is not the one in line 3 of LIST"), "\(said.text)")
    let sign = try work.latchkey(
      ["sign", "image.iso", "--checksums", "LIST", "--pin-file", "pin", "--yes"] + trusted,
      expecting: 1)
    #expect(sign.errorText.contains("Nothing was signed."))
    #expect(!FileManager.default.fileExists(atPath: work.folder.path("image.iso.sig")))
  }

  @Test("an image that is as listed is signed by the dongle of trusted.d, and Heads' gpgv takes it")
  func signed() throws {
    let distribution = try Distribution("rsa2048")
    try work.folder.write(
      "LIST", bytes: distribution.run(["--clearsign"], "\(sum("sha256"))  image.iso\n"))
    let options = ["image.iso", "--checksums", "LIST", "--trusted", distribution.certificate]
    let said = try work.latchkey(
      ["sign", "--pin-file", "pin", "--yes"] + options, expecting: 0)
    #expect(said.errorText.contains("as listed  in LIST"))
    try work.latchkey(["verify"] + options, card: [], expecting: 0)
    _ = try work.run("gpg", ["--yes", "--dearmor", "-o", "keyring.gpg", "ada.asc"], expecting: 0)
    _ = try work.run(
      "gpgv", ["--keyring", work.folder.path("keyring.gpg"), "image.iso.sig", "image.iso"],
      expecting: 0)
  }

  @Test("what doesn't hold is named, with what to do")
  func faults() throws {
    let good = try Distribution("ed25519")
    let other = try Distribution("rsa2048")
    let clear = String(
      decoding: try good.run(["--clearsign"], "\(sum("sha256"))  image.iso\n"), as: UTF8.self)
    func list(_ text: String) throws -> String {
      String(decoding: try good.run(["--clearsign"], text), as: UTF8.self)
    }
    let flipped = String(sum("sha256").map { $0 == "a" ? "b" : $0 == "0" ? "1" : $0 })
    let cases: [(String, String, String)] = [
      (try list("\(flipped)  image.iso\n"), "its SHA-256 is not the one in line 1", "Get it anew"),
      (try list("\(sum("sha256"))  other.iso\n"), "LIST doesn't list it", "renamed"),
      (
        try list("\(sum("sha256"))  image.iso\n\(flipped)  b/image.iso\n"),
        "more than once, with different checksums (lines 1 and 2)", "One of them is wrong"
      ),
      (try list("\(sum("md5"))  image.iso\n"), "with MD5 only, which proves nothing", "SHA-256"),
      (try list("\(sum("sha1"))  image.iso\n"), "with SHA1 only, which proves nothing", "SHA-256"),
      (try list("\(sum("sha256"))  image.iso\nBye\n"), "line 2 is no checksum", "right file"),
      (clear.replacing("image", with: "Image"), "was changed", "anew"),
      ("Hello\n" + clear, "is not signed", "--checksums-signature"),
      (clear + "Bye\n", "it can't be read as a signature", "anew"),
      (
        clear.replacing("Hash:", with: "Comment: trust me\nHash:"), "line 2 is another header",
        "needn't be what was signed"
      ),
      ("\(sum("sha256"))  image.iso\n", "is not signed: it holds no signature", "Fetch"),
    ]
    for (text, what, next) in cases {
      try work.folder.write("LIST", text)
      let said = try verify(["--trusted", good.certificate], expecting: 1)
      #expect((said.text + said.errorText).contains(what), "\(what): \(said.text)\(said.errorText)")
      #expect(said.errorText.contains(next), "\(said.errorText)")
    }
    try work.folder.write("LIST", clear)
    let said = try verify(["--trusted", other.certificate], expecting: 1)
    #expect(said.errorText.contains("which is not in \(other.certificate): there is "))
    #expect(said.errorText.contains("Distributions change their keys"), "\(said.errorText)")
  }

  @Test("an expired and a revoked key are named, with the user id and the date")
  func keys() throws {
    let text = "\(sum("sha256"))  image.iso\n"
    try work.folder.write("LIST", text)
    for (key, word) in [("expired", "expired on 20"), ("revoked", "was revoked on 20")] {
      let distribution = try Distribution(key)
      // As the key signed while it was good: gpg itself refuses by now.
      try work.folder.write("LIST.sig", bytes: distribution.run(Self.past(key), text))
      let said = try verify(["--trusted", distribution.certificate], expecting: 1)
      #expect(said.errorText.contains("which signed LIST, \(word)"), "\(said.errorText)")
      #expect(said.errorText.contains("("), "\(said.errorText)")
    }
  }

  private static func past(_ key: String) -> [String] {
    ["--faked-system-time", "20240102T000000!", "--detach-sign"]
  }
}
