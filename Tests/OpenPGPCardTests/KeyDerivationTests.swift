import LibCrypto
import OpenPGPCard
import Secrets
import TestSupport
import Testing

/// A KDF-DO's content.
private func content(
  hash: UInt8 = 0x08, count: UInt32 = 100_000, salts: [String]
) -> String {
  var out = "8101038201" + hex([hash]) + "8304" + format(count)
  for (index, salt) in salts.enumerated() where !salt.isEmpty {
    out += hex([0x84 + UInt8(index), UInt8(salt.count / 2)]) + salt
  }
  return out
}

private func format(_ count: UInt32) -> String {
  hex([UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)])
}

@Suite("KeyDerivation")
struct KeyDerivationTests {
  struct Answer: Sendable {
    let content: String
    let pin: PIN
    let text: String
    let derived: String
  }

  @Test(
    "a PIN is derived as the specification's known answers have it, and Python's hashlib",
    arguments: [
      Answer(
        content: content(salts: ["3031323334353637"]), pin: .user, text: "123456",
        derived: "773784a602b6c81e3f092f4d7d00e17cc822d88f7360fcf2d2ef2d9d901f44b6"),
      Answer(
        content: content(salts: ["3031323334353637", "", "4142434445464748"]), pin: .admin,
        text: "12345678",
        derived: "2675d6164a0d4827d1d00c7eea620d015c00030a1cab38b4d0dd600b27dc9630"),
      // One salt serves all three PINs.
      Answer(
        content: content(salts: ["3031323334353637"]), pin: .admin, text: "123456",
        derived: "773784a602b6c81e3f092f4d7d00e17cc822d88f7360fcf2d2ef2d9d901f44b6"),
      // With its own tag and length around it.
      Answer(
        content: "F916" + content(salts: ["3031323334353637"]), pin: .user, text: "123456",
        derived: "773784a602b6c81e3f092f4d7d00e17cc822d88f7360fcf2d2ef2d9d901f44b6"),
      // As a real Yubikey took it (TestSetupKDF).
      Answer(
        content: content(hash: 0x0A, salts: ["abababababababab"]), pin: .user, text: "123456",
        derived: "c6a8ae5ea8adf3cc733df4212bfd595098f4b9998b8c06ed38f5e281625d618b"
          + "56ccd4dac0c91d287873caa38599c333a27eec3133b622719dcee8f18b2da073"),
      Answer(
        content: content(hash: 0x0A, salts: ["abababababababab", "", "abababababababab"]),
        pin: .admin, text: "12345678",
        derived: "4697ac90356e37c9e1f7097d3a5721b75986af308920304b110cb6a7775a8a85"
          + "2de7d3b913a92f45afc1fc5ce87b9a4ae3227de8f4f1aa03c841fd32f10b000f"),
      Answer(content: "810100", pin: .user, text: "123456", derived: "313233343536"),
      Answer(content: "", pin: .user, text: "123456", derived: "313233343536"),
      Answer(content: "F903810100", pin: .admin, text: "12345678", derived: "3132333435363738"),
    ])
  func answers(_ row: Answer) throws {
    let content = try #require(bytes(hex: row.content))
    let derivation = try KeyDerivation(parsing: content.span)
    var out = SecretBytes(capacity: 64)
    let text = secret(row.text)
    try derivation.derive(text, for: row.pin, into: &out)
    #expect(hex(copy(of: out)) == row.derived)
  }

  @Test(
    "what isn't a KDF-DO, or one that asks for too much, is refused",
    arguments: [
      ("810103", CardError.unsupported(.keyDerivation)),
      ("810102", .unsupported(.keyDerivation)),
      ("8101038201098304000186A0840130", .unsupported(.keyDerivation)),
      ("8101038201088304FFFFFFFF840130", .unsupported(.keyDerivation)),
      ("8101038201088304000186A0", .malformed(tag: 0xF9)),
      ("81018", .malformed(tag: 0xF9)),
      ("8184FFFFFFFF", .malformed(tag: 0xF9)),
      ("8105", .malformed(tag: 0xF9)),
    ])
  func refused(_ text: String, _ error: CardError) throws {
    let content = bytes(hex: text) ?? [0x81, 0x01]
    #expect(throws: error) { _ = try KeyDerivation(parsing: content.span) }
  }

  @Test("another salt, count or hash is another derivation; two ways to say none are one")
  func equality() throws {
    func parse(_ text: String) throws -> KeyDerivation {
      let content = try #require(bytes(hex: text))
      return try KeyDerivation(parsing: content.span)
    }
    let one = try parse(content(salts: ["3031323334353637"]))
    #expect(try one == parse("F916" + content(salts: ["3031323334353637"])))
    #expect(try one != parse(content(salts: ["3031323334353638"])))
    #expect(try one != parse(content(count: 100_001, salts: ["3031323334353637"])))
    #expect(try one != parse(content(hash: 0x0A, salts: ["3031323334353637"])))
    #expect(try one != parse("810100"))
    #expect(try parse("") == parse("F903810100"))
    #expect(one.derivedSize == 32)
    #expect(KeyDerivation.plain.derivedSize == nil)
  }
}
