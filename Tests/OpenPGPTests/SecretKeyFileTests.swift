import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Secret key files")
struct SecretKeyFileTests {
  @Test("each secret half is read, and is the public key's", arguments: TestKeys.names)
  func reads(_ name: String) throws {
    let text = try TestKeys.file("\(name)/secret.asc")
    let binary = try Armor.decode(text, as: .privateKey)
    for bytes in [text, binary] {
      let file = try SecretKeyFile(bytes)
      #expect(file.certificate == (try TestKeys.certificate(name)))
      #expect(file.keys.map(\.key) == file.certificate.keys)
      for key in file.keys {
        #expect(key.usage == 0)
        let made = try file.privateKey(key.key.fingerprint).publicKey()
        #expect(made == key.key.publicKey)
      }
      #expect(throws: OpenPGPError.notForThisKey) {
        _ = try file.privateKey([UInt8](repeating: 1, count: 20))
      }
    }
  }

  @Test("no flipped bit and no truncation gives another key, or traps")
  func flips() throws {
    let good = try Armor.decode(try TestKeys.file("ed25519/secret.asc"), as: .privateKey)
    let size = 2 + Int(good[1])
    for bit in 0..<(size * 8) {
      var changed = good
      changed[bit / 8] ^= 1 << (bit % 8)
      guard let file = try? SecretKeyFile(changed) else { continue }
      for key in file.keys {
        guard let made = try? file.privateKey(key.key.fingerprint) else { continue }
        #expect(try made.publicKey() == key.key.publicKey)
      }
    }
    for length in 0..<good.count { _ = try? SecretKeyFile([UInt8](good[..<length])) }
  }

  @Test("a public key is no secret one, a locked key is named, other algorithms are left out")
  func refuses() throws {
    #expect(throws: OpenPGPError.wrongArmor) {
      _ = try SecretKeyFile(try TestKeys.file("ed25519/public.asc"))
    }
    let binary = try Armor.decode(try TestKeys.file("ed25519/public.asc"), as: .publicKey)
    #expect(throws: OpenPGPError.unexpectedPacket(tag: 6)) { _ = try SecretKeyFile(binary) }
    var locked = try Armor.decode(try TestKeys.file("ed25519/secret.asc"), as: .privateKey)
    // The usage octet stands behind version, time, algorithm, OID and point.
    let place = 2 + 1 + 4 + 1 + 10 + 2 + 33
    #expect(locked[place] == 0)
    locked[place] = 254
    let file = try SecretKeyFile(locked)
    #expect(throws: OpenPGPError.protectedKey) {
      _ = try file.privateKey(file.certificate.fingerprint)
    }
    let several = try SecretKeyFile(try TestKeys.file("subkey/secret.asc"))
    #expect(several.keys.map(\.key) == several.certificate.keys)
    #expect(several.certificate.skipped.contains(.key(algorithm: 17)))
  }
}
