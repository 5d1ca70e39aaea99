import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("Answers that no card should give")
struct WrongAnswerTests {
  struct Lie: Sendable, CustomTestStringConvertible {
    let name: String
    /// The answer to GENERATE 81, in hexadecimal.
    let key: String
    var testDescription: String { name }
  }

  @Test(
    "a public key of another kind or size than asked for is refused, and gets no PIN",
    arguments: [
      Lie(name: "RSA for a curve", key: "7F490A8104C1C1C1C18202FFFF9000"),
      Lie(
        name: "a point too short",
        key: "7F492086" + "1E" + String(repeating: "11", count: 30) + "9000"),
      Lie(
        name: "a point too long",
        key: "7F494386" + "41" + "04" + String(repeating: "11", count: 64) + "9000"),
      Lie(
        name: "a point and a modulus",
        key: "7F4926862011" + String(repeating: "11", count: 31) + "8102C1C19000"),
      Lie(name: "nothing", key: "7F49009000"),
      Lie(name: "no answer", key: "9000"),
      Lie(name: "a length past the end", key: "7F4982FFFF86209000"),
      Lie(name: "an indefinite length", key: "7F498086209000"),
      Lie(name: "a length of four bytes", key: "7F4984FFFFFFFF86209000"),
      Lie(name: "an inner length past the end", key: "7F490486FF11119000"),
    ])
  func otherKey(_ lie: Lie) throws {
    let dongle = try Dongle()
    let answer = try #require(bytes(hex: lie.key))
    let transport = ChangedTransport(dongle.card) { command, own in
      command[1] == 0x47 ? answer : own
    }
    #expect(visit(transport, try dongle.pinned(.signing)) == .notThePinned(.key))
    #expect(noPIN(transport.sent))
    var card = try OpenPGPCard(
      selecting: ChangedTransport(dongle.card) { command, own in
        command[1] == 0x47 ? answer : own
      })
    let error = failure { () throws(CardError) in _ = try card.publicKey(in: .signing) }
    #expect(error == .wrongKey(.signing) || error == .malformed(tag: 0x7F49))
  }

  @Test("generating: a key of another size than asked for is refused (CVE-2024-8443)")
  func otherGenerated() throws {
    let dongle = try Dongle("yubikey-5", .rsa2048)
    let modulus = [UInt8](repeating: 0xC1, count: 128)
    let body = TLVWriter.element(0x81, modulus) + TLVWriter.element(0x82, [1, 0, 1])
    let answer = TLVWriter.element(0x7F49, body) + [0x90, 0x00]
    let admin = secret(Dongle.admin)
    var card = try OpenPGPCard(
      selecting: ChangedTransport(dongle.card) { command, own in
        command[1] == 0x47 ? answer : own
      })
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    #expect(
      failure { () throws(CardError) in
        _ = try administration.generateKey(in: .signing, .rsa(bits: 2048))
      } == .wrongKey(.signing))
  }

  @Test(
    "answers to PSO of another length than the key gives are refused",
    arguments: [0, 1, 31, 33, 63, 65, 64 + 256, 4096, 65000])
  func otherAnswer(_ size: Int) throws {
    let dongle = try Dongle()
    let answer = [UInt8](repeating: 4, count: size) + [0x90, 0x00]
    let transport = ChangedTransport(dongle.card) { command, own in
      command[1] == 0x2A ? answer : own
    }
    #expect(visit(transport, try dongle.pinned(.signing)) == .wrongKey(.signing))
    let pin = secret(Dongle.user)
    var card = try OpenPGPCard(selecting: transport)
    var decryption = try card.authorize(
      .decryption, with: pin, pinned: try dongle.pinned(.decryption))
    var out = SecretBytes(capacity: 512)
    let (cryptogram, _) = try dongle.cryptogram()
    #expect(
      failure { () throws(CardError) in try decryption.decipher(cryptogram, into: &out) }
        == .wrongKey(.decryption))
    #expect(copy(of: out) == [])
  }

  @Test(
    "a card without the OpenPGP application is told from a terminated one",
    arguments: [
      ("6A82", CardError.notOpenPGP), ("6D00", .notOpenPGP), ("6E00", .notOpenPGP),
      ("6999", .notOpenPGP), ("6285", .terminated), ("6985", .terminated),
    ])
  func noApplication(_ answer: String, _ error: CardError) {
    let transport = ScriptedTransport(answers: [answer])
    #expect(
      failure { () throws(CardError) in _ = try OpenPGPCard(selecting: transport) } == error)
    #expect(transport.sent.count == 1)
    #expect(transport.endings == [.leave])
  }

  @Test("what 6E lacks is asked for one by one, and what can't be done without is named")
  func sparse() throws {
    let objects: [UInt16: String] = [
      0x4F: "D2760001240103040006238527740000", 0x5F52: "0073000080059000",
      0xC0: "7D000BFE080000FF0000", 0xC1: "162B06010401DA470F01",
      0xC4: "017F7F7F030003", 0xC5: String(repeating: "00", count: 60),
    ]
    func card(without missing: UInt16?) -> ScriptedTransport {
      ScriptedTransport { command in
        if command[1] == 0xA4 { return [0x90, 0x00] }
        let tag = UInt16(command[2]) << 8 | UInt16(command[3])
        if tag == 0x6E { return [0x6E, 0x00, 0x90, 0x00] }
        guard tag != missing, let value = objects[tag], let content = bytes(hex: value) else {
          return [0x6A, 0x88]
        }
        return content + [0x90, 0x00]
      }
    }
    let transport = card(without: nil)
    let application = try OpenPGPCard(selecting: transport).application
    #expect(application.identifier.serial == 0x2385_2774)
    #expect(application.attributes(of: .signing)?.algorithm == .eddsa(.ed25519))
    #expect(application.attributes(of: .decryption) == nil)
    #expect(application.limits.chaining)
    for (tag, expected) in [(0x4F, 0x4F), (0xC0, 0xC0), (0xC4, 0xC4)] as [(UInt16, UInt16)] {
      #expect(
        failure { () throws(CardError) in _ = try OpenPGPCard(selecting: card(without: tag)) }
          == .malformed(tag: expected))
    }
    for tag in [0x5F52, 0xC1, 0xC5] as [UInt16] {
      _ = try OpenPGPCard(selecting: card(without: tag))
    }
  }
}
