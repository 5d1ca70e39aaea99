import LibCrypto
import OpenPGP
import Secrets
import TestSupport

/// Bytes that no honest program writes, made piece by piece.
enum Crafted {
  /// A packet with a new-format header of five bytes' length.
  static func packet(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
    [0xC0 | tag, 0xFF] + number(body.count, 4) + body
  }

  /// Packets with new-format headers and lengths of one or two bytes, one by one.
  static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var packets: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= 3 {
      let octets = [UInt8](rest.prefix(3)).map(Int.init)
      let size =
        octets[1] < 192 ? 2 + octets[1] : 3 + ((octets[1] - 192) << 8) + octets[2] + 192
      packets.append([UInt8](rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return packets
  }

  /// A subpacket of fewer than 191 bytes.
  static func subpacket(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [UInt8(body.count + 1), type] + body
  }

  static func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) }
  }

  static func integer(_ bytes: [UInt8]) -> [UInt8] {
    let significant = [UInt8](bytes.drop { $0 == 0 })
    let bits = significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
    return number(bits, 2) + significant
  }

  static func issuerFingerprint(_ key: SoftKey) -> [UInt8] {
    subpacket(33, [4] + key.key.fingerprint)
  }

  static func creationTime(_ time: UInt32) -> [UInt8] { subpacket(2, number(Int(time), 4)) }

  static func issuer(_ key: SoftKey) -> [UInt8] {
    subpacket(16, [UInt8](key.key.fingerprint.suffix(8)))
  }

  /// A signature over `data` that is good as far as the numbers go.
  static func signature(
    over data: [UInt8], by key: SoftKey, type: UInt8 = 0, version: UInt8 = 4,
    hash: HashAlgorithm? = nil, hashed: [UInt8], unhashed: [UInt8]? = nil
  ) throws -> [UInt8] {
    let hash = hash ?? key.key.publicKey.signatureHash
    let part =
      [version, type, key.key.publicKey.openPGPAlgorithm, hash.openPGP]
      + number(hashed.count, 2) + hashed
    let signed = data + part + [version, 0xFF] + number(part.count, 4)
    let digest = try LibCrypto.digest(hash, of: signed.span)
    let raw = try key.sign(digest, hash)
    let unhashed = unhashed ?? issuer(key)
    var body = part + number(unhashed.count, 2) + unhashed + digest.prefix(2)
    if case .rsa = key.key.publicKey {
      body += integer(raw)
    } else {
      body += integer([UInt8](raw.prefix(raw.count / 2)))
      body += integer([UInt8](raw.suffix(raw.count / 2)))
    }
    return packet(2, body)
  }

  /// A message to an RSA key whose protected content is `content`, sealed as asked for.
  static func message(
    _ content: [UInt8], to key: RecipientKey, block: ((inout [UInt8]) -> Void)? = nil,
    hasCode: Bool = true
  ) throws -> [UInt8] {
    let sessionKey = try randomBytes(32)
    let sum = sessionKey.reduce(0) { ($0 + Int($1)) & 0xFFFF }
    var session = [9] + sessionKey + number(sum, 2)
    block?(&session)
    let wrapped = try key.publicKey.encryptPKCS1(session.span)
    let keyID = [UInt8](key.fingerprint.suffix(8))
    let random = try randomBytes(16)
    var plain = random + random.suffix(2) + content
    if hasCode {
      plain += [0xD3, 0x14]
      plain += try LibCrypto.digest(.sha1, of: plain.span)
    }
    var cipher = try AESCFB(.encrypt, key: sessionKey.span)
    var sealed = SecretBytes(capacity: plain.count)
    try cipher.update(plain.span, appendingTo: &sealed)
    return packet(1, [3] + keyID + [1] + integer(wrapped)) + packet(18, [1] + sealed.revealed)
  }

  /// A literal packet of mode `b` without a name.
  static func literal(_ content: [UInt8], mode: Character = "b") -> [UInt8] {
    packet(11, [mode.asciiValue ?? 0, 0, 0, 0, 0, 0] + content)
  }
}
