import LibCrypto
import Secrets
import SmartCard
import TestSupport
import Testing

@testable import VirtualCard

/// Keys made, brought, used, changed and lost.
@Suite struct KeyTests {
  /// An algorithm by the attributes of signing and decryption.
  struct Algorithm: Sendable, CustomTestStringConvertible {
    let name: String
    let signing: String
    let decryption: String
    var profile = "nitrokey-3"
    var testDescription: String { name }
  }

  static let algorithms =
    [
      Algorithm(name: "rsa2048", signing: "010800002000", decryption: "010800002000"),
      Algorithm(name: "rsa3072", signing: "010C00002000", decryption: "010C00002000"),
      Algorithm(name: "rsa4096", signing: "011000002000", decryption: "011000002000"),
      Algorithm(
        name: "25519", signing: "162B06010401DA470F01FF", decryption: "122B060104019755010501FF"),
      Algorithm(
        name: "nistp256", signing: "132A8648CE3D030107FF", decryption: "122A8648CE3D030107FF"),
      Algorithm(
        name: "448", signing: "162B6571", decryption: "122B656F", profile: "every-algorithm"),
    ]
    + [
      ("nistp384", "2B81040022"), ("nistp521", "2B81040023"), ("secp256k1", "2B8104000A"),
      ("brainpoolP256r1", "2B2403030208010107"), ("brainpoolP384r1", "2B240303020801010B"),
      ("brainpoolP512r1", "2B240303020801010D"),
    ].map { name, oid in
      Algorithm(name: name, signing: "13" + oid, decryption: "12" + oid, profile: "every-algorithm")
    }

  private static let digest = [UInt8](repeating: 0xA5, count: 32)
  private static let digestInfo: [UInt8] =
    [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]
    + [0x05, 0x00, 0x04, 0x20] + digest

  /// A card with PW3 verified and these attributes.
  private static func card(_ algorithm: Algorithm) throws -> VirtualCard {
    let card = try Script.card(algorithm.profile)
    #expect(try card.send(Script.admin) == "9000")
    #expect(try card.send("00DA00C1", #require(bytes(hex: algorithm.signing))).status == "9000")
    #expect(try card.send("00DA00C2", #require(bytes(hex: algorithm.decryption))).status == "9000")
    #expect(try card.send("00DA00C3", #require(bytes(hex: algorithm.signing))).status == "9000")
    return card
  }

  @Test("a generated key signs, once for each VERIFY 81, and is counted", arguments: algorithms)
  func signs(_ algorithm: Algorithm) throws {
    let card = try Self.card(algorithm)
    let made = try card.send("00478000", [0xB6, 0])
    #expect(made.status == "9000")
    #expect(try card.send("00478100", [0xB6, 0]).data == made.data)
    #expect(try card.send("00CA00DE00") == "0101020003009000")
    let isRSA = algorithm.name.hasPrefix("rsa")
    let input = isRSA ? Self.digestInfo : Self.digest
    #expect(try card.send("002A9E9A", input).status == "6982")
    #expect(try card.send(Script.other) == "9000")
    #expect(try card.send("002A9E9A", input).status == "6982")
    #expect(try card.send(Script.user) == "9000")
    let signature = try card.send("002A9E9A", input)
    #expect(signature.status == "9000")
    let key = try #require(try card.loadedKeys[.signing]?.key.publicKey())
    let isGood = key.verify(signature.data.span, of: Self.digest.span, hash: .sha256)
    #expect(isGood)
    #expect(try card.send("002A9E9A", input).status == "6982")
    #expect(try card.send("00CA007A00").hasSuffix("93030000019000"))
    // Many signatures for one VERIFY, where C4 says so.
    #expect(try card.send("00DA00C4 01 01") == "9000")
    #expect(try card.send(Script.user) == "9000")
    #expect(try card.send("002A9E9A", input).status == "9000")
    #expect(try card.send("002A9E9A", input).status == "9000")
    #expect(try card.send("00CA007A00").hasSuffix("93030000039000"))
    #expect(try card.send("00478000", [0xB6, 0]).status == "9000")
    #expect(try card.send("00CA007A00").hasSuffix("93030000009000"))
  }

  @Test("a generated key decrypts after VERIFY 82 what was encrypted to it", arguments: algorithms)
  func deciphers(_ algorithm: Algorithm) throws {
    let card = try Self.card(algorithm)
    #expect(try card.send("00478000", [0xB8, 0]).status == "9000")
    let key = try card.key(in: .decryption, otherwise: Hex([])).key.publicKey()
    let secret: [UInt8]
    let cryptogram: [UInt8]
    switch key {
    case .rsa:
      let plain = [UInt8](repeating: 7, count: 35)
      secret = plain
      cryptogram = [0] + (try key.encryptPKCS1(plain.span))
    default:
      let ephemeral = try PrivateKey.generate(key.algorithm)
      var shared = SecretBytes(capacity: 66)
      let recipient = try #require(key.point)
      try ephemeral.sharedSecret(with: recipient.span, appendingTo: &shared)
      secret = shared.array
      let point = try #require(try ephemeral.publicKey().point)
      cryptogram = TLVWriter.element(
        0xA6, TLVWriter.element(0x7F49, TLVWriter.element(0x86, point)))
    }
    #expect(try card.send("002A8086", cryptogram).status == "6982")
    #expect(try card.send(Script.user) == "9000")
    #expect(try card.send("002A8086", cryptogram).status == "6982")
    #expect(try card.send(Script.other) == "9000")
    let answer = try card.send("002A8086", cryptogram)
    #expect(answer.status == "9000")
    #expect(answer.data == secret)
    var broken = cryptogram
    broken.removeLast()
    #expect(try card.send("002A8086", broken).status == "6a80")
  }

  @Test("MANAGE SECURITY ENVIRONMENT lets the keys of decryption and authentication swap")
  func swaps() throws {
    let card = try Self.card(Self.algorithms[0])
    #expect(try card.send("00478000", [0xA4, 0]).status == "9000")
    #expect(try card.send(Script.other) == "9000")
    let key = try card.key(in: .authentication, otherwise: Hex([])).key.publicKey()
    let cryptogram = [0] + (try key.encryptPKCS1(Self.digest.span))
    #expect(try card.send("002A8086", cryptogram).status == "6a88")
    #expect(try card.send("002241B8 03 830103") == "9000")
    #expect(try card.send("002A8086", cryptogram).data == Self.digest)
    #expect(try card.send("00880000", Self.digestInfo).data.count == 256)
    #expect(try card.send("002241A4 03 830102") == "9000")
    #expect(try card.send("00880000", Self.digestInfo).status == "6a88")
  }

  @Test("INTERNAL AUTHENTICATE needs VERIFY 82 and isn't counted")
  func authenticates() throws {
    let card = try Self.card(Self.algorithms[4])
    #expect(try card.send("00478000", [0xA4, 0]).status == "9000")
    #expect(try card.send("00880000", Self.digest).status == "6982")
    #expect(try card.send(Script.other) == "9000")
    let signature = try card.send("00880000", Self.digest)
    let key = try #require(try card.loadedKeys[.authentication]?.key.publicKey())
    let isGood = key.verify(signature.data.span, of: Self.digest.span, hash: .sha256)
    #expect(isGood)
    #expect(try card.send("00CA007A00") == "93030000009000")
  }

  @Test("other attributes delete the key; the same ones leave it")
  func deletesKeys() throws {
    let card = try Self.card(Self.algorithms[4])
    #expect(try card.send("00478000", [0xB6, 0]).status == "9000")
    #expect(try card.send("00DA00C1 09 132A8648CE3D030107") == "9000")
    #expect(try card.send("00478100", [0xB6, 0]).status == "9000")
    #expect(try card.send("00DA00C1 0A 162B06010401DA470F01") == "9000")
    #expect(try card.send("00478100", [0xB6, 0]).status == "6a88")
    #expect(try card.send("00CA00DE00") == "0100020003009000")
    #expect(try card.send("00DA00C1 06 132B8104000A") == "6a80")
    #expect(try card.send("00DA00C2 0A 162B06010401DA470F01") == "6a80")
  }

  @Test("RSA takes 40 % of its modulus to sign, and no more")
  func limitsInput() throws {
    let card = try Self.card(Self.algorithms[0])
    #expect(try card.send("00478000", [0xB6, 0]).status == "9000")
    #expect(try card.send("00DA00C4 01 01") == "9000")
    #expect(try card.send(Script.user) == "9000")
    let most = [UInt8](repeating: 1, count: 102)
    #expect(try card.send("002A9E9A", most).status == "9000")
    #expect(try card.send("002A9E9A", most + [1]).status == "6700")
  }

  @Test("an imported key gives the same public key, and a wrong one is refused")
  func imports() throws {
    let card = try Self.card(Self.algorithms[0])
    let key = try PrivateKey.generate(.rsa(bits: 2048))
    let numbers = try key.rsaNumbers()
    let values = numbers.e + numbers.p + numbers.q
    let template: [UInt8] = [0x91, UInt8(numbers.e.count), 0x92, 0x81, 0x80, 0x93, 0x81, 0x80]
    func list(_ values: [UInt8]) -> [UInt8] {
      let body =
        [0xB6, 0, 0x7F, 0x48, UInt8(template.count)] + template
        + [0x5F, 0x48, 0x82, UInt8(values.count >> 8), UInt8(values.count & 0xFF)] + values
      return [0x4D, 0x82, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }
    #expect(try card.send("00DB3FFF", list(values)).status == "9000")
    #expect(try card.send("00478100", [0xB6, 0]).data.dropFirst(9).prefix(256) == numbers.n[...])
    #expect(try card.send("00CA00DE00") == "0102020003009000")
    #expect(try card.send("00DB3FFF", list(values.dropLast())).status == "6a80")
    #expect(try card.send("0020FF83") == "9000")
    #expect(try card.send("00DB3FFF", list(values)).status == "6982")
  }

  /// Curves' secrets and public keys of RFC 8032 §7.1 (test 1), RFC 7748 §6.1 (Alice, her scalar
  /// turned round as a card takes it), RFC 6979 §A.2.5, RFC 8032 §7.4, and for the scalar of RFC 7748
  /// §5.2 (X448's, not turned round) what Python's cryptography gives.
  static let known: [(slot: String, attributes: String, secret: String, point: String)] = [
    (
      "B6", "162B06010401DA470F01",
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    ),
    (
      "B8", "122B060104019755010501",
      "2a2cb91da5fb77b12a99c0eb872f4cdf4566b25172c1163c7da518730a6d0777",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    ),
    (
      "B6", "132A8648CE3D030107",
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
      "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    ),
    (
      "B6", "162B6571",
      "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960e"
        + "f6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
      "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d"
        + "80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180"
    ),
    (
      "B8", "122B656F",
      "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121"
        + "700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
      "078dc8e73158e3a63345f6729d0a386435b4d7ad2e033aa413985a60"
        + "b443956007427dd89e81a36dc0db81752cc338824369985b4ae58c7d"
    ),
  ]

  @Test("curve keys of the RFCs give the RFCs' public keys", arguments: known)
  func importsCurves(
    _ row: (slot: String, attributes: String, secret: String, point: String)
  ) throws {
    let card = try Script.card("every-algorithm")
    let tag = row.slot == "B6" ? "C1" : "C2"
    #expect(try card.send(Script.admin) == "9000")
    let attributes = try #require(bytes(hex: row.attributes))
    #expect(try card.send("00DA00\(tag)", attributes).status == "9000")
    let secret = try #require(bytes(hex: row.secret))
    let size = UInt8(secret.count)
    let slot: [UInt8] = [row.slot == "B6" ? 0xB6 : 0xB8, 0]
    let list = slot + [0x7F, 0x48, 2, 0x92, size, 0x5F, 0x48, size] + secret
    #expect(try card.send("00DB3FFF", [0x4D, UInt8(list.count)] + list).status == "9000")
    let read = try card.send("00478100 02 \(row.slot)00 00")
    #expect(read.contains(row.point), "\(read)")
  }

  @Test("AES enciphers as FIPS 197 has it, and deciphers back")
  func enciphers() throws {
    let card = try Script.card()
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    #expect(try card.send(Script.other) == "9000")
    let plain = "00112233445566778899aabbccddeeff"
    #expect(try card.send("002A8680 10 \(plain) 00") == "6a88")
    #expect(try card.send(Script.admin) == "9000")
    #expect(try card.send("00DA00D5 20 \(key)") == "9000")
    #expect(
      try card.send("002A8680 10 \(plain) 00") == "028ea2b7ca516745bfeafc49904b4960899000")
    #expect(
      try card.send("002A8086 11 028ea2b7ca516745bfeafc49904b496089 00") == plain + "9000")
    #expect(try card.send("002A8680 0F 00112233445566778899aabbccddee 00") == "6700")
  }
}
