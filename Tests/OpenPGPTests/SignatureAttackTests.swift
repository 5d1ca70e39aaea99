import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Attacks on signatures")
struct SignatureAttackTests {
  /// Whether those bytes pass as a signature over the test data.
  private func passes(_ bytes: [UInt8], over data: [UInt8], by trusted: [Certificate]) -> Bool {
    do throws(SignatureError) {
      _ = try DetachedSignature(bytes).verify(over: data, by: trusted, at: year2026)
      return true
    } catch {
      return false
    }
  }

  @Test(
    "no flipped bit and no truncation of a signature passes",
    arguments: TestKeys.names.filter { !TestKeys.curves.contains($0) } + ["nistp384"])
  func flips(_ name: String) throws {
    let trusted = [try TestKeys.certificate(name)]
    let data = try TestKeys.file("signed.txt")
    // Armor costs much more time to read than it adds: once for each kind of key.
    let isLarge = ["rsa3072", "rsa4096", "nistp384"].contains(name)
    for file in isLarge ? ["signed.sig"] : ["signed.sig", "signed.asc"] {
      let good = try TestKeys.file("\(name)/\(file)")
      var accepted: [String] = []
      for bit in 0..<(good.count * 8) {
        var changed = good
        changed[bit / 8] ^= 1 << (bit % 8)
        if passes(changed, over: data, by: trusted) { accepted.append("bit \(bit)") }
      }
      // An armor's last newline carries nothing.
      let end = file.hasSuffix("asc") ? good.count - 1 : good.count
      for length in 0..<end where passes([UInt8](good[..<length]), over: data, by: trusted) {
        accepted.append("length \(length)")
      }
      #expect(accepted.isEmpty, "\(file)")
      #expect(passes(good, over: data, by: trusted))
    }
  }

  @Test("of all types, versions and hash functions only those of the policy pass")
  func kinds() throws {
    let key = try TestKeys.secretKeys("rsa2048")[0]
    let trusted = [try TestKeys.certificate("rsa2048")]
    let hashed = Crafted.issuerFingerprint(key) + Crafted.creationTime(june2024)
    for type in 0...255 as ClosedRange<UInt8> {
      let bytes = try Crafted.signature(over: plaintext, by: key, type: type, hashed: hashed)
      #expect(passes(bytes, over: plaintext, by: trusted) == (type == 0))
    }
    for version in 0...255 as ClosedRange<UInt8> {
      let bytes = try Crafted.signature(over: plaintext, by: key, version: version, hashed: hashed)
      #expect(passes(bytes, over: plaintext, by: trusted) == (version == 4))
    }
    for hash in HashAlgorithm.allCases {
      let bytes = try Crafted.signature(over: plaintext, by: key, hash: hash, hashed: hashed)
      #expect(passes(bytes, over: plaintext, by: trusted) == (hash != .sha1))
    }
  }

  @Test("what a good signature must say, and must not, is named")
  func subpackets() throws {
    let key = try TestKeys.secretKeys("ed25519")[0]
    let other = try TestKeys.secretKeys("nistp256")[0]
    let trusted = [try TestKeys.certificate("ed25519"), try TestKeys.certificate("nistp256")]
    let issuer = Crafted.issuerFingerprint(key)
    let time = Crafted.creationTime(june2024)
    let lifetime = Crafted.subpacket(3, [0, 0, 0, 1])
    let malformed = SignatureError.unreadable(.malformed(tag: 2))
    func purpose(
      _ value: String, name: String = "purpose@latchkey.example", type: UInt8 = 20
    ) -> [UInt8] {
      let body: [UInt8] = [0x80, 0, 0, 0, 0, UInt8(name.utf8.count), 0, UInt8(value.utf8.count)]
      return Crafted.subpacket(type, body + Array(name.utf8) + Array(value.utf8))
    }
    let cases: [(hashed: [UInt8], unhashed: [UInt8]?, error: SignatureError?)] = [
      (issuer + time, nil, nil),
      (issuer + time, [], nil),
      (issuer + time, issuer, nil),
      (issuer + time + Crafted.issuer(key), [], nil),
      (issuer + time + Crafted.subpacket(20, [1]), nil, nil),
      (issuer + time + Crafted.subpacket(3, [0, 0, 0, 0]), nil, nil),
      (time, nil, nil),
      (time, [], .noIssuer),
      (time, Crafted.issuer(key) + Crafted.issuer(other), .noIssuer),
      (time, Crafted.issuer(other), .bad),
      (time, issuer, .noIssuer),
      (issuer + issuer + time, nil, .noIssuer),
      (issuer + Crafted.issuerFingerprint(other) + time, nil, .noIssuer),
      (Crafted.subpacket(33, [5] + key.key.fingerprint) + time, nil, .noIssuer),
      (Crafted.subpacket(33, [4]) + time, nil, .noIssuer),
      (issuer, nil, .noCreationTime),
      (issuer, time, .noCreationTime),
      (issuer + time + time, nil, .noCreationTime),
      (issuer + Crafted.subpacket(2, [1, 2, 3]), nil, .noCreationTime),
      (issuer + time, Crafted.issuer(other), .issuersDiffer),
      (issuer + time, Crafted.issuerFingerprint(other), .issuersDiffer),
      (issuer + time + Crafted.issuer(other), nil, .issuersDiffer),
      (Crafted.issuerFingerprint(other) + time, nil, .issuersDiffer),
      (Crafted.issuerFingerprint(other) + time, [], .bad),
      (issuer + time + Crafted.subpacket(0x80 | 20, [1]), nil, .unknownCritical(20)),
      (issuer + time + Crafted.subpacket(0x80 | 100, []), nil, .unknownCritical(100)),
      (issuer + time, Crafted.subpacket(0x80 | 100, []), .unsignedInformation(100)),
      (issuer + time, Crafted.subpacket(20, [1]), .unsignedInformation(20)),
      (issuer + time, Crafted.subpacket(2, [0, 0, 0, 0]), .unsignedInformation(2)),
      (issuer + time + lifetime, nil, .expired(at: june2024 + 1)),
      (issuer + time + lifetime + lifetime, nil, malformed),
      (issuer + Crafted.creationTime(year2026), nil, nil),
      (issuer + Crafted.creationTime(year2026 + 1), nil, .fromTheFuture(year2026 + 1)),
      (issuer + Crafted.creationTime(january2024 - 1), nil, .olderThanItsKey(january2024 - 1)),
      (issuer + time + purpose("file"), nil, nil),
      (issuer + time + purpose("file") + purpose("file"), nil, nil),
      (issuer + time + Crafted.subpacket(20, [1]), nil, nil),
      (issuer + time + purpose("file", name: "other@example.org"), nil, nil),
      (issuer + time + purpose("boot"), nil, .madeFor(.boot)),
      (issuer + time + purpose("policy"), nil, .madeFor(.other)),
      (issuer + time + purpose(""), nil, .madeFor(.other)),
      (issuer + time + purpose("file") + purpose("boot"), nil, .madeFor(.other)),
      (issuer + time + purpose("file", type: 0x80 | 20), nil, .unknownCritical(20)),
      (issuer + time, purpose("file"), .unsignedInformation(20)),
      (issuer + time + [0], nil, malformed),
      (issuer + time + [5, 1], nil, malformed),
      (issuer + time + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], nil, malformed),
    ]
    for (hashed, unhashed, error) in cases {
      let bytes = try Crafted.signature(
        over: plaintext, by: key, hashed: hashed, unhashed: unhashed)
      do throws(SignatureError) {
        _ = try DetachedSignature(bytes).verify(over: plaintext, by: trusted, at: year2026)
        #expect(error == nil, "accepted: \(hex(hashed)) \(hex(unhashed ?? []))")
      } catch let found {
        #expect(found == error, "\(hex(hashed)) \(hex(unhashed ?? []))")
      }
    }
  }

  @Test("a key of another algorithm, or one that may not sign, does not vouch")
  func wrongKeys() throws {
    // The decryption subkey of an RSA certificate could sign, but must not.
    let subkey = try TestKeys.secretKeys("rsa2048")[1]
    let bytes = try Crafted.signature(
      over: plaintext, by: subkey,
      hashed: Crafted.issuerFingerprint(subkey) + Crafted.creationTime(june2024))
    let trusted = [try TestKeys.certificate("rsa2048")]
    #expect(throws: SignatureError.key(subkey.key.fingerprint, .notMeantForThis)) {
      try DetachedSignature(bytes).verify(over: plaintext, by: trusted, at: year2026)
    }
  }
}
