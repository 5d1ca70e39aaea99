import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("PINs on the virtual card")
struct PINTests {
  @Test(
    "with an active KDF-DO the derived PIN is sent, in six commands",
    arguments: ["yubikey-5", "nitrokey-3"])
  func derived(_ profile: String) throws {
    let dongle = try Dongle(profile, derived: true)
    #expect(dongle.derivation.isActive)
    let transport = dongle.transport()
    let pin = secret(Dongle.user)
    var card = try OpenPGPCard(selecting: transport)
    var signing = try card.authorize(.signing, with: pin, pinned: try dongle.pinned(.signing))
    let digest = [UInt8](repeating: 1, count: 32)
    _ = try signing.sign(digest.span, hash: .sha256)
    #expect(transport.commandCount == 6)
    #expect(!transport.sent.contains { $0.holds(Array(Dongle.user.utf8)) })
    // And back: the same texts are plain PINs again.
    let admin = secret(Dongle.admin)
    try card.removeKeyDerivation(dongle.derivation, user: pin, admin: admin)
    #expect(try !card.keyDerivation().isActive)
    _ = try card.authorize(.signing, with: pin, derivedBy: .plain)
    _ = try card.authorize(.administration, with: admin, derivedBy: .plain)
  }

  @Test(
    "a KDF-DO set up on PINs of one's own keeps them, and so does its removal",
    arguments: ["yubikey-5", "nitrokey-3"])
  func derivedOwnPINs(_ profile: String) throws {
    let virtual = try Dongle.empty(profile)
    let factoryUser = secret(Dongle.user)
    let factoryAdmin = secret(Dongle.admin)
    let user = secret("open sesame")
    let admin = secret("open sesame twice")
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    try card.changePIN(.user, from: factoryUser, to: user, derivedBy: .plain)
    try card.changePIN(.admin, from: factoryAdmin, to: admin, derivedBy: .plain)
    let derivation = try card.setUpKeyDerivation(.sha512, count: 5000, user: user, admin: admin)
    _ = try card.authorize(.signing, with: user, derivedBy: derivation)
    _ = try card.authorize(.administration, with: admin, derivedBy: derivation)
    #expect(
      failure { () throws(CardError) in
        _ = try card.setUpKeyDerivation(user: user, admin: admin)
      } == .unsupported(.keyDerivation))
    try card.removeKeyDerivation(derivation, user: user, admin: admin)
    _ = try card.authorize(.signing, with: user, derivedBy: .plain)
    _ = try card.authorize(.administration, with: admin, derivedBy: .plain)
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
    #expect(card.application.pinStatus.triesLeft(.admin) == 3)
  }

  @Test(
    "a wrong PIN uses one try and says how many are left; the last one blocks",
    arguments: ["yubikey-5", "nitrokey-3"])
  func wrongPIN(_ profile: String) throws {
    let dongle = try Dongle(profile)
    let wrong = secret("654321")
    for left in [2, 1, 0] {
      let transport = dongle.transport()
      var card = try OpenPGPCard(selecting: transport)
      let error = failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: wrong, pinned: try pin(dongle))
      }
      #expect(
        error == .wrongPIN(.user, triesLeft: UInt8(left)) || left == 0 && error == .blocked(.user))
      #expect(card.application.pinStatus.triesLeft(.user) == left)
      #expect(transport.sent.count { $0[1] == 0x20 } == 1)
    }
    let transport = dongle.transport()
    var card = try OpenPGPCard(selecting: transport)
    let right = secret(Dongle.user)
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: right, pinned: try pin(dongle))
      } == .blocked(.user))
    #expect(!transport.sent.contains { $0[1] == 0x20 }, "a blocked PIN is not sent")
  }

  private func pin(_ dongle: Dongle) throws(CardError) -> PinnedKey {
    guard let pinned = dongle.pinned[.signing] else { throw .noKey(.signing) }
    return pinned
  }

  @Test(
    "a text that cannot be this card's PIN is never sent",
    arguments: ["", "1", "12345", String(repeating: "9", count: 128)], [true, false])
  func impossible(_ text: String, _ isAdmin: Bool) throws {
    let dongle = try Dongle()
    let transport = dongle.transport()
    var card = try OpenPGPCard(selecting: transport)
    let pin = secret(text)
    let error = failure { () throws(CardError) in
      if isAdmin {
        _ = try card.authorize(.administration, with: pin, derivedBy: .plain)
      } else {
        _ = try card.authorize(.signing, with: pin, derivedBy: .plain)
      }
    }
    #expect(error == .impossiblePIN)
    #expect(!transport.sent.contains { $0[1] == 0x20 })
    #expect(transport.endings == [])
  }

  @Test("with a KDF-DO a long PIN is possible, a short one isn't")
  func possibleDerived() throws {
    let dongle = try Dongle(derived: true)
    var card = try OpenPGPCard(selecting: dongle.transport())
    let long = secret(String(repeating: "9", count: 200))
    let short = secret("12345")
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: long, derivedBy: dongle.derivation)
      } == .wrongPIN(.user, triesLeft: 2))
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: short, derivedBy: dongle.derivation)
      } == .impossiblePIN)
  }

  @Test(
    "PINs are changed, unblocked by code and by admin", arguments: ["yubikey-5", "nitrokey-3"],
    [false, true])
  func pins(_ profile: String, _ derived: Bool) throws {
    let dongle = try Dongle(profile, derived: derived)
    let derivation = dongle.derivation
    var card = try OpenPGPCard(selecting: dongle.transport())
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    let second = secret("second user PIN")
    let third = secret("third user PIN")
    let code = secret("a resetting code")
    try card.changePIN(.user, from: user, to: second, derivedBy: derivation)
    _ = try card.authorize(.signing, with: second, derivedBy: derivation)
    var administration = try card.authorize(.administration, with: admin, derivedBy: derivation)
    try administration.setResetCode(code, derivedBy: derivation)
    #expect(administration.application.pinStatus.triesLeft(.resetCode) == 3)
    #expect(
      failure { () throws(CardError) in
        _ = try card.changePIN(.user, from: user, to: third, derivedBy: derivation)
      } == .wrongPIN(.user, triesLeft: 2))
    try card.resetUserPIN(with: code, to: third, derivedBy: derivation)
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
    _ = try card.authorize(.decryption, with: third, derivedBy: derivation)
    #expect(
      failure { () throws(CardError) in
        _ = try card.resetUserPIN(with: second, to: third, derivedBy: derivation)
      } == .wrongPIN(.resetCode, triesLeft: 2))
    var again = try card.authorize(.administration, with: admin, derivedBy: derivation)
    try again.setUserPIN(user, derivedBy: derivation)
    _ = try card.authorize(.signing, with: user, derivedBy: derivation)
    try card.changePIN(.admin, from: admin, to: second, derivedBy: derivation)
    _ = try card.authorize(.administration, with: second, derivedBy: derivation)
  }
}
