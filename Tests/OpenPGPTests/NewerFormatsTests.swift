import Inflate
import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

/// RFC 9580's own samples (appendix A), which no program here made.
private enum Sample {
  /// A.8: `Hello, world!` to A.3's X25519 subkey: PKESK v6, SEIPD v2 with OCB, and a padding packet.
  static let x25519 = """
    -----BEGIN PGP MESSAGE-----

    wV0GIQYSyD8ecG9jCP4VGkF3Q6HwM3kOk+mXhIjR2zeNqZMIhRmHzxjV8bU/gXzO
    WgBM85PMiVi93AZfJfhK9QmxfdNnZBjeo1VDeVZheQHgaVf7yopqR6W1FT6NOrfS
    aQIHAgZhZBZTW+CwcW1g4FKlbExAf56zaw76/prQoN+bAzxpohup69LA7JW/Vp0l
    yZnuSj3hcFj0DfqLTGgr4/u717J+sPWbtQBfgMfG9AOIwwrUBqsFE9zW+f1zdlYo
    bhF30A+IitsxxA==
    -----END PGP MESSAGE-----

    """
  /// A.9, A.10, A.11: the same text to a password, which isn't read here; each session key stands there.
  static let symmetric: [(mode: UInt8, message: String, key: String)] = [
    (
      1,
      """
      -----BEGIN PGP MESSAGE-----

      w0AGHgcBCwMIpa5XnR/F2Cv/aSJPkZmTs1Bvo7WaanPP+MXvxfQcV/tU4cImgV14
      KPX5LEVOtl6+AKtZhsaObnxV0mkCBwEGn/kOOzIZZPOkKRPI3MZhkyUBUifvt+rq
      pJ8EwuZ0F11KPSJu1q/LnKmsEiwUcOEcY9TAqyQcapOK1Iv5mlqZuQu6gyXeYQR1
      QCWKt5Wala0FHdqW6xVDHf719eIlXKeCYVRuM5o=
      -----END PGP MESSAGE-----

      """, "3881bafe985412459b86c36f98cb9a5e"
    ),
    (
      2,
      """
      -----BEGIN PGP MESSAGE-----

      wz8GHQcCCwMIVqKY0vXjZFP/z8xcEWZO2520JZDX3EawckG2EsOBLP/76gDyNHsl
      ZBEj+IeuYNT9YU4IN9gZ02zSaQIHAgYgpmH3MfyaMDK1YjMmAn46XY21dI6+/wsM
      WRDQns3WQf+f04VidYA1vEl1TOG/P/+n2tCjuBBPUTPPQqQQCoPu9MobSAGohGv0
      K82nyM6dZeIS8wHLzZj9yt5pSod61CRzI/boVw==
      -----END PGP MESSAGE-----

      """, "28e79ab82397d3c63de24ac217d7b791"
    ),
    (
      3,
      """
      -----BEGIN PGP MESSAGE-----

      wzwGGgcDCwMI6dOXhbIHAAj/tC58SD70iERXyzcmubPbn/d25fTZpAlS4kRymIUa
      v/91Jt8t1VRBdXmneZ/SaQIHAwb8uUSQvLmLvcnRBsYJAmaUD3LontwhtVlrFXax
      Ae0Pn/xvxtZbv9JNzQeQlm5tHoWjAFN4TLHYtqBpnvEhVaeyrWJYUxtXZR/Xd3kS
      +pXjXZtAIW9ppMJI2yj/QzHxYykHOZ5v+Q==
      -----END PGP MESSAGE-----

      """, "1936fc8568980274bb900d8319360c77"
    ),
  ]
  /// A.3: the certificate, all of version 6.
  static let certificate = """
    -----BEGIN PGP PUBLIC KEY BLOCK-----

    xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
    GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
    KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
    gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
    QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
    +eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
    BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
    j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
    I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
    -----END PGP PUBLIC KEY BLOCK-----

    """
  static let fingerprint = "cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9"
  static let subkeyFingerprint = "12c83f1e706f6308fe151a417743a1f033790e93e9978488d1db378da9930885"
  /// A.4's secret half of the subkey.
  static let secret = "4d600a4f794d44775c57a26e0feefed558e9afffd6ad0d582d57fb2ba2dcedb8"
  static let text = [UInt8]("Hello, world!".utf8)
}

/// A key on X25519, made here: with it messages of every newer form are crafted.
private struct Newer {
  let fingerprint: [UInt8]
  let secret: [UInt8]
  let point: [UInt8]

  init(fingerprint: [UInt8], secret: [UInt8]) throws {
    self.fingerprint = fingerprint
    self.secret = secret
    let key = try PrivateKey(.ecdh(.cv25519), scalar: secret.span)
    guard case .ecdh(_, let point) = try key.publicKey() else { throw CryptoError.failed }
    self.point = point
  }

  var recipientKey: RecipientKey {
    RecipientKey(fingerprint: fingerprint, publicKey: .ecdh(.cv25519, point: point))
  }

  func decrypt(_ bytes: [UInt8], limit: Int = 4096) throws -> [UInt8] {
    let message = try AnyEncryptedMessage(bytes)
    guard let recipient = message.recipients(for: recipientKey).first else {
      throw OpenPGPError.notForThisKey
    }
    guard case .ecdh(let ephemeral) = try message.cryptogram(for: recipient, with: recipientKey)
    else { throw CryptoError.failed }
    let key = try PrivateKey(.ecdh(.cv25519), scalar: secret.span)
    var answer = SecretBytes(capacity: 32)
    // What a card refuses goes on with an empty answer.
    try? key.sharedSecret(with: ephemeral.span, appendingTo: &answer)
    return try message.decrypt(
      with: answer, by: recipientKey, for: recipient, decompressing: ZlibDecompression(),
      limit: limit
    ).revealed
  }

  /// X25519's PKESK of either version around a session key.
  func sessionKeyPacket(_ version: UInt8, _ sessionKey: [UInt8], cipher: UInt8) throws -> [UInt8] {
    let ephemeral = try PrivateKey.generate(.ecdh(.cv25519))
    guard case .ecdh(_, let start) = try ephemeral.publicKey() else { throw CryptoError.failed }
    var secret = SecretBytes(capacity: 128)
    secret.append(start.span)
    secret.append(point.span)
    try ephemeral.sharedSecret(with: point.span, appendingTo: &secret)
    var wrapping = SecretBytes(capacity: 16)
    let none: [UInt8] = []
    let info = [UInt8]("OpenPGP X25519".utf8)
    try HKDF.sha256(
      secret.bytes, salt: none.span, info: info.span, count: 16, appendingTo: &wrapping)
    let wrapped =
      (version == 3 ? [cipher] : [])
      + (try AESKeyWrap.wrap(sessionKey.span, key: wrapping.bytes))
    let recipient =
      version == 3
      ? [3] + fingerprint.suffix(8) : [6, UInt8(fingerprint.count + 1), 4] + fingerprint
    return Crafted.packet(1, recipient + [25] + start + [UInt8(wrapped.count)] + wrapped)
  }

  /// A whole message: SEIPD v2 or, by tag 20, GnuPG's.
  func message(
    _ content: [UInt8], tag: UInt8 = 18, mode: UInt8 = 2, chunk: UInt8 = 6, cipher: UInt8 = 9,
    lastTotal: Int? = nil, skippingChunk: Int? = nil
  ) throws -> [UInt8] {
    let sessionKey = try randomBytes(cipher == 9 ? 32 : cipher == 8 ? 24 : 16)
    let header = [tag == 20 ? 1 : 2, cipher, mode, chunk]
    let associated = [0xC0 | tag] + header
    let nonceSize = mode == 2 ? 15 : 12
    let salt = try randomBytes(tag == 20 ? nonceSize : 32)
    var key = sessionKey
    var start = salt
    if tag == 18 {
      var derived = SecretBytes(capacity: 64)
      try HKDF.sha256(
        sessionKey.span, salt: salt.span, info: associated.span,
        count: key.count + nonceSize - 8, appendingTo: &derived)
      let all = derived.revealed
      key = [UInt8](all.prefix(key.count))
      start = all.dropFirst(key.count) + [UInt8](repeating: 0, count: 8)
    }
    func big(_ number: Int) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
    func seal(_ piece: [UInt8], _ index: Int, _ last: [UInt8]) throws -> [UInt8] {
      var nonce = start
      for (place, byte) in big(index).enumerated() { nonce[nonceSize - 8 + place] ^= byte }
      let data = associated + (tag == 20 ? big(index) : []) + last
      return mode == 2
        ? try AESOCB.seal(piece.span, key: key.span, nonce: nonce.span, authenticating: data.span)
        : try AESGCM.seal(piece.span, key: key.span, nonce: nonce.span, authenticating: data.span)
    }
    var body = header + salt
    var index = 0
    var place = 0
    while place < content.count {
      let end = min(place + 1 << (Int(chunk) + 6), content.count)
      if index != skippingChunk { body += try seal([UInt8](content[place..<end]), index, []) }
      place = end
      index += 1
    }
    body += try seal([], index, big(lastTotal ?? content.count))
    return try sessionKeyPacket(tag == 20 ? 3 : 6, sessionKey, cipher: cipher)
      + Crafted.packet(tag, body)
  }
}

@Suite("Messages of newer programs")
struct NewerFormatsTests {
  private func newKey() throws -> Newer {
    try Newer(fingerprint: randomBytes(20), secret: randomBytes(32))
  }

  @Test("RFC 9580's sample of X25519, PKESK v6 and SEIPD v2 is read")
  func sample() throws {
    let key = try Newer(
      fingerprint: try #require(bytes(hex: Sample.subkeyFingerprint)),
      secret: try #require(bytes(hex: Sample.secret)))
    let message = [UInt8](Sample.x25519.utf8)
    #expect(try key.decrypt(message) == Sample.text)
    #expect(throws: OpenPGPError.unsupportedVersion(tag: 18, version: 2)) {
      try EncryptedMessage(message)
    }
    let binary = try Armor.decode(message, as: .message)
    for bit in 0..<(binary.count * 8) {
      var changed = binary
      changed[bit / 8] ^= 1 << (bit % 8)
      if let plain = try? key.decrypt(changed) { #expect(plain == Sample.text, "bit \(bit)") }
    }
    for length in 0..<binary.count {
      #expect(throws: (any Error).self) { try key.decrypt([UInt8](binary[..<length])) }
    }
  }

  @Test("RFC 9580's samples of OCB and GCM are opened by their session keys, EAX is named")
  func modes() throws {
    for (mode, armored, key) in Sample.symmetric {
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
      #expect(plain.suffix(Sample.text.count) == Sample.text[...])
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
    let sample = [UInt8](Sample.certificate.utf8)
    #expect(throws: OpenPGPError.unsupportedVersion(tag: 6, version: 6)) {
      try Certificate(sample)
    }
    let fingerprint = try #require(bytes(hex: Sample.fingerprint))
    let keyring = try Keyring(try TestKeys.file("ed25519/public.asc") + sample)
    #expect(keyring.certificates == [try TestKeys.certificate("ed25519")])
    #expect(keyring.version6Fingerprints == [fingerprint])
    #expect(keyring.failures == [.unsupportedVersion(tag: 6, version: 6)])
  }
}
