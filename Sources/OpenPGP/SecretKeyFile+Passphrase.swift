public import LibCrypto
public import Secrets

extension SecretKeyFile {
  /// The secret half of the key of that fingerprint, which a passphrase protects: S2K usage 254 or 255
  /// with an iterated and salted S2K and AES in CFB mode, as gpg and others write version 4 keys
  /// (RFC 9580 §3.7.1.3, §3.7.2.1). An unprotected one needs no passphrase.
  /// - Parameter passphrase: its bytes, without a newline.
  /// - Throws: ``OpenPGPError/cannotDecrypt`` for a wrong passphrase;
  ///   ``OpenPGPError/protectedKey`` if the secret half isn't in the file, or is protected in another
  ///   way; else as ``privateKey(_:)``.
  public func privateKey(
    _ fingerprint: [UInt8], passphrase: borrowing SecretBytes
  ) throws(OpenPGPError) -> PrivateKey {
    for key in keys where key.key.fingerprint == fingerprint {
      guard key.usage == 254 || key.usage == 255 else { break }
      return try key.key.privateKey(
        protected: packets.bytes.extracting(key.place), usage: key.usage, passphrase)
    }
    return try privateKey(fingerprint)
  }
}

extension CertificateKey {
  /// The private key of the fields behind the usage octet: cipher, S2K, IV, ciphertext.
  fileprivate func privateKey(
    protected fields: Span<UInt8>, usage: UInt8, _ passphrase: borrowing SecretBytes
  ) throws(OpenPGPError) -> PrivateKey {
    let blockSize = 16
    var reader = ByteReader(fields, tag: PacketTag.secretKey)
    // GnuPG's own S2K 101 stands for a key that is elsewhere, on a card or not at all.
    guard let cipher = SymmetricCipher(rawValue: try reader.byte()), try reader.byte() == 3,
      let hash = HashAlgorithm(openPGP: try reader.byte())
    else { throw .protectedKey }
    let salt = try reader.bytes(8)
    let coded = Int(try reader.byte())
    let derived = try Self.derive(
      passphrase, hash, salt, count: (16 + coded & 15) << (coded >> 4 + 6), size: cipher.keySize)
    guard reader.rest.count > blockSize else { throw .malformed(tag: PacketTag.secretKey) }
    // As ciphertext, the IV makes a block that is dropped, and what follows comes out right.
    var plain = SecretBytes(capacity: reader.rest.count)
    do throws(CryptoError) {
      var decryption = try AESCFB(.decrypt, key: derived.bytes)
      try decryption.update(reader.rest, appendingTo: &plain)
    } catch {
      throw .crypto(error)
    }
    plain.removeFirst(blockSize)
    let checkSize = usage == 254 ? 20 : 2
    guard plain.count > checkSize else { throw .malformed(tag: PacketTag.secretKey) }
    let numbers = plain.bytes.extracting(droppingLast: checkSize)
    let check = plain.bytes.extracting(last: checkSize)
    guard try Self.matches(check, numbers) else { throw .cannotDecrypt }
    return try privateKey(numbers)
  }

  /// Whether the SHA-1, or in old keys the sum, is that of the numbers.
  private static func matches(
    _ check: Span<UInt8>, _ numbers: Span<UInt8>
  ) throws(OpenPGPError) -> Bool {
    guard check.count == 20 else {
      let sum = SessionKey.checksum(numbers)
      return check[0] == UInt8(sum >> 8) && check[1] == UInt8(sum & 0xFF)
    }
    do throws(CryptoError) {
      let expected = try digest(.sha1, of: numbers)
      return equalInConstantTime(check, expected.span)
    } catch {
      throw .crypto(error)
    }
  }

  /// The iterated and salted S2K (RFC 9580 §3.7.1.3): hashes of the first `count` bytes of
  /// salt ‖ passphrase, repeated, the next of them with one more zero in front, until there are enough.
  private static func derive(
    _ passphrase: borrowing SecretBytes, _ hash: HashAlgorithm, _ salt: [UInt8], count: Int,
    size: Int
  ) throws(OpenPGPError) -> SecretBytes {
    // Hashed by the piece: a short text some millions of times would take as many calls.
    let unit = salt.count + passphrase.count
    let copies = max(1, 8192 / unit)
    var repeated = SecretBytes(capacity: unit * copies)
    for _ in 0..<copies {
      repeated.append(salt.span)
      repeated.append(firstBytes: passphrase.count, of: passphrase)
    }
    var key = SecretBytes(capacity: size + hash.digestSize)
    var zeros: [UInt8] = []
    do throws(CryptoError) {
      while key.count < size {
        var function = try MessageDigest(hash)
        function.update(zeros.span)
        var left = max(count, unit)
        while left > 0 {
          let length = min(left, repeated.count)
          function.update(repeated.bytes.extracting(first: length))
          left -= length
        }
        function.finish(into: &key)
        zeros.append(0)
      }
    } catch {
      throw .crypto(error)
    }
    key.truncate(to: size)
    return key
  }
}
