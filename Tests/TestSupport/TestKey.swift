import Foundation
package import LibCrypto
package import OpenPGP
package import Secrets

/// What lies in `testkeys/`.
package enum TestKeys {
  /// The names of the keys that nothing is wrong with.
  package static let names = ["rsa2048", "rsa3072", "rsa4096", "nistp256", "ed25519"] + curves
  /// Those of the other curves that gpg 2.2 has.
  package static let curves = [
    "nistp384", "nistp521", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "secp256k1",
  ]

  /// A file's bytes, by its path within `testkeys/`.
  package static func file(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: Repository.path("testkeys/\(path)"))))
  }

  /// A key's public certificate.
  package static func certificate(_ name: String) throws -> Certificate {
    let bytes = try file("\(name)/public.asc")
    return try Certificate(parsing: bytes.span)
  }

  /// The secret keys in a key's `secret.asc`, the primary first.
  package static func secretKeys(_ name: String) throws -> [SoftKey] {
    let text = try file("\(name)/secret.asc")
    let bytes = try Armor.decode(text.span, as: .privateKey)
    var keys: [SoftKey] = []
    var rest = bytes[...]
    while let first = rest.first {
      // gpg writes old headers with lengths of one or two bytes.
      let tag = first >> 2 & 0x0F
      let sizeOfLength = 1 << Int(first & 3)
      let length = rest.dropFirst().prefix(sizeOfLength).reduce(0) { $0 << 8 | Int($1) }
      let body = [UInt8](rest.dropFirst(1 + sizeOfLength).prefix(length))
      rest = rest.dropFirst(1 + sizeOfLength + length)
      if tag == 5 || tag == 7, let key = try SoftKey(secretKeyPacket: body) { keys.append(key) }
    }
    return keys
  }
}

/// A secret key in memory that does a card's part.
package final class SoftKey: Sendable {
  /// The public half.
  package let key: CertificateKey
  private let privateKey: PrivateKey

  /// A new key, made at `time`.
  package init(_ algorithm: KeyAlgorithm, at time: UInt32) throws {
    privateKey = try PrivateKey.generate(algorithm)
    key = try CertificateKey(try privateKey.publicKey(), creationTime: time)
  }

  /// Reads an unprotected secret-key packet (RFC 9580 §5.5.3); nil for other algorithms.
  init?(secretKeyPacket body: [UInt8]) throws {
    var place = 6
    func integer() -> [UInt8] {
      let bits = Int(body[place]) << 8 | Int(body[place + 1])
      let bytes = [UInt8](body[(place + 2)..<(place + 2 + (bits + 7) / 8)])
      place += 2 + bytes.count
      return bytes
    }
    let algorithm = body[5]
    guard [1, 18, 19, 22].contains(algorithm) else { return nil }
    if algorithm == 1 {
      _ = integer()
    } else {
      place += 1 + Int(body[6])
    }
    _ = integer()
    if algorithm == 18 { place += 4 }
    do {
      let part = [UInt8](body[..<place])
      key = try CertificateKey(parsing: part.span)
    } catch .unsupportedAlgorithm {
      return nil
    }
    guard body[place] == 0 else { return nil }
    place += 1
    switch key.publicKey {
    case .rsa(_, let exponent):
      _ = integer()
      let p = integer()
      let q = integer()
      privateKey = try PrivateKey(rsaExponent: exponent.span, primes: p.span, q.span)
    case .ecdsa(let curve, _), .eddsa(let curve, _), .ecdh(let curve, _):
      let number = integer()
      var scalar = [UInt8](repeating: 0, count: curve.coordinateSize - number.count) + number
      if curve == .cv25519 { scalar.reverse() }
      privateKey = try PrivateKey(key.publicKey.algorithm, scalar: scalar.span)
    }
  }

  /// Signs as a card does: for RSA with PKCS #1, else r‖s or R‖S.
  package func sign(_ digest: [UInt8], _ hash: HashAlgorithm) throws -> [UInt8] {
    guard case .rsa = key.publicKey else { return try privateKey.signRaw(digest.span) }
    let number: UInt8 = hash == .sha256 ? 1 : hash == .sha384 ? 2 : 3
    let size = UInt8(digest.count)
    let prefix: [UInt8] =
      hash == .sha1
      ? [0x30, 0x21, 0x30, 0x09, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 20]
      : [
        0x30, 17 + size, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, number, 5, 0, 4,
        size,
      ]
    let digestInfo = prefix + digest
    return try privateKey.signRaw(digestInfo.span)
  }

  /// A draft, finished.
  package func finish(_ draft: SignatureDraft) throws -> [UInt8] {
    let raw = try sign(draft.digest, draft.hash)
    return try draft.finished(with: raw)
  }

  /// The secret as ``PrivateKey`` takes it, of a key on a curve.
  package func scalar() throws -> [UInt8] { try privateKey.scalar() }

  /// Deciphers as a card does: the block without padding, or the shared secret.
  package func decipher(_ cryptogram: Cryptogram) throws -> SecretBytes {
    var answer = SecretBytes(capacity: 1024)
    switch cryptogram {
    case .rsa(let bytes): try privateKey.decryptPKCS1(bytes.span, appendingTo: &answer)
    case .ecdh(let point): try privateKey.sharedSecret(with: point.span, appendingTo: &answer)
    }
    return answer
  }
}
