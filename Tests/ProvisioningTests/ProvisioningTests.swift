import LibCrypto
import OpenPGP
import OpenPGPCard
import Provisioning
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

private let time: UInt32 = 1_700_000_000

@Suite("Provisioning")
struct ProvisioningTests {
  struct Model: Sendable, CustomTestStringConvertible {
    let profile: String
    let kind: ProvisioningPlan.KeyKind?
    var derives = false
    var testDescription: String { "\(profile), \(kind.map { "\($0)" } ?? "default"), \(derives)" }
    static let all =
      [
        Model(profile: "yubikey-5", kind: nil), Model(profile: "nitrokey-3", kind: nil),
        Model(profile: "yubikey-5", kind: .nistP256), Model(profile: "nitrokey-3", kind: .nistP256),
        Model(profile: "yubikey-5", kind: .rsa2048),
        Model(profile: "yubikey-5", kind: nil, derives: true),
        Model(profile: "nitrokey-3", kind: nil, derives: true),
        Model(profile: "yubikey-5", kind: .nistP384),
      ] + curves.map { Model(profile: "every-algorithm", kind: $0.kind) }
    static let curves: [(kind: ProvisioningPlan.KeyKind, algorithm: KeyAlgorithm)] = [
      (.nistP384, .ecdsa(.nistP384)), (.nistP521, .ecdsa(.nistP521)),
      (.brainpool256, .ecdsa(.brainpoolP256)), (.brainpool384, .ecdsa(.brainpoolP384)),
      (.brainpool512, .ecdsa(.brainpoolP512)), (.secp256k1, .ecdsa(.secp256k1)),
      (.curve448, .eddsa(.ed448)),
    ]
  }

  private func card(_ profile: String = "yubikey-5") throws -> VirtualCard {
    VirtualCard(
      profile: try CardProfile(contentsOf: Repository.path("cards/\(profile).json")), serial: 42)
  }

  private func plan(
    _ kind: ProvisioningPlan.KeyKind? = .curve25519, reset: Bool = false, derives: Bool = false
  ) throws -> Provisioning {
    try Provisioning(
      ProvisioningPlan(
        name: Array("Ada Lovelace".utf8), email: Array("ada@example.org".utf8), keys: kind,
        isReset: reset, derivesPINs: derives, time: time))
  }

  private func make<Transport: CardTransport>(
    _ provisioning: Provisioning, on transport: Transport
  ) -> Result<Provisioning.Made, ProvisioningError> {
    let user = secret("123456")
    let admin = secret("12345678")
    do throws(ProvisioningError) {
      return .success(
        try provisioning.makeKeys(
          on: transport, user: user, under: PINTerms.any, admin: admin, under: PINTerms.any
        ) { _ in })
    } catch {
      return .failure(error)
    }
  }

  private static let oldUser = SecretHolder(secret("123456"))
  private static let newUser = SecretHolder(secret("a new user PIN"))
  private static let oldAdmin = SecretHolder(secret("12345678"))
  private static let newAdmin = SecretHolder(secret("a new admin PIN"))

  private func setPINs<Transport: CardTransport>(
    _ made: Provisioning.Made, on transport: Transport
  ) -> ProvisioningError? {
    do throws(ProvisioningError) {
      try Provisioning.setPINs(
        on: transport, made: made, user: (Self.oldUser, Self.newUser),
        under: PINTerms.any, admin: (Self.oldAdmin, Self.newAdmin), under: PINTerms.any)
      return nil
    } catch {
      return error
    }
  }

  /// Whether a PIN is right, asked without costing more than a try that is given back.
  private func holds<Use: Purpose>(
    _ purpose: Use, _ pin: SecretHolder, _ card: VirtualCard, _ derivation: KeyDerivation
  ) throws -> Bool {
    var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
    do throws(CardError) {
      _ = try visit.authorize(purpose, with: pin.secret, derivedBy: derivation)
      return true
    } catch {
      guard case .wrongPIN = error else { throw error }
      return false
    }
  }

  @Test("a new dongle is ready: keys, name, certificate, revocation, PINs", arguments: Model.all)
  func ready(_ model: Model) throws {
    let card = try card(model.profile)
    let transport = RecordingTransport(VirtualCardTransport(card))
    let made = try make(plan(model.kind, derives: model.derives), on: transport).get()
    #expect(setPINs(made, on: RecordingTransport(VirtualCardTransport(card))) == nil)

    let binary = try Armor.decode(made.certificate, as: .publicKey)
    let certificate = try Certificate(binary)
    #expect(certificate.fingerprint == made.fingerprint)
    #expect(certificate.userID(at: time)?.bytes == Array("Ada Lovelace <ada@example.org>".utf8))
    #expect(certificate.keys.map(\.fingerprint) == made.dongle.fingerprints)
    #expect(made.pinned.map(\.slot) == KeySlot.allCases)
    #expect(made.pinned.map(\.publicKey) == certificate.keys.map(\.publicKey))
    let expected = (model.kind ?? .curve25519)
    switch expected {
    case .curve25519: #expect(made.algorithms[0] == .eddsa(.ed25519))
    case .nistP256: #expect(made.algorithms[0] == .ecdsa(.nistP256))
    case .rsa2048: #expect(made.algorithms[0] == .rsa(bits: 2048))
    default:
      let row = Model.curves.first { $0.kind == expected }
      #expect(made.algorithms[0] == row?.algorithm)
    }
    #expect(made.dongle.keyDerivation.isActive == model.derives)

    var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
    for slot in KeySlot.allCases {
      #expect(visit.application.creationTime(of: slot) == time)
      #expect(visit.application.keyOrigin(of: slot) == .generated)
    }
    #expect(try visit.readObject(0x65).holds(Array("Lovelace<<Ada".utf8)))
    var signing = try visit.authorize(
      .signing, with: Self.newUser.secret, pinned: made.pinned[0])
    let digest = [UInt8](repeating: 1, count: 64)
    _ = try signing.sign(digest.span, hash: .sha512)
    let derivation = made.dongle.keyDerivation
    #expect(try holds(.administration, Self.newAdmin, card, derivation))
    #expect(try !holds(.administration, Self.oldAdmin, card, derivation))
    #expect(try !holds(.signing, Self.oldUser, card, derivation))
  }

  @Test("gpg imports the certificate, and the revocation certificate revokes it")
  func gpg() throws {
    let made = try make(plan(), on: VirtualCardTransport(try card())).get()
    let gpg = try GPG()
    let name = hex(made.fingerprint).uppercased()
    #expect(try gpg.run(["--batch", "--import"], input: made.certificate).status == 0)
    let before = try gpg.run(["--batch", "--with-colons", "--list-keys", name]).text
    #expect(before.contains("Ada Lovelace <ada@example.org>"))
    #expect(before.split(separator: "\n").filter { $0.hasPrefix("sub:") }.count == 2)
    #expect(!before.contains("pub:r:"))
    let revoked = try gpg.run(["--batch", "--import"], input: made.revocation)
    // Its status is 2 in a home without a trust database, though the certificate is taken.
    let said = String(decoding: revoked.errors, as: UTF8.self)
    #expect(said.contains("revocation certificate imported"))
    #expect(try gpg.run(["--batch", "--with-colons", "--list-keys", name]).text.contains("pub:r:"))
  }

  @Test("a dongle that has keys is refused, and nothing is sent but what asks for them")
  func hasKeys() throws {
    let card = try card()
    _ = try make(plan(), on: VirtualCardTransport(card)).get()
    let transport = RecordingTransport(VirtualCardTransport(card))
    #expect(make(try plan(), on: transport).failure == .hasKeys)
    #expect(transport.sent.allSatisfy { [0xA4, 0xCA, 0xC0].contains($0[1]) })
    #expect(transport.endings == [.leave])
    // A reset makes it new.
    let again = try make(plan(reset: true), on: VirtualCardTransport(card)).get()
    #expect(again.dongle.identifier == CardIdentifier(manufacturer: 6, serial: 42))
  }

  @Test("a key without a fingerprint counts as a key")
  func foreignKey() throws {
    let card = try card()
    let admin = secret("12345678")
    do {
      var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
      var administration = try visit.authorize(.administration, with: admin, derivedBy: .plain)
      _ = try administration.generateKey(in: .signing, .eddsa(.ed25519))
    }
    #expect(make(try plan(), on: VirtualCardTransport(card)).failure == .hasKeys)
  }

  @Test(
    "PINs that aren't what was said cost one try, before anything is changed",
    arguments: [PIN.user, .admin])
  func wrongPINs(_ which: PIN) throws {
    let card = try card("nitrokey-3")
    let old = secret(which == .user ? "123456" : "12345678")
    let other = secret("something else")
    do {
      var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
      try visit.changePIN(which, from: old, to: other, derivedBy: .plain)
    }
    let transport = RecordingTransport(VirtualCardTransport(card))
    #expect(
      make(try plan(), on: transport).failure == .currentPIN(which, .wrongPIN(which, triesLeft: 2)))
    #expect(!transport.sent.contains { [0x47, 0xDA, 0xDB, 0x24].contains($0[1]) })
    // With a reset, no PIN has to be known.
    _ = try make(plan(reset: true), on: VirtualCardTransport(card)).get()
  }

  @Test(
    "a name that can't stand in a user id is refused",
    arguments: ["", "Ada <x", "Ada\n", "Ada\u{7F}"])
  func names(_ name: String) {
    #expect(throws: ProvisioningError.badName) {
      try Provisioning(ProvisioningPlan(name: Array(name.utf8), time: time))
    }
  }

  @Test(
    "a new PIN's length is checked before anything is sent",
    arguments: [
      ("12345", PIN.user), ("1234567", .admin), (String(repeating: "1", count: 128), .user),
    ])
  func lengths(_ text: String, _ which: PIN) throws {
    let visit = try OpenPGPCard(selecting: VirtualCardTransport(try card()))
    let pin = secret(text)
    var refused: ProvisioningError?
    do throws(ProvisioningError) {
      try Provisioning.check(pin, as: which, of: visit.application)
    } catch { refused = error }
    #expect(refused == .impossiblePIN(which))
  }

  @Test(
    "cut at any APDU while keys are made, the dongle has its PINs as before and can be made ready",
    arguments: ["yubikey-5", "nitrokey-3"], [false, true])
  func cutKeys(_ profile: String, _ reaches: Bool) throws {
    let whole = RecordingTransport(VirtualCardTransport(try card(profile)))
    _ = try make(plan(), on: whole).get()
    for cut in 0..<whole.sent.count {
      let card = try card(profile)
      let transport = RecordingTransport(VirtualCardTransport(card), cutAfter: cut)
      transport.lastReachesCard = reaches
      switch make(try plan(), on: transport).failure {
      case .card(.transport(.removed)), .incomplete(.transport(.removed)),
        .currentPIN(_, .transport(.removed)), .incomplete(.unanswered(.removed, _)),
        .currentPIN(_, .unanswered(.removed, _)):
        break
      case let other: Issue.record("cut \(cut): \(String(describing: other))")
      }
      #expect(try holds(.signing, Self.oldUser, card, .plain))
      #expect(try holds(.administration, Self.oldAdmin, card, .plain))
      switch make(try plan(), on: VirtualCardTransport(card)) {
      case .success: break
      case .failure(let error):
        #expect(error == .hasKeys)
        _ = try make(plan(reset: true), on: VirtualCardTransport(card)).get()
      }
    }
  }

  @Test(
    "cut at any APDU of a reset or a KDF-DO's set-up, another reset makes the dongle ready",
    arguments: ["yubikey-5", "nitrokey-3"], [false, true])
  func cutReset(_ profile: String, _ reaches: Bool) throws {
    let prototype = try card(profile)
    _ = try make(plan(), on: VirtualCardTransport(prototype)).get()
    let whole = RecordingTransport(VirtualCardTransport(prototype))
    _ = try make(plan(reset: true, derives: true), on: whole).get()
    for cut in 0..<whole.sent.count {
      let card = try card(profile)
      _ = try make(plan(), on: VirtualCardTransport(card)).get()
      let transport = RecordingTransport(VirtualCardTransport(card), cutAfter: cut)
      transport.lastReachesCard = reaches
      #expect(make(try plan(reset: true, derives: true), on: transport).failure != nil)
      let made = make(try plan(reset: true), on: VirtualCardTransport(card))
      #expect(made.failure == nil, "cut \(cut)")
    }
  }

  @Test(
    "cut at any APDU while PINs are set, each is the old one or the new one, and the keys are there",
    arguments: ["yubikey-5", "nitrokey-3"], [false, true])
  func cutPINs(_ profile: String, _ reaches: Bool) throws {
    let first = try card(profile)
    let whole = RecordingTransport(VirtualCardTransport(first))
    #expect(setPINs(try make(plan(), on: VirtualCardTransport(first)).get(), on: whole) == nil)
    for cut in 0..<whole.sent.count {
      let card = try card(profile)
      let made = try make(plan(), on: VirtualCardTransport(card)).get()
      let transport = RecordingTransport(VirtualCardTransport(card), cutAfter: cut)
      transport.lastReachesCard = reaches
      guard case .pinsUnchanged(let unchanged, let error) = setPINs(made, on: transport) else {
        Issue.record("cut \(cut)")
        continue
      }
      switch error {
      case .transport(.removed), .unanswered(.removed, .user), .unanswered(.removed, .admin): break
      default: Issue.record("cut \(cut): \(error)")
      }
      let isOldAdmin = try holds(.administration, Self.oldAdmin, card, .plain)
      let isNewAdmin = try holds(.administration, Self.newAdmin, card, .plain)
      let isOldUser = try holds(.signing, Self.oldUser, card, .plain)
      let isNewUser = try holds(.signing, Self.newUser, card, .plain)
      #expect(isOldAdmin != isNewAdmin)
      #expect(isOldUser != isNewUser)
      if !unchanged.contains(.admin) { #expect(isNewAdmin) }
      var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
      try visit.confirm(made.pinned[0])
    }
  }

  @Test("PINs are sent only to the dongle that was made ready")
  func otherDongle() throws {
    let made = try make(plan(), on: VirtualCardTransport(try card())).get()
    let other = try card()
    _ = try make(plan(), on: VirtualCardTransport(other)).get()
    let transport = RecordingTransport(VirtualCardTransport(other))
    #expect(
      setPINs(made, on: transport)
        == .pinsUnchanged([.admin, .user], .notThePinned(.fingerprint)))
    #expect(!transport.sent.contains { [0x20, 0x24].contains($0[1]) })
  }

  @Test(
    "a dongle that did not keep what was written gets no new PINs",
    arguments: KeySlot.allCases)
  func notKept(_ slot: KeySlot) throws {
    let card = try card()
    let made = try make(plan(), on: VirtualCardTransport(card)).get()
    let admin = secret("12345678")
    do {
      var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
      var administration = try visit.authorize(.administration, with: admin, derivedBy: .plain)
      let other = [UInt8](repeating: 0xEE, count: 20)
      try administration.setFingerprint(of: slot, other.span)
    }
    let transport = RecordingTransport(VirtualCardTransport(card))
    #expect(
      setPINs(made, on: transport)
        == .pinsUnchanged([.admin, .user], .notThePinned(.fingerprint)))
    #expect(transport.sent.map { $0[1] } == [0xA4, 0xCA])
  }

  @Test("nothing is asked for twice: 24 or 27 commands for keys and certificate, 6 for the PINs")
  func commands() throws {
    for (profile, count) in [("yubikey-5", 24), ("nitrokey-3", 27)] {
      let transport = RecordingTransport(VirtualCardTransport(try card(profile)))
      let made = try make(plan(), on: transport).get()
      let first = transport.sent.map { $0.prefix(4) }.filter { $0[1] != 0xC0 }
      #expect(first.count == count)
      let asked = first.filter { $0[1] == 0xCA }
      #expect(Set(asked).count == asked.count, "\(asked)")
      #expect(setPINs(made, on: transport) == nil)
      #expect(transport.sent.filter { $0[1] != 0xC0 }.count == count + 6)
    }
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
