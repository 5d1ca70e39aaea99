import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

@Suite("Keys brought to the virtual card")
struct KeyImportTests {
  @Test(
    "a key made elsewhere is imported, and signs and deciphers as there",
    arguments: CardTests.Model.all)
  func importing(_ model: CardTests.Model) throws {
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
