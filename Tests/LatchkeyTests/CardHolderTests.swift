import TestSupport
import Testing

@Suite("latchkey card holder and touch")
struct CardHolderTests {
  static let entries = [
    ("name", "Ada Augusta Lovelace", "Ada Augusta Lovelace"), ("login", "ada", "ada"),
    ("url", "https://example.org/ada.asc", "https://example.org/ada.asc"),
    ("language", "deen", "deen"), ("salutation", "ms", "ms"),
  ]

  @Test("gpg shows what was written about the holder")
  func witness() throws {
    let work = try Workplace(.reader)
    try work.folder.write("factory-admin", "12345678\n")
    for (entry, text, shown) in Self.entries {
      let result = try work.latchkey(
        ["card", "holder", entry, text, "--admin-pin-file", "factory-admin", "--yes"], expecting: 0)
      #expect(result.text.contains(shown), "\(result.text)")
    }
    let status = try GnuPG(work.daemon).cardStatus()
    #expect(status["name"]?.prefix(2) == ["Ada Augusta", "Lovelace"], "\(status)")
    #expect(status["login"]?.first == "ada")
    #expect(status["url"]?.first?.contains("example.org/ada.asc") == true)
    #expect(status["lang"]?.first == "deen")
    #expect(status["sex"]?.first == "f")
  }

  @Test("an empty text takes an entry away, and one that can't be kept is refused before any PIN")
  func limits() throws {
    let work = try Workplace()
    try work.folder.write("factory-admin", "12345678\n")
    let admin = ["--admin-pin-file", "factory-admin"]
    try work.latchkey(["card", "holder", "login", "ada"] + admin, expecting: 0)
    #expect(try work.latchkey(["card", "holder", "--json"], expecting: 0).text.contains("ada"))
    try work.latchkey(["card", "holder", "login", ""] + admin, expecting: 0)
    #expect(!(try work.latchkey(["card", "holder", "--json"], expecting: 0).text.contains("ada")))
    for (entry, text) in [
      ("name", String(repeating: "x", count: 40)), ("name", "Zoë"), ("language", "d"),
      ("salutation", "lord"),
    ] {
      // No PIN is given, so it would end otherwise.
      expect(try work.latchkey(["card", "holder", entry, text]), 2, ["is no \(entry)"])
    }
  }

  @Test("a fixed touch policy wants a yes, and then only a reset takes it back")
  func fixedTouch() throws {
    let work = try Workplace(profile: "yubikey-5")
    try work.folder.write("factory-admin", "12345678\n")
    let admin = ["--admin-pin-file", "factory-admin"]
    try work.latchkey(["card", "touch", "decryption", "cached"] + admin, expecting: 0)
    expect(
      try work.latchkey(["card", "touch", "decryption", "cached-fixed"] + admin), 2,
      ["Only a reset"])
    try work.latchkey(
      ["card", "touch", "decryption", "cached-fixed", "--yes"] + admin, expecting: 0)
    let shown = try work.latchkey(["card", "touch", "--json"], expecting: 0)
    #expect(shown.text.contains("cached-fixed"), "\(shown.text)")
    expect(
      try work.latchkey(["card", "touch", "decryption", "off"] + admin), 4, ["fixed", "reset"])
    try work.latchkey(["card", "reset", "--yes"], expecting: 0)
    #expect(!(try work.latchkey(["card", "touch"], expecting: 0).text.contains("cached-fixed")))
  }
}
