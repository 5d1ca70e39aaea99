import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("A card that isn't what it should be")
struct MaliceTests {
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

  @Test(
    "a card pulled after any APDU ends in .removed, a PIN's is named, and nothing is sent after it",
    arguments: [false, true])
  func pulled(_ derived: Bool) throws {
    let dongle = try Dongle(derived: derived)
    let pinned = try dongle.pinned(.signing)
    let whole = dongle.transport()
    #expect(visit(whole, pinned) == nil)
    for cut in 0..<whole.sent.count {
      let transport = dongle.transport(cutAfter: cut)
      let isPIN = whole.sent[cut][1] == 0x20
      #expect(
        visit(transport, pinned) == (isPIN ? .unanswered(.removed, .user) : .transport(.removed)))
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
