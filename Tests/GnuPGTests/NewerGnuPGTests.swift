import TestSupport
import Testing

/// Debian 13's gpg 2.4 with its own scdaemon on the virtual card, through pcscd.
@Suite struct NewerGnuPGTests {
  /// An algorithm, and what gpg 2.4's `key-attr` wants to hear for each of the three keys.
  struct Algorithm: Sendable, CustomTestStringConvertible {
    let name: String
    let answers: [String]
    let profile: String
    var testDescription: String { "\(name) on \(profile)" }
  }

  static let algorithms = [
    Algorithm(name: "rsa2048", answers: [], profile: "yubikey-5"),
    Algorithm(name: "cv25519", answers: ["2", "1"], profile: "nitrokey-3"),
    Algorithm(name: "cv25519", answers: ["2", "1"], profile: "yubikey-5"),
    Algorithm(name: "nistp256", answers: ["2", "3"], profile: "nitrokey-3"),
    Algorithm(name: "nistp384", answers: ["2", "4"], profile: "yubikey-5"),
    Algorithm(name: "brainpoolP256r1", answers: ["2", "6"], profile: "yubikey-5"),
    Algorithm(name: "cv448", answers: ["2", "2"], profile: "every-algorithm"),
  ]

  @Test(
    "gpg 2.4 makes keys on the card, signs and decrypts with them",
    arguments: algorithms)
  func generates(_ algorithm: Algorithm) throws {
    let setup = try CardInReader(algorithm.profile, release: .newer)
    // Without it Debian's gpg makes no key on Curve448.
    try setup.gpg.configure("compliance gnupg")
    if !algorithm.answers.isEmpty {
      let attributes = try setup.gpg.editCard(
        ["key-attr"] + algorithm.answers + algorithm.answers + algorithm.answers)
      // A virtual Yubikey answers as Yubikeys do where there is no key, and gpg 2.4 doesn't take it for one:
      // it complains, and has done what it was told (docs/card-oddities.md).
      let complains = algorithm.profile == "yubikey-5"
      #expect(attributes.status == (complains ? 2 : 0), "\(attributes.errorText)")
      #expect(attributes.errorText.contains("Hardware problem") == complains)
    }
    let made = try setup.generateKeys()
    #expect(made.text.contains("KEY_CREATED"), "\(made.text)\(made.errorText)")
    if algorithm.answers.first == "2" {
      let listing = try setup.gpg.run(["--with-colons", "--list-keys"]).text
      #expect(listing.contains(":\(algorithm.name):"), "\(listing)")
    }
    // Of version 5 on Curve448, by whose fingerprint gpg then doesn't find the card's key.
    guard algorithm.name != "cv448" else { return }
    try KeyTests.signAndDecrypt(setup)
  }
}
