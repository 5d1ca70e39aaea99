import TestSupport
import Testing
import VirtualCard

/// Our client on cards of other people's making, through the real pcscd. What they answer that ours
/// doesn't is in docs/card-oddities.md.
@Suite struct ForeignCardTests {
  struct Card: Sendable, CustomTestStringConvertible {
    let program: String
    let python: String
    let shows: String
    var testDescription: String { program }
  }

  static let jcecard = Card(
    program: "jce_card", python: Python.clients, shows: "0000:00000001, OpenPGP card 3.4,")
  static let smartcardApp = Card(
    program: "smartcard_app", python: Python.cards, shows: ", OpenPGP card 3.41,")

  @Test(
    "another card is shown, provisioned, signs /boot, and opens a volume",
    arguments: [
      (jcecard, "rsa2048"), (jcecard, "curve25519"), (smartcardApp, "rsa2048"),
      (smartcardApp, "nistp256"),
    ])
  func works(_ card: Card, _ algorithm: String) throws {
    let setup = try ForeignCard(card.program, python: card.python)
    let shown = try setup.latchkey(["card", "show"])
    #expect(shown.text.contains(card.shows), "\(shown.text)\(shown.errorText)")
    for step in try [setup.provision(algorithm)] + setup.signAndVerify() + setup.enrollAndUnlock() {
      #expect(step.status == 0, "\(step.text)\(step.errorText)")
    }
  }

  @Test(
    "a card that makes another key than it was told, or can't sign with it, isn't provisioned",
    arguments: [
      (jcecard, "nistp256", "is of another kind than it says"),
      (smartcardApp, "curve25519", "status 6f00 to command 2a"),
    ])
  func refuses(_ card: Card, _ algorithm: String, _ says: String) throws {
    let setup = try ForeignCard(card.program, python: card.python)
    let refused = try setup.provision(algorithm)
    #expect(refused.status != 0)
    #expect(refused.errorText.contains(says), "\(refused.text)\(refused.errorText)")
  }

  @Test(
    "a card that answers nonsense doesn't hide the one in the next reader",
    arguments: ["refuses", "rambles", "endless", "short"])
  func hidesNone(_ way: String) throws {
    let setup = try ForeignCard("odd_card", python: "python3", state: way) { folder in
      try VirtualCard.create(
        at: folder.path("card"),
        profile: CardProfile(contentsOf: Repository.path("cards/nitrokey-3.json")),
        serial: 0x0102_0304)
      return folder.path("card")
    }
    for command in ["list", "show"] {
      let result = try setup.latchkey(["card", command])
      #expect(result.status == 0, "\(result.text)\(result.errorText)")
      #expect(result.text.contains("000F:01020304"), "\(result.text)\(result.errorText)")
    }
  }
}
