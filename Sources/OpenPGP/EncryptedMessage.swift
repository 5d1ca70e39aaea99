public import LibCrypto
public import Secrets

/// A message encrypted to one or more keys: PKESK packets and one packet of data, nothing else. By
/// ``ClassicFormats`` that is PKESK v3 and SEIPD v1; ``NewerFormats`` adds what newer programs write.
///
/// The card's part lies between two calls: ``cryptogram(for:with:)`` gives what it must decipher, and its
/// answer goes to ``decrypt(with:by:for:decompressing:limit:)``. Nothing of the plaintext comes out
/// before its integrity code has been checked, and all that can be wrong up to there is one error.
public struct ReadableMessage<Formats: MessageFormats>: Equatable, Sendable {
  /// One key that the message says it can be read by.
  public struct Recipient: Equatable, Sendable {
    /// Its key ID; 0 where the sender hid it.
    public let keyID: UInt64
    /// Its public-key algorithm's number (RFC 9580 §9.1).
    public let algorithm: UInt8
    /// The rest of the packet's body.
    let wrapped: [UInt8]
    /// The packet's version, 3 or 6.
    let version: UInt8
    /// How many bytes of a fingerprint come first in ``wrapped``: v6 packets tell one.
    let fingerprintSize: UInt8
  }

  /// In the order of the message; those of versions that don't go with its data are left out.
  public let recipients: [Recipient]
  /// The body of the packet of data.
  private let data: [UInt8]
  /// Its tag.
  private let tag: UInt8

  /// Reads a message, binary or armored.
  /// - Throws: ``OpenPGPError``: what doesn't belong into such a message.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    let binary = try Formats.packets(in: bytes)
    var recipients: [Recipient] = []
    var hasSessionKey = false
    var place = 0
    while place < binary.count {
      let layout = try PacketLayout(in: binary.span, at: place)
      place = layout.end
      let body = layout.body(in: binary.span)
      var reader = ByteReader(body.span, tag: layout.tag)
      switch layout.tag {
      case PacketTag.encryptedSessionKey:
        hasSessionKey = true
        let version = try reader.byte()
        var keyID: UInt64 = 0
        var wrapped: [UInt8] = []
        switch version {
        case 3: keyID = try reader.uint64()
        case 6 where Formats.readsNewer:
          let size = Int(try reader.byte())
          if size > 0 {
            let keyVersion = try reader.byte()
            wrapped = try reader.bytes(size - 1)
            keyID = OpenPGP.keyID(of: keyVersion == 6 ? [UInt8](wrapped.prefix(8)) : wrapped)
          }
        default: continue
        }
        let algorithm = try reader.byte()
        let size = UInt8(wrapped.count)
        wrapped.append(reader.rest)
        recipients.append(
          Recipient(
            keyID: keyID, algorithm: algorithm, wrapped: wrapped, version: version,
            fingerprintSize: size))
      case PacketTag.protectedData, PacketTag.ocbData:
        let isClassic = layout.tag == PacketTag.protectedData && body.first == 1
        if !isClassic { try Formats.check(tag: layout.tag, body.span) }
        guard hasSessionKey else { throw .unexpectedPacket(tag: layout.tag) }
        guard place == binary.count else {
          let next = try PacketLayout(in: binary.span, at: place)
          throw .unexpectedPacket(tag: next.tag)
        }
        // The prefix of 16 + 2 bytes, and the integrity code.
        guard !isClassic || body.count >= 1 + 18 + 22 else { throw .malformed(tag: layout.tag) }
        data = body
        tag = layout.tag
        if Formats.readsNewer {
          // SEIPD v2 goes with PKESK v6, the others with v3 (RFC 9580 §10.3.2.1).
          let version: UInt8 = tag == PacketTag.protectedData && !isClassic ? 6 : 3
          recipients.removeAll { $0.version != version }
        }
        self.recipients = recipients
        return
      case PacketTag.marker where Formats.readsNewer: continue
      default: throw .unexpectedPacket(tag: layout.tag)
      }
    }
    throw .malformed(tag: PacketTag.protectedData)
  }

  /// Which of the recipients that key may be: those of its key ID, then the hidden ones of its algorithm.
  public func recipients(for key: RecipientKey) -> [Recipient] {
    var named: [Recipient] = []
    var hidden: [Recipient] = []
    for recipient in recipients where recipient.fits(key) {
      if recipient.keyID == 0 { hidden.append(recipient) } else { named.append(recipient) }
    }
    return named + hidden
  }

  /// What the card must decipher by that key.
  /// - Throws: ``OpenPGPError/notForThisKey``, ``OpenPGPError/malformed(tag:)``.
  public func cryptogram(
    for recipient: Recipient, with key: RecipientKey
  ) throws(OpenPGPError) -> Cryptogram {
    try encryptedSessionKey(recipient, key).cryptogram
  }

  /// The plaintext: the content of the one literal packet.
  /// - Parameters:
  ///   - answer: what the card made of the cryptogram: for RSA the session key's block without its
  ///     padding, for ECDH the shared secret. Give it empty where the card refused the
  ///     cryptogram: it comes to the same error as any other wrong key.
  ///   - key: the key that deciphered.
  ///   - recipient: the one the cryptogram was for.
  ///   - decompressing: what undoes a compression.
  ///   - limit: the most bytes that may come out, at most a gigabyte.
  /// - Throws: ``OpenPGPError/cannotDecrypt`` for everything up to the integrity check; behind that
  ///   ``OpenPGPError/tooLarge(limit:)``, ``OpenPGPError/unsupportedCompression(_:)``,
  ///   ``OpenPGPError/unexpectedPacket(tag:)``, ``OpenPGPError/malformed(tag:)``.
  public func decrypt<Decompressor: Decompression>(
    with answer: borrowing SecretBytes, by key: RecipientKey, for recipient: Recipient,
    decompressing: Decompressor, limit: Int = 4096
  ) throws(OpenPGPError) -> SecretBytes {
    let part = try encryptedSessionKey(recipient, key)
    // No message within the limit is so much larger, be it compressed or in many pieces; the smallest
    // chunks of the newer formats have a tag for every 64 bytes.
    guard limit >= 0, data.count <= limit &+ limit / (Formats.readsNewer ? 2 : 8) &+ 1024 else {
      throw .tooLarge(limit: limit)
    }
    let sessionKey = Self.sessionKey(answer.bytes, part, recipient, key)
    let content: SecretBytes
    if Formats.readsNewer, tag != PacketTag.protectedData || data[0] != 1 {
      content = try newerContent(sessionKey)
    } else {
      content = try self.content(sessionKey)
    }
    return try MessageContent.literal(
      in: content.bytes, decompressing: decompressing, limit: limit)
  }

  /// The session key, if the answer holds one.
  private static func sessionKey(
    _ answer: Span<UInt8>, _ part: (cryptogram: Cryptogram, wrapped: [UInt8]),
    _ recipient: Recipient, _ key: RecipientKey
  ) -> SessionKey? {
    let isNewer = Formats.readsNewer && recipient.version == 6
    if Formats.readsNewer, recipient.algorithm == Recipient.x25519 {
      guard case .ecdh(let ephemeral) = part.cryptogram, case .ecdh(_, let point) = key.publicKey
      else { return nil }
      do throws(OpenPGPError) {
        let wrappingKey = try Formats.wrappingKey(
          ephemeral: ephemeral.span, point: point.span, shared: answer)
        return SessionKey(
          unwrapping: part.wrapped.span, by: wrappingKey.bytes, namesCipher: !isNewer)
      } catch {
        return nil
      }
    }
    switch key.publicKey.algorithm {
    case .rsa: return SessionKey(reading: answer, namesCipher: !isNewer)
    default: return key.unwrap(part.wrapped, shared: answer, namesCipher: !isNewer)
    }
  }

  /// The content of SEIPD v2 or an OCB packet; likewise without a session key.
  private func newerContent(
    _ sessionKey: consuming SessionKey?
  ) throws(OpenPGPError) -> SecretBytes {
    let cipher = data[1]
    let used: SessionKey
    do throws(CryptoError) {
      let random = try SessionKey(unused: SymmetricCipher(rawValue: cipher) ?? .aes256)
      if let sessionKey = consume sessionKey, sessionKey.cipher.rawValue == cipher {
        used = sessionKey
      } else {
        used = random
      }
    } catch {
      throw .cannotDecrypt
    }
    return try Formats.content(tag: tag, data.span, key: used.key.bytes)
  }

  /// Decrypts and checks. Without a session key a random one does the same work, and fails the same way.
  private func content(_ sessionKey: consuming SessionKey?) throws(OpenPGPError) -> SecretBytes {
    var plain = SecretBytes(capacity: data.count)
    var code = SecretBytes(capacity: HashAlgorithm.sha1.digestSize)
    do throws(CryptoError) {
      let random = try SessionKey(unused: .aes256)
      let used: SessionKey
      if let sessionKey = consume sessionKey { used = sessionKey } else { used = random }
      var cipher = try AESCFB(.decrypt, key: used.key.bytes)
      try cipher.update(data.span.extracting(droppingFirst: 1), appendingTo: &plain)
      var digest = try MessageDigest(.sha1)
      digest.update(plain.bytes.extracting(first: plain.count - code.capacity))
      digest.finish(into: &code)
    } catch {
      throw .cannotDecrypt
    }
    let end = plain.count - code.count
    let expected: [UInt8] = [0xD3, 0x14]
    let hasHeader = equalInConstantTime(plain.bytes.extracting((end - 2)..<end), expected.span)
    let hasCode = equalInConstantTime(plain.bytes.extracting(droppingFirst: end), code.bytes)
    guard hasHeader, hasCode else { throw .cannotDecrypt }
    plain.truncate(to: end - 2)
    plain.removeFirst(18)
    return plain
  }

  /// Takes a PKESK's algorithm-specific part apart.
  private func encryptedSessionKey(
    _ recipient: Recipient, _ key: RecipientKey
  ) throws(OpenPGPError) -> (cryptogram: Cryptogram, wrapped: [UInt8]) {
    let tag = PacketTag.encryptedSessionKey
    guard recipient.fits(key) else { throw .notForThisKey }
    var reader = ByteReader(recipient.wrapped.span, tag: tag)
    if Formats.readsNewer { _ = try reader.bytes(Int(recipient.fingerprintSize)) }
    if Formats.readsNewer, recipient.algorithm == Recipient.x25519 {
      let point = try reader.bytes(32)
      let wrapped = try reader.bytes(Int(try reader.byte()))
      try reader.end()
      return (.ecdh(point: point), wrapped)
    }
    switch key.publicKey {
    case .rsa(let modulus, _):
      let number = try reader.integer()
      try reader.end()
      guard let cryptogram = number.leftPadded(to: modulus.count) else {
        throw recipient.keyID == 0 ? .notForThisKey : .malformed(tag: tag)
      }
      return (.rsa(cryptogram), [])
    case .ecdh(let curve, _):
      let number = try reader.number(on: curve)
      guard let point = curve.point(openPGP: number) else {
        throw recipient.keyID == 0 ? .notForThisKey : .malformed(tag: tag)
      }
      let wrapped = try reader.bytes(Int(try reader.byte()))
      try reader.end()
      return (.ecdh(point: point), wrapped)
    case .ecdsa, .eddsa: throw .notForThisKey
    }
  }
}

extension ReadableMessage.Recipient {
  /// X25519's own number; 18 is ECDH by any curve's OID.
  static var x25519: UInt8 { 25 }

  /// Whether it may be that key.
  fileprivate func fits(_ key: RecipientKey) -> Bool {
    // RSA's old number for keys that only encrypt, with the same numbers.
    if Formats.readsNewer, algorithm == 2, case .rsa = key.publicKey {
      return keyID == 0 || keyID == key.keyID
    }
    if algorithm != key.publicKey.openPGPAlgorithm {
      guard Formats.readsNewer, algorithm == Self.x25519, case .ecdh(let curve, _) = key.publicKey,
        curve == .cv25519
      else { return false }
    }
    if Formats.readsNewer, fingerprintSize > 0 {
      return [UInt8](wrapped.prefix(Int(fingerprintSize))) == key.fingerprint
    }
    return keyID == 0 || keyID == key.keyID
  }
}

/// A message of RFC 4880, as it must be where the initramfs program reads it.
public typealias EncryptedMessage = ReadableMessage<ClassicFormats>

/// A message of RFC 4880, or one that a newer program wrote.
public typealias AnyEncryptedMessage = ReadableMessage<NewerFormats>
