import TestSupport
import Testing

/// Keys on the card, made there or brought there, used by gpg through pcscd.
@Suite struct KeyTests {
  /// An algorithm, and what gpg's `key-attr` wants to hear for each of the three keys.
  struct Algorithm: Sendable, CustomTestStringConvertible {
    let name: String
    let answers: [String]
    var testDescription: String { name }
    /// The larger curves are tried on a Yubikey, whose attributes have no closing FF.
    var isOnNitrokey: Bool { ["rsa2048", "rsa4096", "cv25519", "nistp256"].contains(name) }
  }

  static let algorithms = [
    Algorithm(name: "rsa2048", answers: []),
    Algorithm(name: "rsa4096", answers: ["1", "4096"]),
    Algorithm(name: "cv25519", answers: ["2", "1"]),
    Algorithm(name: "nistp256", answers: ["2", "3"]),
    Algorithm(name: "nistp384", answers: ["2", "4"]),
    Algorithm(name: "nistp521", answers: ["2", "5"]),
    Algorithm(name: "brainpoolP256r1", answers: ["2", "6"]),
    Algorithm(name: "brainpoolP512r1", answers: ["2", "8"]),
  ]

  @Test(
    "gpg makes keys on the card, signs and decrypts with them",
    arguments: algorithms.map { ($0, $0.isOnNitrokey ? "nitrokey-3" : "yubikey-5") }
      // A Yubikey's ways with the others are held by its recordings.
      + [(algorithms[2], "yubikey-5")])
  func generates(_ algorithm: Algorithm, on profile: String) throws {
    let setup = try CardInReader(profile)
    if !algorithm.answers.isEmpty {
      let attributes = try setup.gpg.editCard(
        ["key-attr"] + algorithm.answers + algorithm.answers + algorithm.answers)
      #expect(attributes.status == 0, "\(attributes.errorText)")
    }
    let made = try setup.generateKeys()
    #expect(made.text.contains("KEY_CREATED"), "\(made.text)\(made.errorText)")
    if algorithm.answers.first == "2" {
      let listing = try setup.gpg.run(["--with-colons", "--list-keys"]).text
      #expect(listing.contains(":\(algorithm.name):"), "\(listing)")
    }
    try Self.signAndDecrypt(setup)
    let summary = try setup.gpg.cardStatus()
    #expect(summary["fpr"]?.prefix(3).allSatisfy { $0.count == 40 } == true)
  }

  @Test(
    "gpg brings its own keys to the card, and signs and decrypts with them there",
    arguments: ["rsa2048", "ed25519", "nistp256", "nistp384", "nistp521", "brainpoolP384r1"])
  func bringsKeys(_ algorithm: String) throws {
    let setup = try CardInReader("yubikey-5")
    let encryption = algorithm == "ed25519" ? "cv25519" : algorithm
    let sign = algorithm == "rsa2048" ? "rsa2048" : algorithm
    #expect(
      try setup.gpg.run([
        "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key",
        "Ada Lovelace <ada@example.org>", sign, "sign,cert", "never",
      ]).status == 0)
    let listing = try setup.gpg.run(["--with-colons", "--list-keys"]).text
    let fingerprint = try #require(
      listing.split(separator: "\n").first { $0.hasPrefix("fpr") }
        .map { String($0.split(separator: ":")[1]) })
    #expect(
      try setup.gpg.run([
        "--pinentry-mode", "loopback", "--passphrase", "", "--quick-add-key", fingerprint,
        encryption, "encr", "never",
      ]).status == 0)
    let moved = try setup.gpg.run(
      ["--edit-key", fingerprint],
      commands: ["keytocard", "y", "1", "key 1", "keytocard", "2", "save"])
    #expect(moved.status == 0, "\(moved.text)\(moved.errorText)")
    let status = try setup.gpg.cardStatus()
    #expect(status["fpr"]?[0] == fingerprint)
    #expect(status["fpr"]?[1].count == 40)
    try Self.signAndDecrypt(setup)
  }

  /// What gpg signs with the card verifies, and what it encrypts to the card it decrypts with it.
  static func signAndDecrypt(_ setup: CardInReader) throws {
    let text = Array("Ada was here.\n".utf8)
    setup.daemon.forgetTrace()
    let signature = try setup.gpg.filter(["--sign"], text)
    #expect(signature.status == 0, "\(signature.errorText)")
    let verified = try setup.gpg.filter(["--decrypt"], signature.output)
    #expect(verified.output == text)
    #expect(verified.errorText.contains("Good signature"))
    let message = try setup.gpg.filter(["--encrypt", "-r", "ada@example.org"], text)
    let opened = try setup.gpg.filter(["--decrypt"], message.output)
    #expect(opened.output == text, "\(opened.errorText)")
    let trace = setup.daemon.trace()
    #expect(trace.contains { $0.hasPrefix("00 2A 9E 9A") && $0.contains("-> 9000") })
    #expect(trace.contains { $0.contains("2A 80 86") && $0.contains("-> 9000") })
  }
}
