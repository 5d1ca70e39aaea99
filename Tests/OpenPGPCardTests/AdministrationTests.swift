import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("What is kept on the virtual card")
struct AdministrationTests {
  @Test(
    "a card is emptied with and without its admin PIN, and a terminated one is activated",
    arguments: ["yubikey-5", "nitrokey-3"])
  func factoryReset(_ profile: String) throws {
    for derived in [false, true] {
      let dongle = try Dongle(profile, derived: derived)
      var card = try OpenPGPCard(selecting: dongle.transport())
      try card.factoryReset()
      #expect(card.application.fingerprint(of: .signing) == nil)
      #expect(try !card.keyDerivation().isActive)
      #expect(card.application.pinStatus.triesLeft(.admin) == 3)
      #expect(
        failure { () throws(CardError) in _ = try card.publicKey(in: .signing) } == .noKey(.signing)
      )
      let admin = secret(Dongle.admin)
      _ = try card.authorize(.administration, with: admin, derivedBy: .plain)
    }
    let dongle = try Dongle(profile)
    let admin = secret(Dongle.admin)
    do {
      var card = try OpenPGPCard(selecting: dongle.transport())
      let administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
      try administration.factoryReset()
      #expect(card.application.fingerprint(of: .signing) == nil)
    }
    do {
      // Terminated, and left so.
      let transport = dongle.transport()
      var card = try OpenPGPCard(selecting: transport)
      _ = try card.authorize(.administration, with: admin, derivedBy: .plain)
      #expect(dongle.card.process([0x00, 0xE6, 0x00, 0x00]) == [0x90, 0x00])
    }
    dongle.card.reset()
    #expect(
      failure { () throws(CardError) in _ = try OpenPGPCard(selecting: dongle.transport()) }
        == .terminated)
    let card = try OpenPGPCard(activating: dongle.transport())
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
  }

  @Test(
    "objects are written and read, each by whom the table says",
    arguments: ["yubikey-5", "nitrokey-3"])
  func objects(_ profile: String) throws {
    let virtual = try Dongle.empty(profile)
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    let text = Array("https://example.org/ada.asc".utf8)
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    for tag in [0x5F50, 0x5E] as [UInt16] {
      try administration.putObject(tag, text.span)
      #expect(try card.readObject(tag) == text)
    }
    let name = Array("Lovelace<<Ada".utf8)
    try administration.putObject(0x5B, name.span)
    #expect(try card.readObject(0x65).holds(Array("Lovelace<<Ada".utf8)))
    #expect(try card.signatureCount() == 0)
    try administration.setAllowsManySignatures(true)
    #expect(administration.application.pinStatus.allowsManySignatures)
    #expect(try card.isAuthorized(.administration))
    #expect(try !card.isAuthorized(.signing))
    if card.application.capabilities.hasPrivateObjects {
      var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
      try decryption.putObject(0x0103, text.span)
      #expect(try decryption.readObject(0x0103) == text)
    }
    #expect(try !card.offeredAlgorithms(for: .signing).isEmpty)
    if card.application.touchPolicy(of: .signing) != nil {
      try administration.setTouchPolicy(of: .signing, .on)
      #expect(card.application.touchPolicy(of: .signing) == .on)
    }
    if card.application.capabilities.maximumChallenge > 0 {
      #expect(try card.challenge(16).count == 16)
    }
    let certificate = TLVWriter.element(0x30, [UInt8](repeating: 7, count: 600))
    for slot in KeySlot.allCases {
      let own = certificate + [slot.rawValue]
      try administration.putCertificate(own.span, of: slot)
      #expect(try card.certificate(of: slot) == own)
    }
    // A card that doesn't know GET NEXT DATA has them chosen.
    let transport = ChangedTransport(virtual) { command, own in
      command[1] == 0xCC ? [0x6D, 0x00] : own
    }
    var visit = try OpenPGPCard(selecting: transport)
    #expect(try visit.certificates() == KeySlot.allCases.map { certificate + [$0.rawValue] })
    #expect(transport.sent.filter { $0[1] == 0xCC }.count == 1)
  }
}
