import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Attacks on certificates")
struct CertificateAttackTests {
  /// All that a certificate vouches for: each key, what it may do and until when, and each user id.
  private func claims(_ certificate: Certificate) -> Set<String> {
    var claims: Set<String> = []
    for purpose in KeyPurpose.allCases {
      for key in certificate.keys(for: purpose, at: june2024) {
        let expiry = certificate.expiryTime(of: key.fingerprint, at: june2024) ?? 0
        claims.insert("\(hex(key.fingerprint)) \(purpose) \(expiry)")
      }
    }
    for userID in certificate.userIDs where !userID.certifications.isEmpty {
      claims.insert("\(hex(certificate.fingerprint)) \(hex(userID.bytes))")
    }
    return claims
  }

  @Test(
    "no flipped bit and no truncation gives a key or a user id more than it had",
    arguments: ["ed25519", "nistp256", "subkey", "rsa2048"])
  func flips(_ name: String) throws {
    let text = try TestKeys.file("\(name)/public.asc")
    let good = try Armor.decode(text, as: .publicKey)
    let granted = claims(try Certificate(good))
    var read = 0
    var accepted: [String] = []
    func check(_ bytes: [UInt8], _ what: String) {
      guard let keyring = try? Keyring(bytes) else { return }
      read += 1
      for certificate in keyring.certificates where !claims(certificate).isSubset(of: granted) {
        accepted.append(what)
      }
    }
    // Every bit of the smaller ones; of the others one in some, as verifying takes its time.
    let step = ["rsa2048": 7, "subkey": 13][name] ?? 1
    for bit in stride(from: 0, to: good.count * 8, by: step) {
      var changed = good
      changed[bit / 8] ^= 1 << (bit % 8)
      check(changed, "bit \(bit)")
    }
    for length in stride(from: 0, to: good.count, by: step) {
      check([UInt8](good[..<length]), "length \(length)")
    }
    #expect(accepted.isEmpty)
    #expect(read > 0)
  }

  @Test("a flipped bit in armor is noticed by its checksum", arguments: ["ed25519", "rsa2048"])
  func armor(_ name: String) throws {
    let text = try TestKeys.file("\(name)/public.asc")
    let good = try Armor.decode(text, as: .publicKey)
    for bit in 0..<(text.count * 8) {
      var changed = text
      changed[bit / 8] ^= 1 << (bit % 8)
      if let bytes = try? Armor.decode(changed, as: .publicKey) { #expect(bytes == good) }
    }
    for length in 0..<(text.count - 1) {
      #expect(throws: OpenPGPError.malformedArmor) {
        try Armor.decode([UInt8](text[..<length]), as: .publicKey)
      }
    }
  }

  /// The certificate of a primary key and a user id, with whatever signature is made over the two.
  private func certificate(
    _ key: SoftKey, _ signature: (_ signed: [UInt8]) throws -> [UInt8]
  ) throws -> Certificate {
    let draft = try CertificateDraft(
      primary: key.key, userID: [UInt8]("Eve".utf8), decryption: nil, authentication: nil,
      at: june2024)
    let honest = try draft.finished(with: [try key.sign(draft.signatures[0].digest, .sha256)])
    let keyBody = [UInt8](honest[2..<(2 + Int(honest[1]))])
    let head = [UInt8](honest[..<(2 + keyBody.count + 5)])
    let signed =
      [0x99] + Crafted.number(keyBody.count, 2) + keyBody + [0xB4, 0, 0, 0, 3]
      + [UInt8]("Eve".utf8)
    return try Certificate(head + (try signature(signed)))
  }

  @Test("a certification that isn't right gives the key no use")
  func certifications() throws {
    let key = try TestKeys.secretKeys("ed25519")[0]
    let other = try TestKeys.secretKeys("expired")[0]
    let basics = Crafted.issuerFingerprint(key) + Crafted.creationTime(june2024)
    let flags = Crafted.subpacket(27, [3])
    let notBound = KeyProblem.notBound
    let cases: [(type: UInt8, hash: HashAlgorithm, by: SoftKey, [UInt8], KeyProblem?)] = [
      (0x13, .sha256, key, basics + flags, nil),
      (0x10, .sha512, key, basics + flags, nil),
      (0x13, .sha1, key, basics + flags, .sha1SelfSignature),
      (0x13, .sha256, other, basics + flags, notBound),
      (0x14, .sha256, key, basics + flags, notBound),
      (0x18, .sha256, key, basics + flags, notBound),
      (0x00, .sha256, key, basics + flags, notBound),
      (0x13, .sha256, key, basics + flags + Crafted.subpacket(0xE4, []), notBound),
      (0x13, .sha256, key, Crafted.issuerFingerprint(key) + flags, notBound),
      (0x13, .sha256, key, Crafted.issuerFingerprint(other) + basics + flags, notBound),
      (0x13, .sha256, key, Crafted.creationTime(june2024 + 1) + flags, notBound),
      (0x13, .sha256, key, basics + flags + Crafted.subpacket(3, [0, 0, 0, 0]), nil),
      (0x13, .sha256, key, basics, .notMeantForThis),
      (0x13, .sha256, key, basics + Crafted.subpacket(27, [1]), .notMeantForThis),
      (0x13, .sha256, key, basics + Crafted.subpacket(27, []), .notMeantForThis),
      (0x13, .sha256, key, basics + flags + flags, .notMeantForThis),
      (0x13, .sha256, key, basics + flags + Crafted.subpacket(9, [1]), notBound),
      (
        0x13, .sha256, key, basics + flags + Crafted.subpacket(9, [0, 0, 0, 1]),
        .expired(at: january2024 + 1)
      ),
      (0x13, .sha256, key, basics + flags + Crafted.subpacket(9, [0xFF, 0xFF, 0xFF, 0xFF]), nil),
    ]
    for (type, hash, signer, hashed, problem) in cases {
      let certificate = try certificate(key) { signed in
        try Crafted.signature(
          over: signed, by: signer, type: type, hash: hash, hashed: hashed,
          unhashed: Crafted.issuer(key))
      }
      #expect(
        certificate.problem(with: key.key.fingerprint, for: .signing, at: june2024) == problem,
        "type \(type) \(hash) \(hex(hashed))")
    }
  }

  @Test("a user id that was taken back vouches for nothing any more")
  func revokedUserID() throws {
    let key = try TestKeys.secretKeys("ed25519")[0]
    let basics = Crafted.issuerFingerprint(key) + Crafted.creationTime(june2024)
    let certificate = try certificate(key) { signed in
      try Crafted.signature(
        over: signed, by: key, type: 0x13, hashed: basics + Crafted.subpacket(27, [3]))
        + Crafted.signature(over: signed, by: key, type: 0x30, hashed: basics)
    }
    #expect(certificate.userIDs[0].revocations.count == 1)
    #expect(certificate.userID(at: june2024) == nil)
    #expect(
      certificate.problem(with: key.key.fingerprint, for: .signing, at: june2024) == .notBound)
  }

  @Test("a subkey bound by somebody else's primary key is nobody's")
  func foreignSubkey() throws {
    let mine = try WrittenCertificate("ed25519")
    let theirs = try WrittenCertificate("nistp256")
    let last = Crafted.split(theirs.bytes).suffix(2).flatMap { $0 }
    let certificate = try Certificate(mine.bytes + last)
    #expect(certificate.subkeys.count == 3)
    let subkey = certificate.subkeys[2].key
    #expect(
      certificate.problem(with: subkey.fingerprint, for: .authentication, at: june2024)
        == .notBound)
    #expect(certificate.skipped == [.signature(type: 0x18)])
  }

  @Test("any bytes at all are read or refused, never a crash")
  func noise() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      if !bytes.isEmpty, Bool.random() {
        bytes[0] = [0xC6, 0xC2, 0xC1, 0xD2, 0x99, 0x88, 0x84, 0xCB].randomElement() ?? 0xC6
      }
      _ = try? Keyring(bytes)
      _ = try? DetachedSignature(bytes)
      _ = try? EncryptedMessage(bytes)
      _ = try? Armor.decode(bytes, as: .message)
    }
  }
}
