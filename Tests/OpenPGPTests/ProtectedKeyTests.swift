import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

@Suite("Secret keys that a passphrase protects")
struct ProtectedKeyTests {
  /// One way to protect a key.
  struct Protection: Sendable, CustomTestStringConvertible {
    let usage: UInt8
    let cipher: SymmetricCipher
    let hash: HashAlgorithm
    var testDescription: String { "usage \(usage), \(cipher), \(hash)" }
  }

  static let protections: [Protection] = [
    Protection(usage: 254, cipher: .aes128, hash: .sha1),
    Protection(usage: 254, cipher: .aes256, hash: .sha1),
    Protection(usage: 254, cipher: .aes192, hash: .sha256),
    Protection(usage: 255, cipher: .aes256, hash: .sha512),
    Protection(usage: 255, cipher: .aes128, hash: .sha256),
  ]

  @Test("the right passphrase opens each, a wrong one none", arguments: protections)
  func opens(_ protection: Protection) throws {
    let file = try SecretKeyFile(try protected(protection))
    let key = try #require(file.keys.first)
    #expect(key.usage == protection.usage)
    let made = try file.privateKey(
      key.key.fingerprint, passphrase: SecretBytes(Array("sesame".utf8))
    ).publicKey()
    #expect(made == key.key.publicKey)
    #expect(throws: OpenPGPError.cannotDecrypt) {
      _ = try file.privateKey(
        key.key.fingerprint, passphrase: SecretBytes(Array("simsim".utf8)))
    }
    #expect(throws: OpenPGPError.protectedKey) { _ = try file.privateKey(key.key.fingerprint) }
  }

  @Test("no truncation and no flipped bit of the protection's fields traps or gives another key")
  func flips() throws {
    let good = try protected(Self.protections[0])
    let passphrase = Array("sesame".utf8)
    for length in 0..<good.count {
      guard let file = try? SecretKeyFile([UInt8](good[..<length])) else { continue }
      for key in file.keys {
        _ = try? file.privateKey(key.key.fingerprint, passphrase: SecretBytes(passphrase))
      }
    }
    let start = 2 + Self.publicSize
    // Not the S2K's count: some of its values take long on purpose.
    for place in start..<(2 + Int(good[1])) where place != start + 12 {
      var changed = good
      changed[place] ^= 0x10
      guard let file = try? SecretKeyFile(changed), let key = file.keys.first else { continue }
      let made = try? file.privateKey(
        key.key.fingerprint, passphrase: SecretBytes(passphrase)
      ).publicKey()
      #expect(made == nil, "byte \(place)")
    }
  }

  /// Version, time, algorithm, OID and point of an Ed25519 key.
  private static let publicSize = 1 + 4 + 1 + 10 + 2 + 33

  /// `testkeys/ed25519` with its primary key protected, made by the steps of RFC 9580 §5.5.3.
  private func protected(_ protection: Protection) throws -> [UInt8] {
    let good = try Armor.decode(try TestKeys.file("ed25519/secret.asc"), as: .privateKey)
    let size = Int(good[1])
    let body = [UInt8](good[2..<(2 + size)])
    #expect(good[0] == 0x94 && body[Self.publicSize] == 0)
    let numbers = [UInt8](body[(Self.publicSize + 1)..<(body.count - 2)])
    let sum = numbers.reduce(into: UInt16(0)) { $0 &+= UInt16($1) }
    let check =
      protection.usage == 254
      ? try digest(.sha1, of: numbers.span) : [UInt8(sum >> 8), UInt8(sum & 0xFF)]
    let salt: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let key = try derive(protection, salt)
    // A block in front of the plaintext is, encrypted, the IV of what follows.
    var encrypted = SecretBytes(capacity: 16 + numbers.count + check.count)
    var encryption = try AESCFB(.encrypt, key: key.span)
    let plain = [UInt8](repeating: 0x55, count: 16) + numbers + check
    try encryption.update(plain.span, appendingTo: &encrypted)
    let fields =
      [protection.usage, protection.cipher.rawValue, 3, protection.hash.openPGP] + salt + [0x60]
      + encrypted.revealed
    let changed = [UInt8](body[..<Self.publicSize]) + fields
    return [0x94, UInt8(changed.count)] + changed + good[(2 + size)...]
  }

  /// The S2K by its definition: 65536 bytes for the coded count 60, all laid out.
  private func derive(_ protection: Protection, _ salt: [UInt8]) throws -> [UInt8] {
    let unit = salt + Array("sesame".utf8)
    var text: [UInt8] = []
    while text.count < 65536 { text += unit }
    text.removeLast(text.count - 65536)
    var key = try digest(protection.hash, of: text.span)
    let second = [0] + text
    key += try digest(protection.hash, of: second.span)
    return [UInt8](key[..<protection.cipher.keySize])
  }
}
