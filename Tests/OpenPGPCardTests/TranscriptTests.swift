import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing

private func yubikey(_ name: String) throws -> Transcript {
  try Transcript(contentsOf: Repository.path("Tests/Transcripts/yubikey-5.4.3/\(name).txt"))
}

/// The client against what a real Yubikey 5 (firmware 5.4.3) was sent and answered.
///
/// Compared byte for byte are SELECT, GET DATA 6E and its GET RESPONSE, VERIFY, CHANGE, RESET RETRY
/// COUNTER, PUT DATA, TERMINATE, ACTIVATE and PSO: DECIPHER's data. Where the recorded client writes
/// another, equal form of a command, `Respelling` says which: it names slots `B6 03 84 01 01` where the
/// specification's table has `B6 00`; it leaves out Le where an answer comes; it asks for small objects
/// with an extended Le. The order is ours.
@Suite("Replayed against a real Yubikey")
struct TranscriptTests {
  /// A recorded command in the form that we write it in; the answer stays what it is.
  private static func respelled(_ command: [UInt8]) -> [UInt8] {
    switch (command[1], command.count) {
    case (0x47, _):
      return Array(command.prefix(4)) + [2, command[5], 0, 0]
    case (0x2A, _): return command + [0x00]
    case (0xCA, 7...): return Array(command.prefix(4)) + [0x00]
    default: return command
    }
  }

  /// A recording from the moment a test of its own begins, after its set-up's reset.
  private func replay(_ name: String) throws -> TranscriptTransport {
    let transcript = try yubikey(name)
    return TranscriptTransport(
      transcript.exchanges.map { (Self.respelled($0.command), $0.answer) })
  }

  @Test("SELECT and 6E go out as recorded, with GET RESPONSE, and are understood")
  func select() throws {
    let transport = TranscriptTransport(try yubikey("TestApplicationRelated"))
    let card = try OpenPGPCard(selecting: transport)
    let application = card.application
    #expect(application.identifier == CardIdentifier(manufacturer: 6, serial: 0x2385_2774))
    #expect(application.attributes(of: .signing)?.algorithm == .rsa(bits: 2048))
    #expect(application.limits.extendedLengths)
    #expect(transport.unknown == [])
    #expect(
      transport.sent.map { hex($0) } == ["00a4040006d2760001240100", "00ca006e00", "00c000003b"])
  }

  @Test("every recording's first 6E is understood")
  func all() throws {
    for transcript in try Transcript.all(of: "yubikey-5.4.3") {
      let name = transcript.name
      let transport = TranscriptTransport(transcript)
      let card = try OpenPGPCard(selecting: transport)
      #expect(card.application.identifier.serial == 0x2385_2774, "\(name)")
      #expect(transport.unknown == [], "\(name)")
    }
  }

  struct Signature: Sendable {
    let name: String
    let algorithm: KeyAlgorithm
    let hash: HashAlgorithm
  }

  @Test(
    "PSO: COMPUTE DIGITAL SIGNATURE, as recorded: VERIFY 81 and the digest",
    arguments: [
      Signature(name: "TestSign-EdDSA", algorithm: .eddsa(.ed25519), hash: .sha256),
      Signature(name: "TestSign-ECDSA-ANSIx9p256r1", algorithm: .ecdsa(.nistP256), hash: .sha256),
      Signature(name: "TestSign-ECDSA-ANSIx9p384r1", algorithm: .ecdsa(.nistP384), hash: .sha384),
      Signature(name: "TestSign-ECDSA-ANSIx9p521r1", algorithm: .ecdsa(.nistP521), hash: .sha512),
    ])
  func sign(_ row: Signature) throws {
    let recorded = try yubikey(row.name)
    let generated = try #require(recorded.exchanges.first { $0.command[1] == 0x47 })
    let pso = try #require(
      recorded.exchanges.first {
        $0.command[1] == 0x2A && Int($0.command[4]) == row.hash.digestSize
      })
    let digest = Array(pso.command[5...])
    // From after the key was made: its 6E is asked for with a short Le by us.
    let transport = try afterKey(row.name)
    var card = try OpenPGPCard(selecting: transport)
    #expect(card.application.attributes(of: .signing)?.algorithm == row.algorithm)
    let key = try card.publicKey(in: .signing)
    #expect(generated.answer.holds(point(of: key)))
    let pin = secret("123456")
    var signing = try card.authorize(.signing, with: pin, derivedBy: .plain)
    let signature = try signing.sign(digest.span, hash: row.hash)
    #expect(signature == pso.answer.dropLast(2))
    let isValid = key.verify(signature.span, of: digest.span, hash: row.hash)
    #expect(isValid)
    #expect(transport.unknown == [])
  }

  @Test(
    "PSO: DECIPHER, as recorded: VERIFY 82 and the point in A6",
    arguments: [
      ("TestSharedKeyECDH-X25519", Curve.cv25519),
      ("TestSharedKeyECDH-ANSIx9p256r1", Curve.nistP256),
      ("TestSharedKeyECDH-ANSIx9p384r1", Curve.nistP384),
      ("TestSharedKeyECDH-ANSIx9p521r1", Curve.nistP521),
    ])
  func decipher(_ name: String, _ curve: Curve) throws {
    let recorded = try yubikey(name)
    let pso = try #require(recorded.exchanges.first { $0.command[1] == 0x2A })
    let point = Array(pso.command.suffix(curve.pointSize))
    let transport = try afterKey(name)
    var card = try OpenPGPCard(selecting: transport)
    let pin = secret("123456")
    var decryption = try card.authorize(.decryption, with: pin, derivedBy: .plain)
    var shared = SecretBytes(capacity: 66)
    try decryption.decipher(.ecdh(point: point), into: &shared)
    #expect(copy(of: shared) == Array(pso.answer.dropLast(2)))
    #expect(transport.unknown == [])
  }

  @Test("a wrong PIN gets 6982 from a Yubikey; C4 then says how many tries are left")
  func wrongPIN() throws {
    let transport = try replay("TestResetRetryCounterWithResettingCode")
    var card = try OpenPGPCard(selecting: transport)
    let wrong = secret("some wrong password")
    // The first C4 recorded is the set-up's, before the wrong PIN.
    try card.refreshPINStatus()
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
    #expect(throws: CardError.wrongPIN(.user, triesLeft: 2)) {
      _ = try card.authorize(.signing, with: wrong, derivedBy: .plain)
    }
    let code = secret("my reset code")
    let pin = secret("123456")
    #expect(card.application.pinStatus.triesLeft(.resetCode) == 3)
    try card.resetUserPIN(with: code, to: pin, derivedBy: .plain)
    #expect(card.application.pinStatus.triesLeft(.user) == 3)
    #expect(transport.unknown == [])
  }

  @Test("a PIN is changed, and a card reset, with the very commands recorded")
  func changeAndReset() throws {
    let transport = try replay("TestChangePassword")
    var card = try OpenPGPCard(selecting: transport)
    let old = secret("123456")
    let new = secret("hallohallo")
    try card.changePIN(.user, from: old, to: new, derivedBy: .plain)
    _ = try card.authorize(.signing, with: new, derivedBy: .plain)
    #expect(transport.unknown == [])
    let second = try replay("TestFactoryReset")
    var other = try OpenPGPCard(selecting: second)
    let admin = secret("12345678")
    let administration = try other.authorize(.administration, with: admin, derivedBy: .plain)
    second.skip(command: "00e60000", answer: "6982")
    try administration.factoryReset()
    #expect(second.unknown == [])
  }

  @Test("the whole set-up of a KDF-DO sends only what the recorded client sent, salts apart")
  func keyDerivation() throws {
    let recorded = try yubikey("TestSetupKDF")
    let put = try #require(
      recorded.exchanges.first { $0.command.starts(with: [0, 0xDA, 0, 0xF9]) })
    let content = Array(put.command[5...])
    let derivation = try KeyDerivation(parsing: content.span)
    #expect(derivation.method == .iteratedSalted(.sha512, count: 100_000))
    let transport = TranscriptTransport(recorded)
    var card = try OpenPGPCard(selecting: transport)
    let user = secret("123456")
    let admin = secret("12345678")
    _ = try card.authorize(.signing, with: user, derivedBy: derivation)
    _ = try card.authorize(.administration, with: admin, derivedBy: derivation)
    #expect(transport.unknown == [])
    #expect(transport.sent.suffix(2).allSatisfy { $0.count == 5 + 64 })
  }

  /// From a recording, what answers a visit after its key was made: SELECT, the last 6E under the short
  /// Le we ask with, the key's generation as its reading, and all that follows.
  private func afterKey(_ name: String) throws -> TranscriptTransport {
    let exchanges = try yubikey(name).exchanges
    let start = try #require(exchanges.firstIndex { $0.command[1] == 0x47 })
    let select = exchanges[0]
    let made = exchanges[start]
    let template = made.command[5]
    var out = [(select.command, select.answer)]
    let reads = exchanges[start...].filter { $0.command.starts(with: [0, 0xCA, 0, 0x6E]) }
    let application = try #require(reads.first)
    out.append((bytes(hex: "00CA006E00") ?? [], application.answer))
    out.append(([0, 0x47, 0x81, 0, 2, template, 0, 0], made.answer))
    out += exchanges[(start + 1)...].map { (Self.respelled($0.command), $0.answer) }
    return TranscriptTransport(out)
  }

  private func point(of key: PublicKey) -> [UInt8] {
    switch key {
    case .rsa(let modulus, _): modulus
    case .ecdsa(_, let point), .ecdh(_, let point), .eddsa(_, let point): point
    }
  }
}
