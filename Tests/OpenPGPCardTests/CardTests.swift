import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("OpenPGPCard on the virtual card")
struct CardTests {
  struct Model: Sendable, CustomTestStringConvertible {
    let profile: String
    let kind: Dongle.Kind
    var testDescription: String { "\(profile), \(kind)" }
    static let all =
      ["yubikey-5", "nitrokey-3"].flatMap { profile in
        [Dongle.Kind.curve25519, .nistP256, .rsa2048].map { Model(profile: profile, kind: $0) }
      } + Dongle.Kind.allCases.map { Model(profile: "every-algorithm", kind: $0) }
  }

  @Test(
    "signs, deciphers and authenticates in five commands with all pins checked",
    arguments: Model.all)
  func exchange(_ model: Model) throws {
    let dongle = try Dongle(model.profile, model.kind)
    let digest = [UInt8](repeating: 0xD1, count: 32)
    let pin = secret(Dongle.user)
    let signingTransport = dongle.transport()
    do {
      let pinned = try dongle.pinned(.signing)
      var card = try OpenPGPCard(selecting: signingTransport)
      var signing = try card.authorize(.signing, with: pin, pinned: pinned)
      let signature = try signing.sign(digest.span, hash: .sha256)
      let isValid = pinned.publicKey.verify(signature.span, of: digest.span, hash: .sha256)
      #expect(isValid)
    }
    // Both profiles announce KDF in C0, so F9 is read too: six.
    #expect(signingTransport.commandCount == 6)
    #expect(signingTransport.sent.count <= 8, "chaining and GET RESPONSE included")
    #expect(signingTransport.endings == [.reset])

    let transport = dongle.transport()
    do {
      var card = try OpenPGPCard(selecting: transport)
      var decryption = try card.authorize(
        .decryption, with: pin, pinned: try dongle.pinned(.decryption))
      let (cryptogram, expected) = try dongle.cryptogram()
      var out = SecretBytes(capacity: 512)
      try decryption.decipher(cryptogram, into: &out)
      #expect(copy(of: out) == expected)
      #expect(transport.commandCount == 6)
      let signature = try decryption.authenticate(digest.span, hash: .sha256)
      let key = try dongle.pinned(.authentication).publicKey
      let isValid = key.verify(signature.span, of: digest.span, hash: .sha256)
      #expect(isValid)
    }
    #expect(transport.endings == [.reset])
  }

  @Test("without KDF in C0 the exchange is five commands")
  func five() throws {
    var profile = try CardProfile(contentsOf: Repository.path("cards/nitrokey-3.json"))
    var capabilities = profile.extendedCapabilities.bytes
    capabilities[0] &= 0xFE
    profile.extendedCapabilities = Hex(capabilities)
    let virtual = VirtualCard(profile: profile, serial: 7)
    let admin = secret(Dongle.admin)
    let pin = secret(Dongle.user)
    var visit = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    var administration = try visit.authorize(.administration, with: admin, derivedBy: .plain)
    let key = try administration.generateKey(in: .signing, .eddsa(.ed25519))
    let fingerprint = [UInt8](repeating: 9, count: 20)
    try administration.setFingerprint(of: .signing, fingerprint.span)
    let pinned = PinnedKey(
      identifier: visit.application.identifier, slot: .signing, fingerprint: fingerprint,
      publicKey: key, keyDerivation: .plain)
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    var card = try OpenPGPCard(selecting: transport)
    var signing = try card.authorize(.signing, with: pin, pinned: pinned)
    let digest = [UInt8](repeating: 1, count: 32)
    _ = try signing.sign(digest.span, hash: .sha256)
    #expect(transport.commandCount == 5)
    #expect(transport.sent.map { $0[1] }.filter { $0 != 0xC0 } == [0xA4, 0xCA, 0x47, 0x20, 0x2A])
  }

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

  @Test("a held visit confirms once, asks for the PIN, and confirms no second time")
  func heldVisit() throws {
    let dongle = try Dongle()
    let transport = dongle.transport()
    var card = try OpenPGPCard(selecting: transport)
    let pinned = try dongle.pinned(.decryption)
    try card.confirm(pinned)
    let before = transport.commandCount
    let wrong = secret("999999")
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.decryption, with: wrong, pinned: pinned)
      } == .wrongPIN(triesLeft: 2))
    let pin = secret(Dongle.user)
    _ = try card.authorize(.decryption, with: pin, pinned: pinned)
    // VERIFY, on a Yubikey C4 after the wrong one, VERIFY.
    #expect(transport.commandCount == before + 3)
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
      #expect(error == .wrongPIN(triesLeft: left) || left == 0 && error == .blocked(.user))
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
      } == .wrongPIN(triesLeft: 2))
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
      } == .wrongPIN(triesLeft: 2))
    try card.resetUserPIN(with: code, to: third, derivedBy: derivation)
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
    _ = try card.authorize(.decryption, with: third, derivedBy: derivation)
    #expect(
      failure { () throws(CardError) in
        _ = try card.resetUserPIN(with: second, to: third, derivedBy: derivation)
      } == .wrongPIN(triesLeft: 2))
    var again = try card.authorize(.administration, with: admin, derivedBy: derivation)
    try again.setUserPIN(user, derivedBy: derivation)
    _ = try card.authorize(.signing, with: user, derivedBy: derivation)
    try card.changePIN(.admin, from: admin, to: second, derivedBy: derivation)
    _ = try card.authorize(.administration, with: second, derivedBy: derivation)
  }

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

  @Test("a key made elsewhere is imported, and signs and deciphers as there", arguments: Model.all)
  func importing(_ model: Model) throws {
    let virtual = try Dongle.empty(model.profile)
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    let signer = try PrivateKey.generate(model.kind.algorithm(in: .signing))
    let recipient = try PrivateKey.generate(model.kind.algorithm(in: .decryption))
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let signingKey = try administration.importKey(signer, into: .signing)
    let decryptionKey = try administration.importKey(recipient, into: .decryption)
    #expect(try signingKey == signer.publicKey())
    #expect(administration.application.keyOrigin(of: .signing) == .imported)
    let digest = [UInt8](repeating: 0xD1, count: 32)
    var signing = try card.authorize(.signing, with: user, derivedBy: .plain)
    let signature = try signing.sign(digest.span, hash: .sha256)
    let isValid = signingKey.verify(signature.span, of: digest.span, hash: .sha256)
    #expect(isValid)
    var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    var out = SecretBytes(capacity: 300)
    switch decryptionKey {
    case .ecdh(_, let point):
      let sender = try PrivateKey.generate(decryptionKey.algorithm)
      var expected = SecretBytes(capacity: 66)
      try sender.sharedSecret(with: point.span, appendingTo: &expected)
      guard case .ecdh(_, let own) = try sender.publicKey() else { return }
      try decryption.decipher(.ecdh(point: own), into: &out)
      #expect(copy(of: out) == copy(of: expected))
    default:
      let message = Array("a session key".utf8)
      try decryption.decipher(.rsa(try decryptionKey.encryptPKCS1(message.span)), into: &out)
      #expect(copy(of: out) == message)
    }
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
  }

  @Test("what the card can't do is refused before anything is changed")
  func unsupported() throws {
    let dongle = try Dongle("nitrokey-3")
    var card = try OpenPGPCard(selecting: dongle.transport())
    let admin = secret(Dongle.admin)
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let before = administration.application
    for (slot, algorithm) in [
      (KeySlot.signing, KeyAlgorithm.ecdh(.cv25519)), (.decryption, .eddsa(.ed25519)),
      (.signing, .rsa(bits: 2049)), (.signing, .rsa(bits: 512)),
    ] {
      #expect(
        failure { () throws(CardError) in
          _ = try administration.generateKey(in: slot, algorithm)
        } == .unsupportedAlgorithm)
    }
    #expect(administration.application == before)
    let wrong = [UInt8](repeating: 1, count: 31)
    let pin = secret(Dongle.user)
    var signing = try card.authorize(.signing, with: pin, derivedBy: .plain)
    #expect(
      failure { () throws(CardError) in _ = try signing.sign(wrong.span, hash: .sha256) }
        == .wrongData)
    var decryption = try card.authorize(.decryption, with: pin, derivedBy: .plain)
    var out = SecretBytes(capacity: 16)
    #expect(
      failure { () throws(CardError) in
        try decryption.decipher(.rsa([UInt8](repeating: 1, count: 256)), into: &out)
      } == .wrongData)
    let (cryptogram, _) = try dongle.cryptogram()
    #expect(
      failure { () throws(CardError) in try decryption.decipher(cryptogram, into: &out) }
        == .wrongData)
    #expect(copy(of: out) == [])
  }

  @Test("a reset after the visit leaves nothing verified: a signature without PIN is refused")
  func resetAfterwards() throws {
    let dongle = try Dongle()
    let pin = secret(Dongle.user)
    do {
      var card = try OpenPGPCard(selecting: dongle.transport())
      var signing = try card.authorize(.signing, with: pin, pinned: try dongle.pinned(.signing))
      let digest = [UInt8](repeating: 1, count: 32)
      _ = try signing.sign(digest.span, hash: .sha256)
    }
    let select: [UInt8] = [0x00, 0xA4, 0x04, 0x00, 0x06, 0xD2, 0x76, 0x00, 0x01, 0x24, 0x01, 0x00]
    #expect(dongle.card.process(select).suffix(2) == [0x90, 0x00])
    let sign: [UInt8] = [0x00, 0x2A, 0x9E, 0x9A, 32] + [UInt8](repeating: 1, count: 32) + [0]
    #expect(dongle.card.process(sign) == [0x69, 0x82])
  }

  @Test("a card's AES key enciphers, and deciphers what it enciphered")
  func symmetric() throws {
    let virtual = try Dongle.empty("nitrokey-3")
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    try #require(card.application.capabilities.hasAES)
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let key = [UInt8](repeating: 0xAE, count: 32)
    try administration.putObject(0xD5, key.span)
    var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    let plain = (0..<48).map { UInt8($0) }
    let cipher = try decryption.encipher(plain.span)
    #expect(cipher.count == 48)
    #expect(cipher != plain)
    var out = SecretBytes(capacity: 48)
    try decryption.decipher(blocks: cipher.span, into: &out)
    #expect(copy(of: out) == plain)
    let odd = [UInt8](repeating: 1, count: 15)
    #expect(
      failure { () throws(CardError) in _ = try decryption.encipher(odd.span) } == .wrongData)
  }

  @Test("keys are swapped by MANAGE SECURITY ENVIRONMENT until they are swapped back")
  func swappedKeys() throws {
    let dongle = try Dongle("nitrokey-3", .rsa2048)
    let user = secret(Dongle.user)
    var card = try OpenPGPCard(selecting: dongle.transport())
    try #require(card.application.capabilities.canSwapKeys)
    var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    let digest = [UInt8](repeating: 1, count: 32)
    for swapped in [true, false] {
      try decryption.useKeys(swapped: swapped)
      let signature = try decryption.authenticate(digest.span, hash: .sha256)
      let key = try dongle.pinned(swapped ? .decryption : .authentication).publicKey
      let isValid = key.verify(signature.span, of: digest.span, hash: .sha256)
      #expect(isValid)
    }
  }

  @Test("an authorization that is ended leaves nothing verified")
  func ended() throws {
    let dongle = try Dongle("nitrokey-3")
    let user = secret(Dongle.user)
    var card = try OpenPGPCard(selecting: dongle.transport())
    let decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    #expect(try card.isAuthorized(.decryption))
    try decryption.end()
    #expect(try !card.isAuthorized(.decryption))
  }

  @Test(
    "RSA of every size is imported, signs and deciphers",
    arguments: zip(["yubikey-5", "nitrokey-3"], [4096, 3072]))
  func rsa(_ profile: String, _ bits: Int) throws {
    let virtual = try Dongle.empty(profile)
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    var card = try OpenPGPCard(selecting: transport)
    let own = try PrivateKey.generate(.rsa(bits: bits))
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let key = try administration.importKey(own, into: .decryption)
    _ = try administration.importKey(own, into: .signing)
    var signing = try card.authorize(.signing, with: user, derivedBy: .plain)
    let digest = [UInt8](repeating: 1, count: 64)
    let signature = try signing.sign(digest.span, hash: .sha512)
    let isValid = key.verify(signature.span, of: digest.span, hash: .sha512)
    #expect(isValid)
    var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    var out = SecretBytes(capacity: 512)
    let message = Array("a session key".utf8)
    try decryption.decipher(.rsa(try key.encryptPKCS1(message.span)), into: &out)
    #expect(copy(of: out) == message)
    // Extended lengths: no chains.
    #expect(!transport.sent.contains { $0[0] == 0x10 })
  }

  @Test("a card without extended lengths gets chains and gives its answers in parts")
  func short() throws {
    var profile = try CardProfile(contentsOf: Repository.path("cards/yubikey-5.json"))
    profile.historicalBytes = Hex([0x00, 0x73, 0x00, 0x00, 0x80, 0x05, 0x90, 0x00])
    profile.lengths = nil
    profile.applicationData.removeAll { $0.bytes == [0x7F, 0x66] }
    let virtual = VirtualCard(profile: profile, serial: 8)
    let user = secret(Dongle.user)
    let admin = secret(Dongle.admin)
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    var card = try OpenPGPCard(selecting: transport)
    #expect(!card.application.limits.extendedLengths)
    let own = try PrivateKey.generate(.rsa(bits: 4096))
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let key = try administration.importKey(own, into: .decryption)
    var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
    var out = SecretBytes(capacity: 512)
    let message = Array("a session key".utf8)
    try decryption.decipher(.rsa(try key.encryptPKCS1(message.span)), into: &out)
    #expect(copy(of: out) == message)
    #expect(transport.sent.allSatisfy { $0.count <= 261 })
    #expect(transport.sent.contains { $0[0] == 0x10 && $0[1] == 0xDB })
    #expect(transport.sent.contains { $0[0] == 0x10 && $0[1] == 0x2A })
    #expect(transport.sent.contains { $0[1] == 0xC0 })
  }
}
