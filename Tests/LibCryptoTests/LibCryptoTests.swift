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

  static let algorithms: [KeyAlgorithm] =
    [.rsa(bits: 2048), .rsa(bits: 3072)] + signing + agreeing.map { .ecdh($0) }
  /// Every curve's way to sign, and every curve that agrees on secrets.
  static let signing = Curve.allCases.compactMap { curve -> KeyAlgorithm? in
    switch curve.form {
    case .weierstrass: .ecdsa(curve)
    case .edwards: .eddsa(curve)
    case .montgomery: nil
    }
  }
  static let agreeing = Curve.allCases.filter { $0.form != .edwards }

  @Test("an object identifier names its curve, and no other does")
  func identifiers() {
    for curve in Curve.allCases {
      let oid = curve.oid
      let shorter = Array(oid.dropLast())
      let named = Curve.named(oid: oid.span)
      let other = Curve.named(oid: shorter.span)
      #expect(named == curve)
      #expect(other == nil)
    }
    // X9.62 and SEC 2, RFC 5639, gpg's own, RFC 8410.
    #expect(hex(Curve.nistP521.oid) == "2b81040023")
    #expect(hex(Curve.brainpoolP512.oid) == "2b240303020801010d")
    #expect(hex(Curve.cv25519.oid) == "2b060104019755010501")
    #expect(hex(Curve.ed448.oid) == "2b6571")
  }

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
    arguments: [KeyAlgorithm.rsa(bits: 2048)] + signing)
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

  @Test("both sides of an ECDH agree", arguments: agreeing)
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

  @Test("X448 gives the output of RFC 7748 §5.2")
  func x448() throws {
    let scalar = try #require(
      bytes(
        hex: "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121"
          + "700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3"))
    let point = try #require(
      bytes(
        hex: "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9"
          + "814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086"))
    let key = try PrivateKey(.ecdh(.cv448), scalar: scalar.span)
    var secret = SecretBytes(capacity: 56)
    try key.sharedSecret(with: point.span, appendingTo: &secret)
    #expect(
      hex(array(secret)) == "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239f"
        + "e14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f")
  }

  @Test("Ed448 signs as in RFC 8032 §7.4")
  func ed448() throws {
    let seed = try #require(
      bytes(
        hex: "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960e"
          + "f6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"))
    let key = try PrivateKey(.eddsa(.ed448), scalar: seed.span)
    let message: [UInt8] = []
    let signature = try key.signRaw(message.span)
    #expect(
      hex(signature) == "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823"
        + "d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980"
        + "ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99a"
        + "c5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600")
  }

  /// SHA-256 of the points that Python's cryptography gives for the scalar 00 01 02 … of a curve's size.
  static let points: [(curve: Curve, digest: String)] = [
    (.nistP384, "9148d215f88455de22ba7ebb2a9976f1714d0354316afc1208e63ceddb770359"),
    (.nistP521, "c22c72a382824e881148148585ea63dda5921f076444ff630948fd5f4fcb88c9"),
    (.brainpoolP256, "1a255c622bb9fe098eade25a891f547348d494695939cb3b822177bc4f6b99a7"),
    (.brainpoolP384, "663c5632d952d788bc2f0bbc81db22b70ab33e71ce1af280989482b4f84d57f7"),
    (.brainpoolP512, "6333da5a37b29a58ba53290b51eac95bf8b173cc3d066cf1612cc09405523bac"),
    (.secp256k1, "529444685699dee5c8e4b2a1b3b37371db014c8e85b47eaf58baece22570fc72"),
  ]

  @Test("a scalar gives its curve's point", arguments: points)
  func scalarPoint(curve: Curve, expected: String) throws {
    let scalar = (0..<curve.coordinateSize).map { UInt8($0) }
    guard
      case .ecdsa(_, let point) = try PrivateKey(.ecdsa(curve), scalar: scalar.span).publicKey()
    else {
      Issue.record("not an ECDSA key")
      return
    }
    #expect(hex(try digest(.sha256, of: point.span)) == expected)
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
