import LibCrypto
public import Secrets

/// Encrypts to one or more keys: a PKESK v3 each, and one SEIPD v1 with AES-256 around one uncompressed
/// literal packet of mode `b` without a name, all with fixed lengths, as gpg reads it.
/// - Parameters:
///   - plain: what is to be encrypted.
///   - recipients: RSA and ECDH keys; whether they may be used is for the caller to know.
/// - Returns: the message, binary; see ``Armor/encode(_:as:comment:)``.
/// - Throws: ``OpenPGPError/noRecipient``, ``OpenPGPError/crypto(_:)``.
public func encrypt(
  _ plain: borrowing SecretBytes, to recipients: [RecipientKey]
) throws(OpenPGPError) -> [UInt8] {
  guard !recipients.isEmpty else { throw .noRecipient }
  do throws(CryptoError) {
    let sessionKey = try SessionKey()
    var message: [UInt8] = []
    for recipient in recipients {
      var body: [UInt8] = [3]
      body.append(uint64: recipient.keyID)
      body.append(recipient.publicKey.openPGPAlgorithm)
      body += try recipient.wrap(sessionKey)
      message += packet(PacketTag.encryptedSessionKey, body)
    }
    let literal: [UInt8] = [UInt8(ascii: "b"), 0, 0, 0, 0, 0]
    let header =
      packetHeader(PacketTag.literal, length: literal.count + plain.count) + literal
    let size = 18 + header.count + plain.count + 22

    var content = SecretBytes(capacity: size)
    try content.appendRandom(16)
    // The prefix's last two bytes once more (RFC 9580 §5.13.1).
    let repeated = [content.bytes[14], content.bytes[15]]
    content.append(repeated.span)
    content.append(header.span)
    content.append(plain.bytes)
    let codeHeader: [UInt8] = [0xD3, 0x14]
    content.append(codeHeader.span)
    var digest = try MessageDigest(.sha1)
    digest.update(content.bytes)
    digest.finish(into: &content)

    var cipher = try AESCFB(.encrypt, key: sessionKey.key.bytes)
    var encrypted = SecretBytes(capacity: size)
    try cipher.update(content.bytes, appendingTo: &encrypted)
    message += packetHeader(PacketTag.protectedData, length: 1 + size)
    message.append(1)
    message.append(encrypted.bytes)
    return message
  } catch {
    throw .crypto(error)
  }
}
