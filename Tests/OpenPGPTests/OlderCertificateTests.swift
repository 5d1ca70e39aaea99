import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Certificates as people have them")
struct OlderCertificateTests {
  private let basics: [UInt8]
  private let key: SoftKey
  private let primaryPacket: [UInt8]
  private let flags = Crafted.subpacket(27, [3])

  init() throws {
    key = try TestKeys.secretKeys("rsa2048")[0]
    basics = Crafted.issuerFingerprint(key) + Crafted.creationTime(june2024)
    let draft = try CertificateDraft(
      primary: key.key, userID: Self.userID, decryption: nil, authentication: nil, at: june2024)
    let bytes = try draft.finished(
      with: [try key.sign(draft.signatures[0].digest, draft.signatures[0].hash)])
    primaryPacket = Crafted.split(bytes)[0]
  }

  private static let userID = [UInt8]("Eve".utf8)
  private var body: [UInt8] { [UInt8](primaryPacket.dropFirst(3)) }
  private var user: [UInt8] { [0xCD, 3] + Self.userID }

  private func hashing(_ body: [UInt8]) -> [UInt8] {
    [0x99] + Crafted.number(body.count, 2) + body
  }

  private func certification(
    _ hash: HashAlgorithm = .sha256, at time: UInt32 = june2024, _ more: [UInt8] = [],
    unhashed: [UInt8]? = nil
  ) throws -> [UInt8] {
    try Crafted.signature(
      over: hashing(body) + [0xB4, 0, 0, 0, 3] + Self.userID, by: key, type: 0x13, hash: hash,
      hashed: Crafted.issuerFingerprint(key) + Crafted.creationTime(time) + flags + more,
      unhashed: unhashed)
  }

  private func problem(_ bytes: [UInt8]) throws -> KeyProblem? {
    let certificate = try Certificate(bytes)
    return certificate.problem(with: certificate.fingerprint, for: .signing, at: year2026)
  }

  @Test("a self-signature over SHA-1 is refused as that; the newest one counts")
  func sha1() throws {
    let head = primaryPacket + user
    #expect(try problem(head + certification(.sha1)) == .sha1SelfSignature)
    #expect(try problem(head + certification(.sha1) + certification(at: june2024 + 1)) == nil)
    #expect(try problem(head + certification(.sha1) + certification()) == nil)
    #expect(try problem(head + certification() + certification(.sha1)) == nil)
    // What the newer one says may be an earlier expiry.
    #expect(
      try problem(head + certification() + certification(.sha1, at: june2024 + 1))
        == .sha1SelfSignature)
    #expect(try problem(head) == .notBound)
    let certificate = try Certificate(head + certification(.sha1))
    #expect(certificate.userID(at: year2026) == nil)
    #expect(certificate.keys(for: .signing, at: year2026).isEmpty)
  }

  @Test("a binding, or a subkey's signature back, over SHA-1 is refused as that")
  func sha1Subkey() throws {
    let subkey = try SoftKey(.eddsa(.ed25519), at: january2024)
    let draft = try CertificateDraft(
      primary: subkey.key, userID: Self.userID, decryption: nil, authentication: nil, at: june2024)
    let packet = Crafted.split(
      try draft.finished(with: [try subkey.sign(draft.signatures[0].digest, .sha256)]))[0]
    let subkeyBody = [UInt8](packet.dropFirst(2))
    let over = hashing(body) + hashing(subkeyBody)
    func certificate(_ binding: HashAlgorithm, back: HashAlgorithm?) throws -> [UInt8] {
      var hashed = basics + Crafted.subpacket(27, [2])
      if let back {
        let signature = try Crafted.signature(
          over: over, by: subkey, type: 0x19, hash: back,
          hashed: Crafted.issuerFingerprint(subkey) + Crafted.creationTime(june2024))
        hashed += Crafted.subpacket(32, [UInt8](signature.dropFirst(6)))
      }
      return try primaryPacket + user + certification() + [0xCE] + packet.dropFirst(1)
        + Crafted.signature(over: over, by: key, type: 0x18, hash: binding, hashed: hashed)
    }
    for (binding, back, expected) in [
      (.sha256, .sha256, nil), (.sha256, nil, .noBackSignature),
      (.sha256, .sha1, .sha1BackSignature), (.sha1, .sha256, .sha1SelfSignature),
    ] as [(HashAlgorithm, HashAlgorithm?, KeyProblem?)] {
      let read = try Certificate(try certificate(binding, back: back))
      #expect(
        read.problem(with: subkey.key.fingerprint, for: .signing, at: year2026) == expected,
        "\(binding) \(String(describing: back))")
    }
  }

  @Test("markers, padding and unknown packets that need not be known are passed over anywhere")
  func passedOver() throws {
    let marker: [UInt8] = [0xCA, 3] + [UInt8]("PGP".utf8)
    let padding = Crafted.packet(21, [1, 2, 3])
    let unknown = Crafted.packet(60, [1])
    let parts = [primaryPacket, user, try certification()]
    for noise in [
      marker, padding, unknown, Crafted.packet(12, [0, 6]), marker + padding + unknown,
    ] {
      for place in 0...parts.count {
        var bytes = parts
        bytes.insert(noise, at: place)
        #expect(try problem(bytes.flatMap { $0 }) == nil, "\(hex(noise)) at \(place)")
      }
    }
    // RFC 9580 §4.3: types below 40 must be known.
    for tag: UInt8 in [3, 4, 15, 16, 19, 22, 39] {
      #expect(throws: OpenPGPError.unexpectedPacket(tag: tag)) {
        try Certificate(parts.flatMap { $0 } + Crafted.packet(tag, [1]))
      }
    }
    let signature = try TestKeys.file("ed25519/signed.sig")
    let data = try TestKeys.file("signed.txt")
    for bytes in [marker + signature, signature + marker, padding + signature + padding + marker] {
      _ = try DetachedSignature(bytes).verify(
        over: data, by: [try TestKeys.certificate("ed25519")], at: year2026)
    }
  }

  @Test("what isn't signed of a self-signature can't make it void, be it called critical")
  func unhashed() throws {
    for unhashed in [
      Crafted.issuer(key) + Crafted.subpacket(100, [1, 2]),
      Crafted.issuer(key) + Crafted.subpacket(0x80 | 100, [1, 2]), Crafted.subpacket(0x80 | 38, []),
    ] {
      #expect(try problem(primaryPacket + user + certification(unhashed: unhashed)) == nil)
    }
    #expect(
      try problem(primaryPacket + user + certification(.sha256, Crafted.subpacket(0xE4, [])))
        == .notBound)
  }

  @Test("RSA keys of types 2 and 3 encrypt only, sign only")
  func rsaTypes() throws {
    for (type, problems) in [
      (1, (nil, nil)), (2, (KeyProblem.notBound, KeyProblem.notBound)),
      (3, (nil, KeyProblem.notMeantForThis)),
    ] as [(UInt8, (KeyProblem?, KeyProblem?))] {
      var body = body
      body[5] = type
      let read = try CertificateKey(parsing: body.span)
      #expect(read.algorithm == type)
      #expect((read.recipientKey == nil) == (type == 3))
      #expect(
        try CertificateKey.matching(
          read.fingerprint, read.publicKey, creationTime: read.creationTime) == read)
      let signature = try Crafted.signature(
        over: hashing(body) + [0xB4, 0, 0, 0, 3] + Self.userID, by: key, type: 0x13,
        hashed: Crafted.subpacket(33, [4] + read.fingerprint) + Crafted.creationTime(june2024)
          + Crafted.subpacket(27, [0x0F]),
        unhashed: [])
      let certificate = try Certificate(Crafted.packet(6, body) + user + signature)
      for (purpose, expected) in [
        (KeyPurpose.signing, problems.0), (.decryption, problems.1),
      ] {
        #expect(
          certificate.problem(with: read.fingerprint, for: purpose, at: year2026) == expected,
          "type \(type), \(purpose)")
      }
    }
  }

  @Test(
    "a DSA or unknown primary key is named as that, with its modern subkeys, and the others are read"
  )
  func unknownPrimary() throws {
    let subkeys = try TestKeys.certificate("subkey")
    let subkeyBody: [UInt8] = [UInt8](Crafted.split(try WrittenCertificate("ed25519").bytes)[3])
    for algorithm: UInt8 in [17, 16, 27, 99] {
      let dsa = Crafted.packet(6, [4, 0, 0, 0, 1, algorithm, 0, 8, 0x80]) + user
      let keyring = try Keyring(dsa + subkeyBody + primaryPacket + user + certification())
      #expect(keyring.certificates.count == 1)
      #expect(keyring.unread.map(\.reason) == [.unsupportedPrimary(algorithm: algorithm)])
      #expect(keyring.unread[0].fingerprints.count == 2)
      #expect(throws: OpenPGPError.unsupportedPrimary(algorithm: algorithm)) {
        try Certificate(dsa + subkeyBody)
      }
      // What stands in it counts for others.
      let places = try TestKeys.file("places/certificate.pgp")
      let revocation = try TestKeys.file("places/revocation.pgp")
      let joined = try Keyring(places + dsa + revocation)
      #expect(joined.certificates.map(\.revocations.count) == [1])
    }
    #expect(subkeys.subkeys.count == 4)
  }

  @Test(
    "armor is found in text, before, between and behind; a mark of byte order and CRLF are no matter"
  )
  func text() throws {
    let one = try TestKeys.file("ed25519/public.asc")
    let two = try TestKeys.file("nistp256/public.asc")
    let plain = [UInt8]("Dear Bob,\n\nmy keys: äöü\n".utf8)
    let umlaut = [UInt8]("Über mich:\n".utf8)
    let cyrillic = [UInt8]("Ключ:\n".utf8)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for before in [plain, umlaut, cyrillic, mark + plain, mark, []] {
      let keyring = try Keyring(before + one + plain + two + plain)
      #expect(keyring.certificates.count == 2, "\(hex(before))")
      let crlf = (before + one).flatMap { $0 == 10 ? [13, 10] : [$0] }
      #expect(try Keyring(crlf).certificates.count == 1)
    }
    // None that can't be read is passed over.
    for (bad, error) in [
      ([UInt8](two.prefix(200)), .malformedArmor), ([0x3A] + two, .guardedArmor),
      ([0x3E, 0x20] + two, .guardedArmor), (try TestKeys.file("rsa2048/secret.asc"), .wrongArmor),
      (try TestKeys.file("ed25519/signed.asc"), .unexpectedPacket(tag: 2)),
      (try TestKeys.file("refused/clearsigned.asc"), .malformedArmor),
    ] as [([UInt8], OpenPGPError)] {
      #expect(throws: error) { try Keyring(one + bad) }
      #expect(throws: error) { try Keyring(plain + bad) }
    }
  }

  @Test("copies of a certificate are one, in one file or several; the newer self-signature counts")
  func copies() throws {
    let older = try primaryPacket + user + certification()
    let newer =
      try primaryPacket + user
      + certification(at: june2024 + 1, Crafted.subpacket(9, [0, 0, 0, 1]))
    let expired = KeyProblem.expired(at: key.key.creationTime + 1)
    #expect(try problem(older) == nil)
    #expect(try problem(older + newer) == expired)
    #expect(try problem(newer + older) == expired)
    var keyring = try Keyring(older)
    try keyring.merge(try Keyring(newer))
    #expect(keyring.certificates.count == 1)
    #expect(
      keyring.certificates[0].problem(with: key.key.fingerprint, for: .signing, at: year2026)
        == expired)
  }

  @Test("an old signature that names its key by the key ID only holds, signed or not")
  func keyID() throws {
    let signer = try TestKeys.secretKeys("ed25519")[0]
    let trusted = [try TestKeys.certificate("nistp256"), try TestKeys.certificate("ed25519")]
    let time = Crafted.creationTime(june2024)
    for (hashed, unhashed) in [
      (time, Crafted.issuer(signer)), (time + Crafted.issuer(signer), []),
    ] {
      let bytes = try Crafted.signature(
        over: plaintext, by: signer, hashed: hashed, unhashed: unhashed)
      let verdict = try DetachedSignature(bytes).verify(
        over: plaintext, by: trusted, at: year2026)
      #expect(verdict.signer == signer.key.fingerprint)
      #expect(throws: SignatureError.untrusted([UInt8](signer.key.fingerprint.suffix(8)))) {
        try DetachedSignature(bytes).verify(over: plaintext, by: [trusted[0]], at: year2026)
      }
    }
  }
}
