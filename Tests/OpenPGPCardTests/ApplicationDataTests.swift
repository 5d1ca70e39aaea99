import LibCrypto
import OpenPGPCard
import SmartCard
import TestSupport
import Testing

/// What a Yubikey said (TestSign-EdDSA, with an Ed25519 key in its first slot).
private let identifier = "4F10D2760001240103040006238527740000"
private let historical = "5F520800730000E0059000"
private let features = "7F7403810120"
private let fingerprint = "AD9E12E1901C82B796564711B58F2B5989413485"
private let lengths = "7F660802020BFE02020BFE"
private let inner =
  "C00A7D000BFE080000FF0000" + "C10A162B06010401DA470F01" + "C206010800001100"
  + "C306010800001100" + "C407017F7F7F030003" + "C53C" + fingerprint
  + String(repeating: "00", count: 40) + "CD106563D4C4000000000000000062" + "4D7083"
  + "DE0801010200030081" + "02" + "D6020020D7020120"

@Suite("ApplicationData")
struct ApplicationDataTests {
  private func parse(_ text: String) throws -> ApplicationData {
    let content = try #require(bytes(hex: text))
    return try ApplicationData(parsing: content.span)
  }

  private static func element(_ tag: String, _ content: String, long: Bool = false) -> String {
    let size = content.count / 2
    let length =
      long || size > 255
      ? "82" + hex([UInt8(size >> 8), UInt8(size & 255)])
      : size > 127 ? "81" + hex([UInt8(size)]) : hex([UInt8(size)])
    return tag + length + content
  }

  static let forms: [String] = [
    // Five cards, five ways: with the tag, without, a length longer than need be, all inside 73, and
    // in another order.
    element("6E", identifier + historical + features + element("73", inner) + lengths),
    identifier + historical + features + element("73", inner) + lengths,
    element(
      "6E", identifier + historical + features + element("73", inner, long: true) + lengths,
      long: true),
    element("6E", element("73", identifier + historical + features + inner + lengths)),
    element("73", inner) + lengths + features + historical + identifier,
    element("6E", identifier + historical + features + inner + lengths),
  ]

  @Test("is read the same however a card lays it out", arguments: forms)
  func layouts(_ form: String) throws {
    let data = try parse(form)
    #expect(data == (try parse(Self.forms[0])))
    #expect(data.identifier == CardIdentifier(manufacturer: 0x0006, serial: 0x2385_2774))
    #expect(String(decoding: data.identifier.text, as: UTF8.self) == "0006:23852774")
    #expect(data.version == 0x0304)
    #expect(data.attributes(of: .signing)?.algorithm == .eddsa(.ed25519))
    #expect(data.attributes(of: .decryption)?.algorithm == .rsa(bits: 2048))
    #expect(data.fingerprint(of: .signing) == bytes(hex: fingerprint))
    #expect(data.fingerprint(of: .decryption) == nil)
    #expect(data.creationTime(of: .signing) == 0x6563_D4C4)
    #expect(data.creationTime(of: .authentication) == 0)
    #expect(data.keyOrigin(of: .signing) == .generated)
    #expect(data.keyOrigin(of: .authentication) == KeyOrigin.none)
    #expect(data.touchPolicy(of: .signing) == .off)
    #expect(data.touchPolicy(of: .decryption) == .on)
    #expect(data.touchPolicy(of: .authentication) == nil)
    #expect(data.pinStatus.triesLeft(.user) == 3)
    #expect(data.pinStatus.triesLeft(.resetCode) == 0)
    #expect(data.pinStatus.triesLeft(.admin) == 3)
    #expect(data.pinStatus.maximumLength(.user) == 127)
    #expect(data.pinStatus.allowsManySignatures)
    #expect(data.capabilities.hasKeyDerivation)
    #expect(data.capabilities.maximumChallenge == 0x0BFE)
    #expect(
      data.limits
        == CardLimits(
          extendedLengths: true, chaining: true, commandSize: 3070, responseSize: 3070))
  }

  struct Limits: Sendable {
    let historical: String
    var information = ""
    let limits: CardLimits
  }

  static let limitRows: [Limits] = [
    Limits(historical: "0073000000059000", limits: .short),
    Limits(
      historical: "0073000080059000",
      limits: CardLimits(
        extendedLengths: false, chaining: true, commandSize: 261, responseSize: 258)),
    Limits(
      historical: "00730000C0059000",
      limits: CardLimits(
        extendedLengths: true, chaining: true, commandSize: 261, responseSize: 258)),
    Limits(
      historical: "0031F573C00140059000",
      information: "7F660802020800 02020800",
      limits: CardLimits(
        extendedLengths: true, chaining: false, commandSize: 2048, responseSize: 2048)),
    // An absurd 7F66, of the kind that makes openpgp-card panic.
    Limits(
      historical: "00730000C0059000",
      information: "7F660C0204FFFFFFFF0204FFFFFFFF",
      limits: CardLimits(
        extendedLengths: true, chaining: true, commandSize: 65544, responseSize: 65536)),
    Limits(
      historical: "00730000C0059000", information: "7F660802020001 02020001",
      limits: CardLimits(
        extendedLengths: true, chaining: true, commandSize: 261, responseSize: 258)),
    Limits(
      historical: "00730000C0059000", information: "7F6604028401FF",
      limits: CardLimits(
        extendedLengths: true, chaining: true, commandSize: 261, responseSize: 258)),
    Limits(historical: "", limits: .short),
    Limits(historical: "00", limits: .short),
    Limits(historical: "007F", limits: .short),
    Limits(historical: "FF730000E0059000", limits: .short),
  ]

  @Test(
    "limits come from the historical bytes and 7F66, and stay sane whatever the card says",
    arguments: limitRows)
  func limits(_ row: Limits) throws {
    let historical = Self.element("5F52", row.historical)
    let information = row.information.filter { $0 != " " }
    let data = try parse(
      Self.element("6E", identifier + historical + Self.element("73", inner) + information))
    #expect(data.limits == row.limits)
  }

  static let faultRows: [(String, UInt16)] = [
    ("", 0x4F),
    ("6E00", 0x4F),
    ("6E84FFFFFFFF", 0x6E),
    ("6E80", 0x6E),
    (identifier, 0xC0),
    (identifier + "C000", 0xC0),
    (identifier + "C0017D", 0xC4),
    (identifier + "C0017DC403010203", 0xC4),
    (identifier + "C0017DC407017F7F7F030003C5021122", 0xC5),
    ("4F10D27600012401", 0x6E),
    ("4F06D27600012401", 0x4F),
    ("4F10D2760001250103040006238527740000", 0x4F),
  ]

  @Test("an object that is missing or wrong is named", arguments: faultRows)
  func faults(_ text: String, _ tag: UInt16) {
    #expect(throws: CardError.malformed(tag: tag)) { _ = try parse(text) }
  }

  @Test("no bytes make it trap: every cut and every changed byte of a real one")
  func mutations() throws {
    let whole = try #require(bytes(hex: Self.forms[0]))
    for length in whole.indices {
      _ = try? ApplicationData(parsing: whole.span.extracting(first: length))
    }
    for index in whole.indices {
      for value in [0x00, 0x01, 0x7F, 0x80, 0x81, 0x84, 0xFF] as [UInt8] {
        var changed = whole
        changed[index] = value
        guard let data = try? ApplicationData(parsing: changed.span) else { continue }
        for slot in KeySlot.allCases {
          _ = data.attributes(of: slot)?.algorithm
          _ = data.fingerprint(of: slot)
          _ = data.creationTime(of: slot)
          _ = data.keyOrigin(of: slot)
        }
      }
    }
  }
}

@Suite("CardIdentifier")
struct CardIdentifierTests {
  @Test(
    "is read from MMMM:SSSSSSSS, and nothing else",
    arguments: [
      ("0006:23852774", CardIdentifier(manufacturer: 6, serial: 0x2385_2774)),
      ("f1d0:DEADbeef", CardIdentifier(manufacturer: 0xF1D0, serial: 0xDEAD_BEEF)),
      ("0006:2385277", nil), ("0006:238527741", nil), ("0006 23852774", nil), ("", nil),
      ("000g:23852774", nil), ("0006:2385277:", nil),
    ] as [(String, CardIdentifier?)])
  func text(_ text: String, _ expected: CardIdentifier?) {
    let bytes = Array(text.utf8)
    let identifier = CardIdentifier(text: bytes.span)
    #expect(identifier == expected)
    if let identifier {
      #expect(String(decoding: identifier.text, as: UTF8.self) == text.uppercased())
    }
  }

  @Test("has its maker's name")
  func brand() {
    func name(_ manufacturer: UInt16) -> String {
      "\(CardIdentifier(manufacturer: manufacturer, serial: 1).brand)"
    }
    #expect(name(0x0006) == "Yubico")
    #expect(name(0x000F) == "Nitrokey")
    #expect(name(0xFFFE) == "unmanaged")
    #expect(name(0x1234) == "unknown maker")
  }
}

@Suite("AlgorithmAttributes")
struct AlgorithmAttributesTests {
  @Test(
    "name the algorithm, or none",
    arguments: [
      ("010800001100", KeyAlgorithm.rsa(bits: 2048)), ("011000002003", .rsa(bits: 4096)),
      ("0108000020", .rsa(bits: 2048)),
      ("132A8648CE3D030107", .ecdsa(.nistP256)), ("122A8648CE3D030107FF", .ecdh(.nistP256)),
      ("162B06010401DA470F01", .eddsa(.ed25519)), ("162B06010401DA470F01FF", .eddsa(.ed25519)),
      ("122B060104019755010501", .ecdh(.cv25519)),
      ("162B060104019755010501", .ecdh(.cv25519)), ("122B06010401DA470F01", nil),
      ("132B8104000A", .ecdsa(.secp256k1)), ("122B81040022", .ecdh(.nistP384)),
      ("132B81040023FF", .ecdsa(.nistP521)), ("132B240303020801010D", .ecdsa(.brainpoolP512)),
      ("162B6571", .eddsa(.ed448)), ("122B656F", .ecdh(.cv448)), ("132B6571", nil),
      ("132B81040021", nil),
      ("", nil), ("01", nil), ("0100010000", nil), ("13", nil), ("13FF", nil), ("FF", nil),
    ] as [(String, KeyAlgorithm?)])
  func algorithm(_ text: String, _ expected: KeyAlgorithm?) throws {
    let encoded = try #require(bytes(hex: text))
    #expect(AlgorithmAttributes(encoded: encoded).algorithm == expected)
  }
}
