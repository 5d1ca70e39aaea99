import Inflate
import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

@Suite("Attacks on encrypted messages")
struct DecryptionAttackTests {
  /// What came of an attempt.
  private enum Outcome: Hashable {
    case plain([UInt8])
    case failed(String)
  }

  /// Decrypts as a caller would: what a card refuses goes on with an empty answer.
  private func outcome(_ bytes: [UInt8], by soft: SoftKey) -> Outcome {
    do throws(OpenPGPError) {
      guard let key = soft.key.recipientKey else { throw .noRecipient }
      let message = try EncryptedMessage(bytes)
      guard let recipient = message.recipients(for: key).first else { throw .notForThisKey }
      let cryptogram = try message.cryptogram(for: recipient, with: key)
      let answer = (try? soft.decipher(cryptogram)) ?? SecretBytes(capacity: 1)
      let plain = try message.decrypt(
        with: answer, by: key, for: recipient, decompressing: ZlibDecompression())
      return .plain(plain.revealed)
    } catch {
      return .failed("\(error)")
    }
  }

  @Test(
    "no flipped bit and no truncation lets out anything but the plaintext",
    arguments: ["ed25519", "nistp256", "rsa2048"])
  func flips(_ name: String) throws {
    let soft = try TestKeys.secretKeys(name)[1]
    for file in ["message.pgp", "message-z0.pgp"] {
      let good = try TestKeys.file("\(name)/\(file)")
      var released: [String] = []
      var isFine: [Int] = []
      for bit in stride(from: 0, to: good.count * 8, by: name == "rsa2048" ? 7 : 1) {
        var changed = good
        changed[bit / 8] ^= 1 << (bit % 8)
        guard case .plain(let plain) = outcome(changed, by: soft) else { continue }
        if plain == plaintext { isFine.append(bit) } else { released.append("bit \(bit)") }
      }
      for length in 0..<good.count {
        if case .plain = outcome([UInt8](good[..<length]), by: soft) {
          released.append("length \(length)")
        }
      }
      #expect(released.isEmpty, "\(file)")
      // X25519 ignores the highest bit of a point (RFC 7748 §5): the message stays the same.
      #expect(isFine.count == (name == "ed25519" ? 1 : 0), "\(file): \(isFine)")
    }
  }

  @Test("wrong padding, checksum, cipher, key or integrity code: one and the same error")
  func oracle() throws {
    let soft = try TestKeys.secretKeys("rsa2048")[1]
    let key = try #require(soft.key.recipientKey)
    let content = Crafted.literal(plaintext)
    #expect(outcome(try Crafted.message(content, to: key), by: soft) == .plain(plaintext))

    let blocks: [(inout [UInt8]) -> Void] = [
      { $0[$0.count - 1] ^= 1 },
      { $0[$0.count - 2] ^= 0x80 },
      { $0[0] = 0 },
      { $0[0] = 2 },
      { $0[0] = 7 },
      { $0[0] = 8 },
      { $0[0] = 10 },
      { $0[0] = 255 },
      { $0[1] ^= 1 },
      {
        $0[1] &+= 1
        $0[2] &-= 1
      },
      { $0.removeLast() },
      { $0.append(0) },
      { $0 = [] },
      { $0 = [9] },
      { $0 = [9, 0, 0] },
      { $0 = [UInt8](repeating: 9, count: 200) },
    ]
    var outcomes: Set<Outcome> = []
    for block in blocks {
      outcomes.insert(outcome(try Crafted.message(content, to: key, block: block), by: soft))
    }
    // Bad padding: what the card deciphers is no session key, or the card refuses it.
    var badPadding = try Crafted.message(content, to: key)
    badPadding[6 + 11 + 40] ^= 1
    outcomes.insert(outcome(badPadding, by: soft))
    // Any bit of the protected data.
    for place in 0..<60 {
      var changed = try Crafted.message(content, to: key)
      changed[changed.count - 1 - place] ^= 1
      outcomes.insert(outcome(changed, by: soft))
    }
    // No integrity code, or another content under the old one.
    outcomes.insert(outcome(try Crafted.message(content, to: key, hasCode: false), by: soft))
    #expect(outcomes == [.failed("\(OpenPGPError.cannotDecrypt)")])
  }

  @Test(
    "a wrong shared secret, or a changed wrapping, is the same error",
    arguments: ["ed25519", "nistp256"])
  func oracleECDH(_ name: String) throws {
    let soft = try TestKeys.secretKeys(name)[1]
    let key = try #require(soft.key.recipientKey)
    let bytes = try TestKeys.file("\(name)/message-z0.pgp")
    let message = try EncryptedMessage(bytes)
    let recipient = try #require(message.recipients(for: key).first)
    let secret = try soft.decipher(try message.cryptogram(for: recipient, with: key)).revealed
    var wrong: [[UInt8]] = [[], [0], secret + [0], [UInt8](secret.dropLast())]
    for index in secret.indices {
      var changed = secret
      changed[index] ^= 1
      wrong.append(changed)
    }
    for answer in wrong {
      #expect(throws: OpenPGPError.cannotDecrypt) {
        _ = try message.decrypt(
          with: SecretBytes(answer), by: key, for: recipient, decompressing: NoDecompression())
      }
    }
    let right = try message.decrypt(
      with: SecretBytes(secret), by: key, for: recipient, decompressing: NoDecompression()
    ).revealed
    #expect(right == plaintext)
    // Some cards answer ECDH on Weierstrass curves by the whole point.
    if name == "nistp256" {
      let point = [4] + secret + [UInt8](repeating: 1, count: 32)
      let whole = try message.decrypt(
        with: SecretBytes(point), by: key, for: recipient, decompressing: NoDecompression()
      ).revealed
      #expect(whole == plaintext)
    }
    // The last bytes of the PKESK are the wrapped key.
    let end = 2 + Int(bytes[1])
    for place in 1...48 {
      var changed = bytes
      changed[end - place] ^= 1
      #expect(outcome(changed, by: soft) == .failed("\(OpenPGPError.cannotDecrypt)"))
    }
  }

  @Test("inside of a message, only one literal packet compressed at most once is taken")
  func content() throws {
    let soft = try TestKeys.secretKeys("rsa2048")[1]
    let key = try #require(soft.key.recipientKey)
    let literal = Crafted.literal(plaintext)
    func compressed(_ content: [UInt8]) -> [UInt8] {
      Crafted.packet(8, [2] + Zlib.stored(content))
    }
    let cases: [(name: String, content: [UInt8], expected: OpenPGPError?)] = [
      ("one literal", literal, nil),
      ("text", Crafted.literal(plaintext, mode: "t"), nil),
      ("UTF-8", Crafted.literal(plaintext, mode: "u"), nil),
      ("compressed once", compressed(literal), nil),
      ("without a length", [11 << 2 | 0x83] + literal.dropFirst(6), nil),
      ("nothing", [], .malformed(tag: 0)),
      ("two literals", literal + literal, .unexpectedPacket(tag: 11)),
      ("a byte behind", literal + [0], .malformed(tag: 0)),
      ("compressed twice", compressed(compressed(literal)), .unexpectedPacket(tag: 8)),
      ("two in one", compressed(literal + literal), .unexpectedPacket(tag: 11)),
      ("nothing compressed", compressed([]), .malformed(tag: 0)),
      ("literal behind compressed", compressed(literal) + literal, .unexpectedPacket(tag: 11)),
      ("a signature", Crafted.packet(2, [4]), .unexpectedPacket(tag: 2)),
      ("another message", Crafted.packet(18, [1]), .unexpectedPacket(tag: 18)),
      ("an unprotected one", Crafted.packet(9, [1]), .unexpectedPacket(tag: 9)),
      ("local mode", Crafted.literal(plaintext, mode: "l"), .malformed(tag: 11)),
      ("no mode", Crafted.packet(11, []), .malformed(tag: 11)),
      ("no date", Crafted.packet(11, [0x62, 0, 0, 0, 0]), .malformed(tag: 11)),
      ("a name too long", Crafted.packet(11, [0x62, 9, 0, 0, 0, 0]), .malformed(tag: 11)),
      ("cut short", [UInt8](literal.dropLast()), .malformed(tag: 0)),
      ("a piece too short", [0xCB, 0xE8] + [UInt8](repeating: 1, count: 300), .malformed(tag: 11)),
      ("uncompressed by name", Crafted.packet(8, [0] + literal), .unsupportedCompression(0)),
      ("bzip2", Crafted.packet(8, [3] + literal), .unsupportedCompression(3)),
      ("no compression", Crafted.packet(8, []), .malformed(tag: 8)),
      ("broken", Crafted.packet(8, [2] + literal), .malformed(tag: 8)),
      (
        "a byte behind zlib's end", Crafted.packet(8, [2] + Zlib.stored(literal) + [0]),
        .malformed(tag: 8)
      ),
      ("too much", Crafted.literal([UInt8](repeating: 1, count: 4097)), .tooLarge(limit: 4096)),
      (
        "too much, compressed", compressed(Crafted.literal([UInt8](repeating: 1, count: 4097))),
        .tooLarge(limit: 4096)
      ),
    ]
    for (name, content, expected) in cases {
      let found = outcome(try Crafted.message(content, to: key), by: soft)
      #expect(found == (expected.map { .failed("\($0)") } ?? .plain(plaintext)), "\(name)")
    }
    let full = [UInt8](repeating: 1, count: 4096)
    #expect(
      outcome(try Crafted.message(Crafted.literal(full), to: key), by: soft) == .plain(full))
  }

  @Test("a compressed bomb in a message stops at the limit")
  func bomb() throws {
    let soft = try TestKeys.secretKeys("rsa2048")[1]
    let key = try #require(soft.key.recipientKey)
    // 200 MB: too large even compressed, so not so much as inflated. 4 MB: stopped by zlib's limit.
    for (size, limit) in [(200_000_000, 4096), (4_000_000, 4096), (4_000_000, 100_000)] {
      let packed = Zlib.deflated(zeros: size)
      let message = try Crafted.message(Crafted.packet(8, [2] + packed), to: key)
      #expect(throws: OpenPGPError.tooLarge(limit: limit)) {
        try decrypt(message, by: soft, limit: limit)
      }
    }
  }
}
