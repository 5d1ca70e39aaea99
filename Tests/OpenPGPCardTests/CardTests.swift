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
      } == .wrongPIN(.user, triesLeft: 2))
    let pin = secret(Dongle.user)
    _ = try card.authorize(.decryption, with: pin, pinned: pinned)
    // VERIFY, on a Yubikey C4 after the wrong one, VERIFY.
    #expect(transport.commandCount == before + 3)
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
}
