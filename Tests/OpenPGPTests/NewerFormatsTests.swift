import Inflate
import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

@Suite("Messages of newer programs")
struct NewerFormatsTests {
  private func newKey() throws -> NewerKey {
    try NewerKey(fingerprint: randomBytes(20), secret: randomBytes(32))
  }

  @Test("RFC 9580's sample of X25519, PKESK v6 and SEIPD v2 is read")
  func sample() throws {
    let key = try NewerKey(
      fingerprint: try #require(bytes(hex: RFC9580Sample.subkeyFingerprint)),
      secret: try #require(bytes(hex: RFC9580Sample.secret)))
    let message = [UInt8](RFC9580Sample.x25519.utf8)
    #expect(try key.decrypt(message) == RFC9580Sample.text)
    #expect(throws: OpenPGPError.unsupportedVersion(tag: 18, version: 2)) {
      try EncryptedMessage(Armor.decode(message, as: .message))
    }
    let binary = try Armor.decode(message, as: .message)
    for bit in 0..<(binary.count * 8) {
      var changed = binary
      changed[bit / 8] ^= 1 << (bit % 8)
      if let plain = try? key.decrypt(changed) {
        #expect(plain == RFC9580Sample.text, "bit \(bit)")
      }
    }
    for length in 0..<binary.count {
      #expect(throws: (any Error).self) { try key.decrypt([UInt8](binary[..<length])) }
    }
  }

  @Test("RFC 9580's samples of OCB and GCM are opened by their session keys, EAX is named")
  func modes() throws {
    for (mode, armored, key) in RFC9580Sample.symmetric {
      let binary = try Armor.decode([UInt8](armored.utf8), as: .message)
      let body = [UInt8](binary.dropFirst(2 + Int(binary[1]) + 2))
      let sessionKey = try #require(bytes(hex: key))
      if mode == 1 {
        #expect(throws: OpenPGPError.unsupportedMode(1)) {
          try NewerFormats.check(tag: 18, body.span)
        }
        #expect(throws: OpenPGPError.unsupportedMode(1)) {
          try AnyEncryptedMessage([0xC1, 3, 6, 0, 25] + binary.dropFirst(2 + Int(binary[1])))
        }
        continue
      }
      let plain = try NewerFormats.content(tag: 18, body.span, key: sessionKey.span).revealed
      #expect(plain.suffix(RFC9580Sample.text.count) == RFC9580Sample.text[...])
      #expect(plain.first == 0xCB && Int(plain[1]) == plain.count - 2)
    }
  }

  @Test("every mode, cipher and chunk size is read, SEIPD v2 and GnuPG's packet")
  func forms() throws {
    let key = try newKey()
    let plain = (0..<700).map { UInt8(truncatingIfNeeded: $0) }
    for (tag, mode) in [(18, 2), (18, 3), (20, 2)] as [(UInt8, UInt8)] {
      for cipher: UInt8 in [7, 8, 9] {
        for chunk: UInt8 in [0, 1, 3, 6, 16] {
          let message = try key.message(
            Crafted.literal(plain), tag: tag, mode: mode, chunk: chunk, cipher: cipher)
          #expect(try key.decrypt(message) == plain, "\(tag) \(mode) \(cipher) \(chunk)")
          #expect(throws: OpenPGPError.tooLarge(limit: 699)) {
            try key.decrypt(message, limit: 699)
          }
        }
      }
    }
    let empty = try key.message(Crafted.literal([]), chunk: 0)
    #expect(try key.decrypt(empty, limit: 0) == [])
  }

  @Test("X25519's v3 packet goes with SEIPD v1, and the versions aren't mixed")
  func versions() throws {
    let key = try newKey()
    let message = try key.message(Crafted.literal(plaintext))
    let size = 6 + Int(message[5])
    let old = try key.sessionKeyPacket(3, randomBytes(32), cipher: 9)
    // A v3 packet says nothing of SEIPD v2, and beside a v6 one it does no harm.
    #expect(try AnyEncryptedMessage(old + message[size...]).recipients.isEmpty)
    #expect(try key.decrypt(old + message) == plaintext)
    let gnupg = try key.message(Crafted.literal(plaintext), tag: 20)
    #expect(try key.decrypt(message[..<size] + gnupg) == plaintext)
  }

  @Test("whatever is wrong up to the last tag is one error, and lets nothing out")
  func oracle() throws {
    let key = try newKey()
    for tag: UInt8 in [18, 20] {
      let content = Crafted.literal([UInt8](repeating: 7, count: 200))
      var wrong: [[UInt8]] = [
        try key.message(content, tag: tag, chunk: 0, lastTotal: content.count + 1),
        try key.message(content, tag: tag, chunk: 0, lastTotal: 0),
        try key.message(content, tag: tag, chunk: 0, skippingChunk: 0),
        try key.message(content, tag: tag, chunk: 0, skippingChunk: 3),
      ]
      let good = try key.message(content, tag: tag, chunk: 0)
      let size = 6 + Int(good[5])
      // The wrapped key, and every byte behind the data's header.
      for place in (size - 40)..<size {
        var changed = good
        changed[place] ^= 1
        wrong.append(changed)
      }
      for place in (size + 6 + 4)..<good.count {
        var changed = good
        changed[place] ^= 0x80
        wrong.append(changed)
      }
      for message in wrong {
        #expect(throws: OpenPGPError.cannotDecrypt) { try key.decrypt(message) }
      }
      // Chunks in another order.
      var swapped = good
      let start = size + 6 + 4 + (tag == 20 ? 15 : 32)
      swapped.replaceSubrange(start..<(start + 80), with: good[(start + 80)..<(start + 160)])
      swapped.replaceSubrange((start + 80)..<(start + 160), with: good[start..<(start + 80)])
      #expect(throws: OpenPGPError.cannotDecrypt) { try key.decrypt(swapped) }
    }
  }

  @Test("a header that can't be read is named before any card is asked")
  func headers() throws {
    let key = try newKey()
    for tag: UInt8 in [18, 20] {
      let good = try key.message(Crafted.literal(plaintext), tag: tag)
      let header = 6 + Int(good[5]) + 6
      #expect(good[header] == (tag == 20 ? 1 : 2))
      let cases: [(place: Int, value: UInt8, error: OpenPGPError)] = [
        (0, 3, .unsupportedVersion(tag: tag, version: 3)),
        (1, 10, .unsupportedCipher(10)), (1, 2, .unsupportedCipher(2)),
        (2, 1, .unsupportedMode(1)), (2, 0, .unsupportedMode(0)), (2, 4, .unsupportedMode(4)),
        (3, tag == 20 ? 57 : 17, .malformed(tag: tag)),
      ]
      for (place, value, error) in cases {
        var changed = good
        changed[header + place] = value
        #expect(throws: error) { try AnyEncryptedMessage(changed) }
      }
    }
  }

  @Test("only padding may stand behind the literal packet of SEIPD v2")
  func padding() throws {
    let key = try newKey()
    let literal = Crafted.literal(plaintext)
    let pad = Crafted.packet(21, [1, 2, 3])
    #expect(try key.decrypt(try key.message(literal + pad + pad)) == plaintext)
    for (content, error) in [
      (literal + literal, OpenPGPError.unexpectedPacket(tag: 11)),
      (literal + pad + literal, .unexpectedPacket(tag: 11)),
      (literal + [0], .malformed(tag: 0)), (pad + literal, .unexpectedPacket(tag: 11)),
    ] {
      #expect(throws: error) { try key.decrypt(try key.message(content)) }
    }
    #expect(throws: OpenPGPError.unexpectedPacket(tag: 21)) {
      try key.decrypt(try key.message(literal + pad, tag: 20))
    }
  }

  @Test("a version 6 certificate is skipped by its fingerprint, and reads the others")
  func version6() throws {
    let sample = [UInt8](RFC9580Sample.certificate.utf8)
    #expect(throws: OpenPGPError.unsupportedVersion(tag: 6, version: 6)) {
      try Certificate(sample)
    }
    let fingerprint = try #require(bytes(hex: RFC9580Sample.fingerprint))
    let keyring = try Keyring(try TestKeys.file("ed25519/public.asc") + sample)
    #expect(keyring.certificates == [try TestKeys.certificate("ed25519")])
    #expect(keyring.version6Fingerprints == [fingerprint])
    #expect(keyring.unread.map(\.reason) == [.unsupportedVersion(tag: 6, version: 6)])
  }
}
