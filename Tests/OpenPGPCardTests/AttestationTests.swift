import OpenPGPCard
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("Attestation")
struct AttestationTests {
  @Test(
    "a Yubikey is asked behind VERIFY 81, and its certificate is read from the key's own place",
    arguments: KeySlot.allCases)
  func attests(slot: KeySlot) throws {
    let dongle = try Dongle()
    // What stands for the certificate that the Yubikey writes: the virtual card can't sign one.
    let certificate: [UInt8] = [0x30, 0x03, 0x02, 0x01, slot.rawValue + 1]
    do {
      var card = try OpenPGPCard(selecting: dongle.transport())
      var administration = try card.authorize(
        .administration, with: secret(Dongle.admin), derivedBy: .plain)
      try administration.putCertificate(certificate.span, of: slot)
    }
    let virtual = dongle.card
    let yubikey = ScriptedTransport { command throws(TransportError) in
      command.starts(with: [0x80, 0xFB]) ? [0x90, 0x00] : virtual.process(command)
    }
    do {
      var card = try OpenPGPCard(selecting: yubikey)
      var signing = try card.authorize(.signing, with: secret(Dongle.user), derivedBy: .plain)
      #expect(try signing.attest(slot) == certificate)
    }
    let place = try #require(yubikey.sent.firstIndex { $0.starts(with: [0x80, 0xFB]) })
    #expect(yubikey.sent[place].prefix(4) == [0x80, 0xFB, slot.rawValue + 1, 0x00])
    #expect(yubikey.sent[place - 1].starts(with: [0x00, 0x20, 0x00, 0x81]))
    #expect(yubikey.endings == [.reset])
  }

  @Test("a card without that command says so")
  func refuses() throws {
    let dongle = try Dongle("nitrokey-3")
    var card = try OpenPGPCard(selecting: dongle.transport())
    var signing = try card.authorize(.signing, with: secret(Dongle.user), derivedBy: .plain)
    var refusal: CardError?
    do throws(CardError) {
      _ = try signing.attest(.signing)
    } catch {
      refusal = error
    }
    #expect(
      refusal == .status(.noSuchInstruction, ins: 0xFB)
        || refusal == .status(.noSuchClass, ins: 0xFB), "\(String(describing: refusal))")
  }
}
