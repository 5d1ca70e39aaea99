import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// A virtual card whose answers a test may change on their way.
private final class ChangedTransport: CardTransport {
  let card: VirtualCard
  private(set) var sent: [[UInt8]] = []
  private(set) var endings: [TransactionEnding] = []
  private let change: ([UInt8], [UInt8]) -> [UInt8]

  init(_ card: VirtualCard, _ change: @escaping (_ command: [UInt8], _ answer: [UInt8]) -> [UInt8])
  {
    self.card = card
    self.change = change
    card.reset()
  }

  var answerToReset: [UInt8] { [] }

  func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let command = copy(of: command)
    sent.append(command)
    let answer = change(command, card.process(command))
    guard answer.count <= response.capacity else { throw .responseTooLong }
    response.append(answer.span)
  }

  func beginTransaction() {}
  func endTransaction(_ ending: TransactionEnding) { endings.append(ending) }
}

private let pinText = Array(Dongle.user.utf8)

@Suite("A card that isn't what it should be")
struct MaliceTests {
  /// What a visit with pins sends to a card, and how it ends.
  private func visit<Transport: CardTransport>(
    _ transport: Transport, _ pinned: PinnedKey
  ) -> CardError? {
    let pin = secret(Dongle.user)
    return failure { () throws(CardError) in
      var card = try OpenPGPCard(selecting: transport)
      var signing = try card.authorize(.signing, with: pin, pinned: pinned)
      let digest = [UInt8](repeating: 1, count: 32)
      _ = try signing.sign(digest.span, hash: .sha256)
    }
  }

  private func noPIN(_ sent: [[UInt8]], derived: [UInt8] = []) -> Bool {
    !sent.contains { $0[1] == 0x20 || $0.holds(pinText) || $0.holds(derived) }
  }

  enum Swap: CaseIterable, Sendable {
    case otherSerial, sameSerialOtherKey, otherFingerprint, sameFingerprintOtherKey, noKey
    case keyDerivationSet, keyDerivationChanged, keyDerivationDenied
  }

  @Test("gets no byte of the PIN", arguments: Swap.allCases)
  func swapped(_ swap: Swap) throws {
    let derived = swap == .keyDerivationChanged || swap == .keyDerivationDenied
    let dongle = try Dongle(derived: derived)
    let pinned = try dongle.pinned(.signing)
    let transport: RecordingTransport<VirtualCardTransport>
    let expected: PinnedKey.Difference
    switch swap {
    case .otherSerial:
      transport = try Dongle(serial: 0x0BAD_CAFE, derived: derived).transport()
      expected = .serial
    case .sameSerialOtherKey, .sameFingerprintOtherKey:
      // Another dongle with the same serial, whose owner wrote the same fingerprint on it.
      transport = try Dongle(derived: derived).transport()
      expected = .key
    case .otherFingerprint:
      try administer(dongle) { administration throws(CardError) in
        let other = [UInt8](repeating: 3, count: 20)
        try administration.setFingerprint(of: .signing, other.span)
      }
      transport = dongle.transport()
      expected = .fingerprint
    case .noKey:
      let other = try Dongle.empty()
      let admin = secret(Dongle.admin)
      var card = try OpenPGPCard(selecting: VirtualCardTransport(other))
      var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
      try administration.setFingerprint(of: .signing, pinned.fingerprint.span)
      transport = RecordingTransport(VirtualCardTransport(other))
      expected = .key
    case .keyDerivationSet, .keyDerivationChanged:
      let user = secret(Dongle.user)
      let admin = secret(Dongle.admin)
      var card = try OpenPGPCard(selecting: VirtualCardTransport(dongle.card))
      if derived { try card.removeKeyDerivation(dongle.derivation, user: user, admin: admin) }
      _ = try card.setUpKeyDerivation(user: user, admin: admin)
      transport = dongle.transport()
      expected = .keyDerivation
    case .keyDerivationDenied:
      let user = secret(Dongle.user)
      let admin = secret(Dongle.admin)
      var card = try OpenPGPCard(selecting: VirtualCardTransport(dongle.card))
      try card.removeKeyDerivation(dongle.derivation, user: user, admin: admin)
      transport = dongle.transport()
      expected = .keyDerivation
    }
    var hashed = SecretBytes(capacity: 64)
    let pin = secret(Dongle.user)
    try dongle.derivation.derive(pin, for: .user, into: &hashed)
    #expect(visit(transport, pinned) == .notThePinned(expected))
    #expect(noPIN(transport.sent, derived: copy(of: hashed)))
    #expect(transport.endings == [.leave])
  }

  private func administer(
    _ dongle: Dongle,
    _ body: (inout Authorization<VirtualCardTransport, Administration>) throws(CardError) -> Void
  ) throws {
    let admin = secret(Dongle.admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(dongle.card))
    var administration = try card.authorize(
      .administration, with: admin, derivedBy: dongle.derivation)
    try body(&administration)
  }

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
    "a card pulled after any APDU ends in .removed, and nothing is sent after it",
    arguments: [false, true])
  func pulled(_ derived: Bool) throws {
    let dongle = try Dongle(derived: derived)
    let pinned = try dongle.pinned(.signing)
    let whole = dongle.transport()
    #expect(visit(whole, pinned) == nil)
    for cut in 0..<whole.sent.count {
      let transport = dongle.transport(cutAfter: cut)
      #expect(visit(transport, pinned) == .transport(.removed))
      #expect(transport.sent.count == cut)
    }
    let last = dongle.transport()
    #expect(visit(last, pinned) == nil)
  }

  @Test("after a command that did not get through, nothing more is sent in that visit")
  func dead() throws {
    let dongle = try Dongle()
    let transport = dongle.transport()
    var card = try OpenPGPCard(selecting: transport)
    let pinned = try dongle.pinned(.signing)
    try card.confirm(pinned)
    transport.cut = transport.sent.count
    #expect(
      failure { () throws(CardError) in _ = try card.readObject(0x5E) } == .transport(.removed))
    // The card, or another one, is there again.
    transport.cut = nil
    let before = transport.sent.count
    let pin = secret(Dongle.user)
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: pin, pinned: pinned)
      } == .transport(.removed))
    #expect(transport.sent.count == before)
  }

  @Test("a stored wrong PIN costs at most one try a visit, whatever the card answers")
  func burning() throws {
    for status in [0x6982, 0x63C2, 0x6300, 0x6CC2, 0x6102, 0x6F00, 0x6983, 0x9100] as [UInt16] {
      let dongle = try Dongle()
      let transport = ChangedTransport(dongle.card) { command, own in
        command[1] == 0x20 ? [UInt8(status >> 8), UInt8(status & 0xFF)] : own
      }
      let error = visit(transport, try dongle.pinned(.signing))
      #expect(error != nil)
      #expect(transport.sent.count { $0[1] == 0x20 } == 1, "\(String(status, radix: 16))")
      #expect(!transport.sent.contains { $0[1] == 0x2A })
      #expect(transport.endings == [.reset])
    }
  }

  @Test("no changed byte in any answer makes the client trap, or send the PIN to another card")
  func mutations() throws {
    let dongle = try Dongle()
    let pinned = try dongle.pinned(.signing)
    let whole = ChangedTransport(dongle.card) { _, own in own }
    #expect(visit(whole, pinned) == nil)
    var visits = 0
    for target in whole.sent.indices {
      for position in stride(from: 0, to: 330, by: 7) {
        for value in [0x00, 0x80, 0x84, 0xFF] as [UInt8] {
          var number = -1
          let transport = ChangedTransport(dongle.card) { _, own in
            number += 1
            guard number == target, position < own.count else { return own }
            var changed = own
            changed[position] = value
            return changed
          }
          let error = visit(transport, pinned)
          if case .notThePinned = error { #expect(noPIN(transport.sent)) }
          #expect(transport.sent.count < 40)
          visits += 1
        }
      }
      for length in stride(from: 0, to: 330, by: 11) {
        var number = -1
        let transport = ChangedTransport(dongle.card) { _, own in
          number += 1
          return number == target ? Array(own.prefix(length)) : own
        }
        _ = visit(transport, pinned)
        visits += 1
      }
    }
    #expect(visits > 1000)
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

  @Test(
    "a refusal of PSO is told by what it means",
    arguments: [
      ("6600", CardError.touchTimedOut), ("6A88", .noKey(.signing)),
      ("6982", .status(.notAuthorized, ins: 0x2A)),
      ("6F00", .status(StatusWord(rawValue: 0x6F00), ins: 0x2A)),
    ])
  func refusals(_ answer: String, _ expected: CardError) throws {
    let dongle = try Dongle()
    let status = try #require(bytes(hex: answer))
    let transport = ChangedTransport(dongle.card) { command, own in
      command[1] == 0x2A ? status : own
    }
    #expect(visit(transport, try dongle.pinned(.signing)) == expected)
    #expect(transport.sent.count { $0[1] == 0x2A } == 1)
  }
}
