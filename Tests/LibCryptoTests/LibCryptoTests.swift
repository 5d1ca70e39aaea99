import Secrets
import TestSupport
import Testing

@testable import LibCrypto

private func array(_ secret: borrowing SecretBytes) -> [UInt8] {
  secret.withBytes { span in span.indices.map { span[$0] } }
}

@Suite("libcrypto behind handles")
struct LibCryptoTests {
  @Test(
    "digests of \"abc\" are those of FIPS 180-4",
    arguments: [
      (HashAlgorithm.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        .sha384,
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
      ),
      (
        .sha512,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
      ),
    ])
  func knownDigests(algorithm: HashAlgorithm, expected: String) throws {
    var hash = try MessageDigest(algorithm)
    hash.update([0x61].span)
    hash.update([0x62, 0x63].span)
    #expect(hex(hash.finish()) == expected)
    // It starts anew.
    hash.update([0x61, 0x62, 0x63].span)
    #expect(hex(hash.finish()) == expected)
  }

  @Test("AES key wrap gives RFC 3394's answer and takes it back, and refuses a changed one")
  func keyWrap() throws {
    let key = try #require(bytes(hex: "000102030405060708090A0B0C0D0E0F"))
    let plain = try #require(bytes(hex: "00112233445566778899AABBCCDDEEFF"))
    var wrapped = try AESKeyWrap.wrap(plain.span, key: key.span)
    #expect(hex(wrapped) == "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5")
    var out = SecretBytes(capacity: 64)
    try AESKeyWrap.unwrap(wrapped.span, key: key.span, appendingTo: &out)
    #expect(array(out) == plain)
    wrapped[3] ^= 1
    let changed = wrapped
    #expect(throws: CryptoError.invalidData) {
      var out = SecretBytes(capacity: 64)
      try AESKeyWrap.unwrap(changed.span, key: key.span, appendingTo: &out)
    }
  }

  @Test(
    "AES-CFB gives NIST SP 800-38A's blocks under a zero IV, and back", arguments: [16, 24, 32])
  func cfb(keySize: Int) throws {
    let key = [UInt8](repeating: 7, count: keySize)
    let plain = (0..<100).map { UInt8($0) }
    var encrypting = try AESCFB(.encrypt, key: key.span)
    var sealed = SecretBytes(capacity: 100)
    try encrypting.update(plain.span.extracting(first: 37), appendingTo: &sealed)
    try encrypting.update(plain.span.extracting(droppingFirst: 37), appendingTo: &sealed)
    var decrypting = try AESCFB(.decrypt, key: key.span)
    var opened = SecretBytes(capacity: 100)
    try decrypting.update(sealed.bytes, appendingTo: &opened)
    #expect(array(opened) == plain)
    #expect(array(sealed) != plain)
  }

  static let algorithms: [KeyAlgorithm] = [
    .rsa(bits: 2048), .rsa(bits: 3072), .ecdsa(.nistP256), .ecdh(.nistP256), .eddsa(.ed25519),
    .ecdh(.cv25519),
  ]

  @Test("a key taken apart and put together again is the same key", arguments: algorithms)
  func components(algorithm: KeyAlgorithm) throws {
    let key = try PrivateKey.generate(algorithm)
    let again: PublicKey
    if case .rsa = algorithm {
      let numbers = try key.rsaNumbers()
      let rebuilt = try PrivateKey(
        rsaExponent: numbers.e.span, primes: numbers.p.span, numbers.q.span)
      again = try rebuilt.publicKey()
    } else {
      let scalar = try key.scalar()
      again = try PrivateKey(algorithm, scalar: scalar.span).publicKey()
    }
    #expect(try key.publicKey() == again)
    #expect(again.algorithm == algorithm)
  }

  @Test(
    "a signature holds for its digest and for no other",
    arguments: [KeyAlgorithm.rsa(bits: 2048), .ecdsa(.nistP256), .eddsa(.ed25519)])
  func signatures(algorithm: KeyAlgorithm) throws {
    let key = try PrivateKey.generate(algorithm)
    var hash = try digest(.sha256, of: [1, 2, 3].span)
    let prefix = try #require(bytes(hex: "3031300d060960864801650304020105000420"))
    var isRSA = false
    if case .rsa = algorithm { isRSA = true }
    var signature = try key.signRaw((isRSA ? prefix + hash : hash).span)
    let publicKey = try key.publicKey()
    func holds() -> Bool { publicKey.verify(signature.span, of: hash.span, hash: .sha256) }
    #expect(holds())
    signature[5] ^= 1
    #expect(!holds())
    signature[5] ^= 1
    hash[0] ^= 1
    #expect(!holds())
  }

  @Test("both sides of an ECDH agree", arguments: [Curve.nistP256, .cv25519])
  func agreement(curve: Curve) throws {
    let one = try PrivateKey.generate(.ecdh(curve))
    let other = try PrivateKey.generate(.ecdh(curve))
    var first = SecretBytes(capacity: 66)
    var second = SecretBytes(capacity: 66)
    guard case .ecdh(_, let onePoint) = try one.publicKey(),
      case .ecdh(_, let otherPoint) = try other.publicKey()
    else {
      Issue.record("not ECDH keys")
      return
    }
    try one.sharedSecret(with: otherPoint.span, appendingTo: &first)
    try other.sharedSecret(with: onePoint.span, appendingTo: &second)
    #expect(array(first) == array(second))
    #expect(first.count == curve.coordinateSize)
  }

  @Test("X25519 gives the output of RFC 7748 §5.2")
  func x25519() throws {
    let scalar = try #require(
      bytes(hex: "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
    let point = try #require(
      bytes(hex: "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"))
    let key = try PrivateKey(.ecdh(.cv25519), scalar: scalar.span)
    var secret = SecretBytes(capacity: 32)
    try key.sharedSecret(with: point.span, appendingTo: &secret)
    #expect(
      hex(array(secret)) == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
  }

  @Test("a point off its curve, or of the wrong size, is no key")
  func badPoints() throws {
    for point in [[UInt8](repeating: 4, count: 65), [4], []] {
      #expect(throws: CryptoError.invalidKey) {
        _ = try PublicKey.ecdsa(.nistP256, point: point).handle()
      }
    }
  }

  @Test("RSA takes back what it encrypted, and refuses a changed cryptogram")
  func rsaEncryption() throws {
    let key = try PrivateKey.generate(.rsa(bits: 2048))
    var cryptogram = try key.publicKey().encryptPKCS1([9, 8, 7].span)
    var out = SecretBytes(capacity: 256)
    try key.decryptPKCS1(cryptogram.span, appendingTo: &out)
    #expect(array(out) == [9, 8, 7])
    cryptogram[100] ^= 1
    let changed = cryptogram
    #expect(throws: CryptoError.invalidData) {
      var out = SecretBytes(capacity: 256)
      try key.decryptPKCS1(changed.span, appendingTo: &out)
    }
  }
}
