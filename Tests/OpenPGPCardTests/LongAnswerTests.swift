import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("6E in one answer")
struct LongAnswerTests {
  /// A reader with a card in it, and what it does to answers to commands of extended length.
  private func reader(
    _ card: VirtualCard, answerToReset: [UInt8]? = nil, carries: Bool = true,
    _ change: @escaping ([UInt8]) throws(TransportError) -> [UInt8] = { $0 }
  ) -> ChangedTransport {
    ChangedTransport(
      card, answerToReset: answerToReset ?? card.answerToReset, carriesExtendedLengths: carries
    ) { (command, own) throws(TransportError) in
      ChangedTransport.isExtended(command) ? try change(own) : own
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    let change: @Sendable ([UInt8]) throws(TransportError) -> [UInt8]
    var testDescription: String { name }
  }

  /// What becomes of the answer to 6E with an extended length.
  private static let refusals = [
    Refusal(name: "the card says 6700") { _ in [0x67, 0x00] },
    Refusal(name: "the card says 6D00") { _ in [0x6D, 0x00] },
    Refusal(name: "PC/SC's error of a card that doesn't answer") { _ throws(TransportError) in
      throw .unresponsive
    },
    Refusal(name: "any other of PC/SC's") { _ throws(TransportError) in
      throw .failed(code: 0x8010_0001)
    },
    Refusal(name: "nothing comes back") { _ in [] },
    Refusal(name: "cut at 256 bytes") { $0.prefix(256) + [0x90, 0x00] },
    Refusal(name: "cut at 258 bytes, status word and all") { Array($0.prefix(258)) },
    Refusal(name: "cut at 100 bytes") { $0.prefix(100) + [0x90, 0x00] },
    Refusal(name: "nothing in it") { _ in [0x90, 0x00] },
  ]

  @Test("where the answer to reset announces extended lengths, two commands tell who it is")
  func inOne() throws {
    let dongle = try Dongle()
    let reader = self.reader(dongle.card)
    let card = try OpenPGPCard(selecting: reader)
    #expect(reader.instructions == [0xA4, 0xCA])
    #expect(reader.sent[1] == [0x00, 0xCA, 0x00, 0x6E, 0x00, 0x04, 0x00])
    #expect(card.limits == card.application.limits)
  }

  @Test("what is refused is asked for in parts, and the PIN goes out once", arguments: refusals)
  func refused(_ refusal: Refusal) throws {
    let dongle = try Dongle("yubikey-5", .rsa2048)
    let plain = try OpenPGPCard(selecting: reader(dongle.card, answerToReset: [])).application
    let reader = self.reader(dongle.card, refusal.change)
    let pin = secret(Dongle.user)
    let (cryptogram, expected) = try dongle.cryptogram()
    var out = SecretBytes(capacity: 512)
    var limits: CardLimits
    do {
      var card = try OpenPGPCard(selecting: reader)
      #expect(card.application == plain)
      limits = card.limits
      var decryption = try card.authorize(
        .decryption, with: pin, pinned: try dongle.pinned(.decryption))
      // 257 bytes: by a chain, as extended lengths don't get through.
      try decryption.decipher(cryptogram, into: &out)
    }
    #expect(copy(of: out) == expected)
    #expect(reader.instructions.prefix(4).elementsEqual([0xA4, 0xCA, 0xA4, 0xCA]))
    #expect(reader.extended.count == 1)
    #expect(reader.instructions.filter { $0 == 0x20 }.count == 1)
    // The next visit knows.
    let next = self.reader(dongle.card, refusal.change)
    _ = try OpenPGPCard(selecting: next, within: limits)
    #expect(next.extended.isEmpty)
    #expect(next.instructions == [0xA4, 0xCA, 0xC0])
  }

  @Test("an answer that comes in parts all the same is put together")
  func continued() throws {
    let dongle = try Dongle()
    var rest: [UInt8] = []
    let transport = ChangedTransport(
      dongle.card, answerToReset: dongle.card.answerToReset
    ) { command, own in
      if command[1] == 0xC0 { return rest + [0x90, 0x00] }
      guard command[1] == 0xCA, own.count > 258 else { return own }
      rest = Array(own.dropLast(2).dropFirst(256))
      return own.prefix(256) + [0x61, UInt8(rest.count)]
    }
    #expect(visit(transport, try dongle.pinned(.signing)) == nil)
    #expect(transport.instructions == [0xA4, 0xCA, 0xC0, 0x47, 0xCA, 0x20, 0x2A])
  }

  @Test("a reader that says it takes no extended lengths gets none")
  func notCarried() throws {
    let dongle = try Dongle("yubikey-5", .rsa2048)
    let reader = self.reader(dongle.card, carries: false)
    #expect(visit(reader, try dongle.pinned(.signing)) == nil)
    #expect(reader.extended.isEmpty)
    #expect(reader.instructions.prefix(3).elementsEqual([0xA4, 0xCA, 0xC0]))
  }

  @Test("a card without chains keeps its extended lengths: there is no other way")
  func noChains() throws {
    let dongle = try Dongle("librem-key", .rsa2048)
    let reader = self.reader(dongle.card, Self.refusals[0].change)
    let card = try OpenPGPCard(selecting: reader)
    #expect(!card.application.limits.chaining)
    #expect(card.limits.extendedLengths)
  }

  @Test(
    "an answer to reset that announces nothing, or makes no sense, has 6E asked for in parts",
    arguments: [
      "", "3B", "3B8F01805D4E6974726F6B657900000000006A", "3BFD13", "3BFD1300008131FE158073",
      "3BF0FFFFFFFFFFFFFF", "3B03800073", "3B0480730000",
    ])
  func unannounced(_ answer: String) throws {
    let dongle = try Dongle()
    let announced = try #require(bytes(hex: answer))
    let reader = self.reader(dongle.card, answerToReset: announced)
    _ = try OpenPGPCard(selecting: reader)
    #expect(reader.instructions == [0xA4, 0xCA, 0xC0])
    #expect(reader.extended.isEmpty)
  }

  @Test("what the card said in one visit, the next one uses")
  func known() throws {
    let dongle = try Dongle("nitrokey-3")
    let first = self.reader(dongle.card)
    let limits = try OpenPGPCard(selecting: first).limits
    #expect(first.instructions == [0xA4, 0xCA, 0xC0])
    let second = self.reader(dongle.card)
    _ = try OpenPGPCard(selecting: second, within: limits)
    #expect(second.instructions == [0xA4, 0xCA])
  }

  @Test(
    "another application, or a terminated one, is not asked twice", arguments: ["6A82", "6285"])
  func other(_ status: String) throws {
    let answer = try #require(bytes(hex: status))
    let card = try Dongle.empty()
    let transport = ChangedTransport(card, answerToReset: card.answerToReset) { _, _ in answer }
    let error = failure { () throws(CardError) in _ = try OpenPGPCard(selecting: transport) }
    #expect(error == (status == "6285" ? .terminated : .notOpenPGP))
    #expect(transport.sent.count == 1)
  }
}
