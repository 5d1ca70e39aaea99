import Foundation
import TestSupport
import Testing

/// `keyring import` and `check`, and signing by a stub, with the real gpg, scdaemon and pcscd.
@Suite("a dongle in gpg's keyring")
struct DongleTests {
  private let place: Place

  init() throws {
    place = try Place(dongle: true)
    try place.latchkey(
      [
        "provision", "--name", "Ada", "--email", "ada@example.org", "--pin-file", "pin",
        "--admin-pin-file", "admin", "--current-pin-file", "pin", "--current-admin-pin-file",
        "admin",
        "--export", "ada.asc", "--yes",
      ], expecting: 0)
  }

  @Test("import makes gpg ready: it signs by its stub; then Latchkey finds the reader free")
  func imported() throws {
    let missing = try place.latchkey(["keyring", "check"], expecting: 1)
    #expect(missing.text.contains("is missing in gpg."), "\(missing.text)")
    #expect(missing.errorText.contains("latchkey keyring import"))

    let said = try place.latchkey(["keyring", "import", "--own"], expecting: 0)
    #expect(said.errorText.contains("gpg has the certificate now."), "\(said.errorText)")
    #expect(said.text.contains("signature"), "\(said.text)")
    // The reader is free at once.
    let checked = try place.latchkey(["keyring", "check", "--json"], expecting: 0)
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(checked.output)) as? [String: Any])
    let keys = try #require((document["result"] as? [String: Any])?["keys"] as? [[String: Any]])
    #expect(keys.map { $0["state"] as? String } == ["stub", "stub", "stub"])
    let trust = try place.gpg.run(["--export-ownertrust"])
    #expect(trust.text.contains(":6:"), "\(trust.text)")

    // Twice is as good as once.
    let again = try place.latchkey(["keyring", "import"], expecting: 0)
    #expect(again.errorText.contains("gpg had the certificate."))

    let key = try #require(keys.first?["fingerprint"] as? String)
    try place.folder.write("system-pin", "")
    let signed = try place.sign(key)
    #expect(signed.text.contains("signed by gpg's key \(key)"))
    #expect(place.gpg.prompts.count == 1, "\(place.gpg.prompts)")
    // scdaemon keeps the reader now, as after any use of gpg: it is named.
    let held = try place.latchkey(["keyring", "check"], expecting: 4)
    #expect(held.errorText.contains("scdaemon (process "), "\(held.errorText)")
    place.gpg.releaseCard()
    try place.latchkey(
      ["verify", "--boot", "BOOT", "--engine", "gpg"], expecting: 0)
  }

  @Test("stubs for another dongle are told, and replaced by import")
  func stale() throws {
    try place.latchkey(["keyring", "import"], expecting: 0)
    place.gpg.releaseCard()
    // Another serial in each stub, as of the spare that has the same keys.
    let folder = "\(place.gpg.home)/private-keys-v1.d"
    let stubs = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(stubs.count == 3)
    let listed = try place.latchkey(["card", "list", "--json"], expecting: 0)
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(listed.output)) as? [String: Any])
    let serial = try #require((document["result"] as? [[String: Any]])?.first?["serial"] as? String)
    let digits = try #require(serial.split(separator: ":").last)
    for stub in stubs {
      let path = "\(folder)/\(stub)"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains(digits))
      try text.replacing(digits, with: "01010101")
        .write(toFile: path, atomically: false, encoding: .utf8)
    }
    let other = try place.latchkey(["keyring", "check"], expecting: 1)
    #expect(other.text.contains("has a stub for another dongle, "), "\(other.text)")
    #expect(other.text.contains(":01010101"), "\(other.text)")
    try place.latchkey(["keyring", "import"], expecting: 0)
    try place.latchkey(["keyring", "check"], expecting: 0)
  }

  @Test("an expiry that only one of the two certificates has is told, with which is the newer")
  func expiry() throws {
    try place.latchkey(["keyring", "import"], expecting: 0)
    let old = try String(contentsOfFile: place.folder.path("ada.asc"), encoding: .utf8)
    let key = try #require(try place.fingerprints().first)
    let changed = try place.gpg.run(["--quick-set-expire", key, "2y"])
    #expect(changed.status == 0, "\(changed.text)\(changed.errorText)")
    place.gpg.releaseCard()
    let newer = try place.latchkey(["keyring", "check"], expecting: 1)
    #expect(newer.text.contains("gpg has a newer certificate."), "\(newer.text)")
    #expect(newer.errorText.contains("in place of the file in trusted.d"), "\(newer.errorText)")
    try place.export(key)
    try place.latchkey(["keyring", "check", "--trusted", "ada.asc"], expecting: 0)
    // And the other way round: gpg forgets, and gets the old one back.
    try FileManager.default.removeItem(atPath: "\(place.gpg.home)/pubring.kbx")
    try place.folder.write("old.asc", old)
    _ = try place.gpg.run(["--import", place.folder.path("old.asc")])
    let older = try place.latchkey(
      ["keyring", "check", "--trusted", "ada.asc"], expecting: 1)
    #expect(older.text.contains("gpg has an older certificate."), "\(older.text)")
    try place.latchkey(["keyring", "import", "--trusted", "ada.asc"], expecting: 0)
  }

  @Test("without its certificate it is said where one may be; a file:// URL on the dongle is taken")
  func certificates() throws {
    try FileManager.default.removeItem(atPath: place.folder.path("system/etc/latchkey/trusted.d"))
    let said = try place.latchkey(["keyring", "import"], expecting: 3)
    #expect(said.errorText.contains("is not in "), "\(said.errorText)")
    #expect(said.errorText.contains("--trusted FILE"))
    for (url, status, text) in [
      ("https://example.org/ada.asc", Int32(3), "published at https://example.org/ada.asc"),
      ("file://\(place.folder.path("ada.asc"))", 0, "gpg has the certificate now."),
    ] {
      try place.latchkey(
        ["card", "holder", "url", url, "--admin-pin-file", "admin"], expecting: 0)
      let said = try place.latchkey(["keyring", "import"], expecting: status)
      #expect(said.errorText.contains(text), "\(said.errorText)")
    }
  }
}
