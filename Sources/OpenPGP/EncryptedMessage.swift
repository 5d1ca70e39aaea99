public import LibCrypto
public import Secrets

/// A message encrypted to one or more keys: PKESK v3 packets and one SEIPD v1 packet, nothing else.
///
/// The card's part lies between two calls: ``cryptogram(for:with:)`` gives what it must decipher, and its
/// answer goes to ``decrypt(with:by:for:decompressing:limit:)``. Nothing of the plaintext comes out
/// before its integrity code has been checked, and all that can be wrong up to there is one error.
public struct EncryptedMessage: Equatable, Sendable {
  /// One key that the message says it can be read by.
  public struct Recipient: Equatable, Sendable {
    /// Its key ID; 0 where the sender hid it.
    public let keyID: UInt64
    /// Its public-key algorithm's number (RFC 9580 §9.1).
    public let algorithm: UInt8
    /// The rest of the packet's body.
    let wrapped: [UInt8]
  }

  /// In the order of the message; those of other versions than 3 are left out.
  public let recipients: [Recipient]
  /// The encrypted data, behind the packet's version.
  private let data: [UInt8]

  /// Reads a message, binary or armored.
  /// - Throws: ``OpenPGPError``: what doesn't belong into such a message.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    let binary =
      Armor.isArmored(bytes) ? try Armor.decode(bytes, as: .message) : [UInt8](copying: bytes)
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
        guard try reader.byte() == 3 else { continue }
        let keyID = try reader.uint64()
        let algorithm = try reader.byte()
        recipients.append(
          Recipient(keyID: keyID, algorithm: algorithm, wrapped: [UInt8](copying: reader.rest)))
      case PacketTag.protectedData:
        let version = try reader.byte()
        guard version == 1 else {
          throw .unsupportedVersion(tag: layout.tag, version: version)
        }
        guard hasSessionKey else { throw .unexpectedPacket(tag: layout.tag) }
        guard place == binary.count else {
          let next = try PacketLayout(in: binary.span, at: place)
          throw .unexpectedPacket(tag: next.tag)
        }
        // The prefix of 16 + 2 bytes, and the integrity code.
        guard reader.rest.count >= 18 + 22 else { throw .malformed(tag: layout.tag) }
        data = [UInt8](copying: reader.rest)
        self.recipients = recipients
        return
      default: throw .unexpectedPacket(tag: layout.tag)
      }
    }
    throw .malformed(tag: PacketTag.protectedData)
  }

  /// Which of the recipients that key may be: those of its key ID, then the hidden ones of its algorithm.
  public func recipients(for key: RecipientKey) -> [Recipient] {
    var named: [Recipient] = []
    var hidden: [Recipient] = []
    for recipient in recipients where recipient.algorithm == key.publicKey.openPGPAlgorithm {
      if recipient.keyID == key.keyID { named.append(recipient) }
      if recipient.keyID == 0 { hidden.append(recipient) }
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
    let wrapped = try encryptedSessionKey(recipient, key).wrapped
    // No message within the limit is so much larger, be it compressed or in many pieces.
    guard limit >= 0, data.count <= limit &+ limit / 8 &+ 1024 else {
      throw .tooLarge(limit: limit)
    }
    let content = try content(
      EncryptedMessage.sessionKey(answer.bytes, wrapped, key))
    return try MessageContent.literal(
      in: content.bytes, decompressing: decompressing, limit: limit)
  }

  /// The session key, if the answer holds one.
  private static func sessionKey(
    _ answer: Span<UInt8>, _ wrapped: [UInt8], _ key: RecipientKey
  ) -> SessionKey? {
    switch key.publicKey.algorithm {
    case .rsa: SessionKey(reading: answer)
    default: key.unwrap(wrapped, shared: answer)
    }
  }

  /// Decrypts and checks. Without a session key a random one does the same work, and fails the same way.
  private func content(_ sessionKey: consuming SessionKey?) throws(OpenPGPError) -> SecretBytes {
    var plain = SecretBytes(capacity: data.count)
    var code = SecretBytes(capacity: HashAlgorithm.sha1.digestSize)
    do throws(CryptoError) {
      let random = try SessionKey()
      let used: SessionKey
      if let sessionKey = consume sessionKey { used = sessionKey } else { used = random }
      var cipher = try AESCFB(.decrypt, key: used.key.bytes)
      try cipher.update(data.span, appendingTo: &plain)
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
    guard recipient.algorithm == key.publicKey.openPGPAlgorithm,
      recipient.keyID == 0 || recipient.keyID == key.keyID
    else { throw .notForThisKey }
    var reader = ByteReader(recipient.wrapped.span, tag: tag)
    let number = try reader.integer()
    switch key.publicKey {
    case .rsa(let modulus, _):
      try reader.end()
      guard let cryptogram = number.leftPadded(to: modulus.count) else {
        throw recipient.keyID == 0 ? .notForThisKey : .malformed(tag: tag)
      }
      return (.rsa(cryptogram), [])
    case .ecdh(let curve, _):
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
