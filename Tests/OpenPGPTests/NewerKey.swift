import Inflate
import LibCrypto
import Secrets
import TestSupport

@testable import OpenPGP

/// A key on X25519, made here: with it messages of every newer form are crafted.
struct NewerKey {
  let fingerprint: [UInt8]
  let secret: [UInt8]
  let point: [UInt8]

  /// The X25519 subkey of a version 6 key as another program made it, without a passphrase (RFC 9580
  /// §5.5.3: version, time, algorithm, length, point, no protection, scalar).
  init(secretKey: [UInt8]) throws {
    let bytes = try Armor.decode(secretKey, as: .privateKey)
    var place = 0
    while place < bytes.count {
      let layout = try PacketLayout(in: bytes.span, at: place)
      place = layout.end
      let body = layout.body(in: bytes.span)
      guard layout.tag == 7, body.count == 10 + 32 + 1 + 32, body[0] == 6, body[5] == 25,
        body[42] == 0
      else { continue }
      let half = Array(body[..<42])
      let hashed = [0x9B, 0, 0, 0, UInt8(half.count)] + half
      try self.init(
        fingerprint: try digest(.sha256, of: hashed.span), secret: Array(body[43...]))
      return
    }
    throw TestSupportError("no X25519 subkey of version 6")
  }

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
      guard let mode = AEADMode(rawValue: mode) else { throw CryptoError.failed }
      return try mode.seal(
        piece.span, key: key.span, nonce: nonce.span, authenticating: data.span)
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
