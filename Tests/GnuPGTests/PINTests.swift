import TestSupport
import Testing

/// PINs, the KDF-DO and the factory reset, as gpg does them.
@Suite struct PINTests {
  @Test("gpg changes PIN and admin PIN, and the card then takes only the new ones")
  func changesPINs() throws {
    let setup = try CardInReader()
    try setup.gpg.set(.newUser, "nova123")
    try setup.gpg.set(.newAdmin, "nova12345")
    let changed = try setup.gpg.editCard(["passwd", "1", "3", "q"])
    #expect(changed.text.contains("SC_OP_SUCCESS"), "\(setup.gpg.prompts)")
    try setup.gpg.set(.user, "nova123")
    try setup.gpg.set(.admin, "nova12345")
    #expect(try setup.generateKeys().text.contains("KEY_CREATED"))
    try setup.gpg.set(.admin, "12345678")
    setup.gpg.releaseCard()
    #expect(try setup.gpg.editCard(["name", "Lovelace", "Ada"]).text.contains("SC_OP_FAILURE"))
    #expect(try setup.gpg.cardStatus()["pinretry"]?.prefix(3) == ["3", "0", "2"])
  }

  @Test("a PIN blocked by three wrong ones is unblocked by the admin and by the reset code")
  func unblocks() throws {
    let setup = try CardInReader()
    try setup.gpg.set(.newReset, "reset-code")
    #expect(try setup.gpg.editCard(["passwd", "4", "q"]).text.contains("SC_OP_SUCCESS"))
    try setup.gpg.set(.newUser, "654321")
    try setup.gpg.set(.user, "999999")
    func block() throws {
      for _ in 0..<3 {
        #expect(try setup.gpg.editCard(["passwd", "1", "q"]).text.contains("SC_OP_FAILURE"))
      }
      #expect(try setup.gpg.cardStatus()["pinretry"]?.prefix(3) == ["0", "3", "3"])
    }
    try block()
    let byAdmin = try setup.gpg.editCard(["passwd", "2", "q"])
    #expect(byAdmin.text.contains("SC_OP_SUCCESS"), "\(setup.gpg.prompts)")
    #expect(try setup.gpg.cardStatus()["pinretry"]?.prefix(3) == ["3", "3", "3"])
    try block()
    try setup.gpg.set(.reset, "reset-code")
    let byCode = try setup.gpg.run(["--edit-card"], commands: ["unblock", "quit"])
    #expect(byCode.text.contains("SC_OP_SUCCESS"), "\(setup.gpg.prompts)")
    #expect(try setup.gpg.cardStatus()["pinretry"]?.prefix(3) == ["3", "3", "3"])
  }

  @Test("after gpg's kdf-setup the card takes derived PINs, and keys can be made and used")
  func setsUpKeyDerivation() throws {
    let setup = try CardInReader("yubikey-5")
    let kdf = try setup.gpg.editCard(["kdf-setup"])
    #expect(!kdf.text.contains("SC_OP_FAILURE"), "\(kdf.text)\(kdf.errorText)")
    #expect(try setup.gpg.cardStatus()["kdf"]?[0] == "on")
    let made = try setup.generateKeys()
    #expect(made.text.contains("KEY_CREATED"), "\(made.text)\(made.errorText)")
    // SHA-256 makes 32 bytes of every PIN.
    let verifications = setup.daemon.trace().filter { $0.hasPrefix("00 20 00 8") }
    #expect(verifications.contains { $0.contains("Lc 32") && $0.contains("-> 9000") })
  }

  @Test("on a card that only stores the KDF-DO, gpg's kdf-setup locks its owner out")
  func locksItselfOut() throws {
    let setup = try CardInReader("nitrokey-3")
    #expect(try setup.gpg.editCard(["kdf-setup"]).status == 0)
    #expect(try setup.gpg.cardStatus()["kdf"]?[0] == "on")
    #expect(try setup.gpg.editCard(["name", "Lovelace", "Ada"]).text.contains("SC_OP_FAILURE"))
    #expect(try setup.gpg.cardStatus()["pinretry"]?.prefix(3) == ["3", "0", "2"])
  }

  @Test("gpg's factory reset empties the card", arguments: ["nitrokey-3", "yubikey-5"])
  func resets(_ profile: String) throws {
    let setup = try CardInReader(profile)
    #expect(try setup.gpg.editCard(["name", "Lovelace", "Ada"]).status == 0)
    #expect(try setup.gpg.cardStatus()["name"]?.prefix(2) == ["Ada", "Lovelace"])
    let reset = try setup.gpg.editCard(["factory-reset", "y", "yes"])
    setup.gpg.releaseCard()
    let status = try setup.gpg.cardStatus()
    #expect(status["name"]?.prefix(2) == ["", ""], "\(reset.text)\(reset.errorText)")
    #expect(status["pinretry"]?.prefix(3) == ["3", "0", "3"])
  }

  @Test("gpg shows what the card is", arguments: ["nitrokey-3", "yubikey-5"])
  func shows(_ profile: String) throws {
    let setup = try CardInReader(profile)
    let status = try setup.gpg.cardStatus()
    let isYubikey = profile == "yubikey-5"
    #expect(status["serial"]?[0] == "01020304")
    #expect(status["vendor"]?[0] == (isYubikey ? "0006" : "000f"))
    #expect(status["version"]?[0] == "0304")
    #expect(status["pinretry"]?.prefix(3) == ["3", "0", "3"])
    #expect(status["maxpinlen"]?.prefix(3) == ["127", "127", "127"])
    #expect(status["forcepin"]?[0] == (isYubikey ? "0" : "1"))
  }
}
