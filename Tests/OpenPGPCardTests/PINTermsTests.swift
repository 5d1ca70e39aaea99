import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// What must be true before a PIN goes out.
@Suite("PINTerms")
struct PINTermsTests {
  /// Every call that sends a PIN, with the right one.
  enum Call: CaseIterable, CustomTestStringConvertible {
    case sign, decrypt, administrate, signPinned
    case changeUser, changeAdmin, resetByCode
    case padSign, padSignPinned, padChangeUser, padChangeAdmin
    case kdfUser, kdfAdmin, kdfOffUser, kdfOffAdmin

    var testDescription: String { "\(self)" }

    /// The PIN whose tries count.
    var pin: PIN {
      switch self {
      case .administrate, .changeAdmin, .padChangeAdmin, .kdfAdmin, .kdfOffAdmin: .admin
      case .resetByCode: .resetCode
      default: .user
      }
    }

    /// What is typed on the pad, or nil where it is given.
    var pad: String? {
      switch self {
      case .padSign, .padSignPinned: Dongle.user
      case .padChangeUser: "\(Dongle.user)\n271828\n271828"
      case .padChangeAdmin: "\(Dongle.admin)\n31415926\n31415926"
      default: nil
      }
    }
  }

  private static let code = "a resetting code"

  /// A dongle with a reset code, and with so many tries of one PIN used by somebody.
  private func dongle(using used: Int, of pin: PIN, _ call: Call) throws -> Dongle {
    let dongle = try Dongle(derived: [.kdfOffUser, .kdfOffAdmin].contains(call))
    let admin = secret(Dongle.admin)
    let wrong = secret("not the right one")
    do {
      var card = try OpenPGPCard(selecting: dongle.transport())
      let derivation = dongle.derivation
      var administration = try card.authorize(
        .administration, with: admin, derivedBy: derivation)
      try administration.setResetCode(secret(Self.code), derivedBy: derivation)
    }
    for _ in 0..<used {
      var card = try OpenPGPCard(selecting: dongle.transport())
      _ = failure { () throws(CardError) in
        let derivation = dongle.derivation
        switch pin {
        case .user: _ = try card.authorize(.signing, with: wrong, derivedBy: derivation)
        case .admin: _ = try card.authorize(.administration, with: wrong, derivedBy: derivation)
        case .resetCode: try card.resetUserPIN(with: wrong, to: wrong, derivedBy: derivation)
        }
      }
    }
    return dongle
  }

  private func make<Transport: CardTransport, Memory: PINMemory>(
    _ call: Call, on transport: Transport, of dongle: Dongle, under terms: PINTerms<Memory>,
    with text: String? = nil
  ) throws -> CardError? {
    let user = secret(text ?? Dongle.user)
    let admin = secret(text ?? Dongle.admin)
    let code = secret(text ?? Self.code)
    let new = secret("27182818")
    let derivation = dongle.derivation
    let pinned = try dongle.pinned(.signing)
    let others = PINTerms(triesShown: 0, spendsLastTry: true, memory: terms.memory)
    return failure { () throws(CardError) in
      var card = try OpenPGPCard(selecting: transport)
      switch call {
      case .sign:
        _ = try card.authorize(.signing, with: user, under: terms, derivedBy: derivation)
      case .decrypt:
        _ = try card.authorize(.decryption, with: user, under: terms, derivedBy: derivation)
      case .administrate:
        _ = try card.authorize(.administration, with: admin, under: terms, derivedBy: derivation)
      case .signPinned: _ = try card.authorize(.signing, with: user, under: terms, pinned: pinned)
      case .changeUser:
        try card.changePIN(.user, from: user, under: terms, to: new, derivedBy: derivation)
      case .changeAdmin:
        try card.changePIN(.admin, from: admin, under: terms, to: new, derivedBy: derivation)
      case .resetByCode:
        try card.resetUserPIN(with: code, under: terms, to: new, derivedBy: derivation)
      case .padSign: _ = try card.authorizeOnPad(.signing, under: terms, derivedBy: derivation)
      case .padSignPinned: _ = try card.authorizeOnPad(.signing, under: terms, pinned: pinned)
      case .padChangeUser: try card.changePINOnPad(.user, under: terms, derivedBy: derivation)
      case .padChangeAdmin: try card.changePINOnPad(.admin, under: terms, derivedBy: derivation)
      case .kdfUser:
        _ = try card.setUpKeyDerivation(
          .sha256, count: 1000, user: user, under: terms, admin: secret(Dongle.admin), under: others
        )
      case .kdfAdmin:
        _ = try card.setUpKeyDerivation(
          .sha256, count: 1000, user: secret(Dongle.user), under: others, admin: admin, under: terms
        )
      case .kdfOffUser:
        try card.removeKeyDerivation(
          derivation, user: user, under: terms, admin: secret(Dongle.admin), under: others)
      case .kdfOffAdmin:
        try card.removeKeyDerivation(
          derivation, user: secret(Dongle.user), under: others, admin: admin, under: terms)
      }
    }
  }

  /// Tries that were shown, whether a yes was given, tries that the card has, and what comes of it.
  private static let rows:
    [(shown: Int, isAgreed: Bool, now: Int, error: @Sendable (PIN) -> CardError?)] = [
      (3, false, 3, { _ in nil }),
      (2, false, 3, { _ in nil }),
      (3, false, 2, { .fewerTries($0, shown: 3, now: 2) }),
      (3, true, 1, { .fewerTries($0, shown: 3, now: 1) }),
      (2, false, 2, { _ in nil }),
      (2, false, 1, { .fewerTries($0, shown: 2, now: 1) }),
      (1, false, 1, { .lastTryKept($0) }),
      (1, true, 1, { _ in nil }),
      (1, true, 0, { .blocked($0) }),
    ]

  @Test(
    "a card that has fewer tries than were shown, or one that nobody agreed to spend, gets no PIN",
    arguments: Call.allCases)
  func terms(call: Call) throws {
    for row in Self.rows {
      let dongle = try dongle(using: 3 - row.now, of: call.pin, call)
      let transport = try call.pad.map { try dongle.transport(pad: $0) } ?? dongle.transport()
      let tries = dongle.card.summary.tries[Int(call.pin.rawValue)]
      #expect(tries == row.now)
      let error = try make(
        call, on: transport, of: dongle,
        under: PINTerms(
          triesShown: row.shown, spendsLastTry: row.isAgreed, memory: NoPINMemory()))
      #expect(error == row.error(call.pin), "\(row.shown) \(row.now)")
      guard error != nil else { continue }
      // The other PIN of a call that needs two may have gone, this one hasn't.
      let reference: UInt8 = call.pin == .admin ? 0x83 : 0x81
      #expect(
        !transport.sent.contains {
          [0x20, 0x24, 0x2C].contains($0[1]) && ($0[3] == reference || call.pin == .user)
        }, "\(call) \(row.shown) \(row.now)")
      #expect(transport.padRequests.isEmpty)
      #expect(dongle.card.summary.tries[Int(call.pin.rawValue)] == row.now)
    }
  }

  /// Notes what is asked of it.
  final class Memory: PINMemory {
    var known: [PINFate?] = []
    var fates: [String: PINFate] = [:]
    var forgotten: [PIN] = []

    private func name(_ text: borrowing SecretBytes, _ pin: PIN, _ card: CardIdentifier) -> String {
      "\(card.serial) \(pin) \(copy(of: text))"
    }

    func fate(of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier) -> PINFate? {
      fates[name(text, pin, card)]
    }

    func note(
      _ fate: PINFate?, of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier
    ) {
      known.append(fate)
      fates[name(text, pin, card)] = fate
    }

    func forget(_ pin: PIN, of card: CardIdentifier) { forgotten.append(pin) }
  }

  /// The calls whose PIN comes from here, as one that can be remembered.
  static let given = Call.allCases.filter { $0.pad == nil }

  @Test(
    "a PIN counts as sent before its first byte leaves, and is forgotten when it was right",
    arguments: given)
  func notedFirst(call: Call) throws {
    let memory = Memory()
    let dongle = try dongle(using: 0, of: call.pin, call)
    let card = dongle.card
    var noted: [PINFate?] = []
    let transport = ScriptedTransport { command in
      if [0x20, 0x24, 0x2C].contains(command[1]), command[0] & 0x10 == 0 {
        noted.append(memory.known.last ?? nil)
      }
      return card.process(command)
    }
    let terms = PINTerms(triesShown: 3, memory: memory)
    #expect(try make(call, on: transport, of: dongle, under: terms) == nil)
    #expect(noted.first == .unknown)
    #expect(memory.fates.isEmpty)
    // What failed of a PIN that has changed may be right now.
    switch call {
    case .changeUser, .resetByCode: #expect(memory.forgotten == [.user])
    case .changeAdmin: #expect(memory.forgotten == [.admin])
    default: #expect(memory.forgotten.isEmpty)
    }
  }

  @Test("a PIN that failed is not sent again, whatever was agreed to", arguments: given)
  func failed(call: Call) throws {
    let memory = Memory()
    let dongle = try dongle(using: 0, of: call.pin, call)
    let wrong = "a wrong one"
    let terms = PINTerms(triesShown: 3, memory: memory)
    let first = try make(call, on: dongle.transport(), of: dongle, under: terms, with: wrong)
    #expect(first == .wrongPIN(call.pin, triesLeft: 2))
    #expect(memory.fates.values.map { $0 } == [.failed])
    let again = dongle.transport()
    let all = PINTerms(triesShown: 0, spendsLastTry: true, sendsAgain: true, memory: memory)
    #expect(
      try make(call, on: again, of: dongle, under: all, with: wrong) == .failedBefore(call.pin))
    #expect(dongle.card.summary.tries[Int(call.pin.rawValue)] == 2)
  }

  @Test(
    "a PIN whose answer is lost counts as sent, and goes again only if somebody agreed",
    arguments: given)
  func unanswered(call: Call) throws {
    let memory = Memory()
    let dongle = try dongle(using: 0, of: call.pin, call)
    let card = dongle.card
    let reference: UInt8 = call.pin == .admin ? 0x83 : 0x81
    let pulled = ScriptedTransport { command throws(TransportError) in
      let isMeant = command[3] == reference || command[3] == 0x82 && call.pin == .user
      guard [0x20, 0x24, 0x2C].contains(command[1]), isMeant else { return card.process(command) }
      throw .removed
    }
    let terms = PINTerms(triesShown: 3, memory: memory)
    let first = try make(call, on: pulled, of: dongle, under: terms)
    #expect(first == .unanswered(.removed, call.pin))
    #expect(memory.fates.values.map { $0 } == [.unknown])
    #expect(pulled.endings == [.reset])
    let second = dongle.transport()
    let refusal = try make(call, on: second, of: dongle, under: terms)
    #expect(refusal == .unansweredBefore(call.pin))
    #expect(memory.fates.values.map { $0 } == [.unknown])
    let agreed = PINTerms(triesShown: 3, sendsAgain: true, memory: memory)
    #expect(try make(call, on: dongle.transport(), of: dongle, under: agreed) == nil)
    #expect(memory.fates.isEmpty)
  }

  @Test(
    "a card that refuses without using a try says nothing of the PIN; one that is lost before it tells, neither"
  )
  func otherRefusals() throws {
    let dongle = try Dongle()
    let card = dongle.card
    let memory = Memory()
    let terms = PINTerms(triesShown: 3, memory: memory)
    for status: [UInt8] in [[0x6F, 0x00], [0x69, 0x82], [0x66, 0x00]] {
      let transport = ScriptedTransport { command in
        command[1] == 0x20 ? status : card.process(command)
      }
      #expect(try make(.sign, on: transport, of: dongle, under: terms) != nil)
      #expect(memory.fates.isEmpty)
    }
    // C4 would tell whether it was wrong.
    let lost = ScriptedTransport { command throws(TransportError) in
      if command[1] == 0x20 { return [0x69, 0x82] }
      guard command[1] != 0xCA || command[3] != 0xC4 else { throw .removed }
      return card.process(command)
    }
    let error = try make(.sign, on: lost, of: dongle, under: terms)
    #expect(error == .unanswered(.removed, .user))
    #expect(memory.fates.values.map { $0 } == [.unknown])
  }

  @Test("what can't be a PIN, and what goes to another card, is never noted")
  func notSent() throws {
    let dongle = try Dongle()
    let memory = Memory()
    let terms = PINTerms(triesShown: 3, memory: memory)
    #expect(
      try make(.sign, on: dongle.transport(), of: dongle, under: terms, with: "12345")
        == .impossiblePIN)
    let other = try Dongle(serial: 1)
    #expect(
      try make(.signPinned, on: other.transport(), of: dongle, under: terms)
        == .notThePinned(.serial))
    #expect(memory.known.isEmpty)
  }
}
