import LibCrypto
import Secrets

/// The key of one message: a cipher and its key (RFC 9580 §5.1).
struct SessionKey: ~Copyable {
  let cipher: SymmetricCipher
  /// The key, `cipher.keySize` bytes.
  let key: SecretBytes

  /// A new one.
  init(_ cipher: SymmetricCipher = .aes256) throws(CryptoError) {
    self.cipher = cipher
    var key = SecretBytes(capacity: cipher.keySize)
    try key.appendRandom(cipher.keySize)
    self.key = key
  }

  /// One that nothing is encrypted with, for the work that a right one would do. Nobody can guess it; the
  /// kernel's numbers do for that, and libcrypto's generator needn't be started.
  init(unused cipher: SymmetricCipher) throws(CryptoError) {
    self.cipher = cipher
    var key = SecretBytes(capacity: cipher.keySize)
    guard key.appendKernelRandom(cipher.keySize) else { throw .failed }
    self.key = key
  }

  /// Reads `cipher ‖ key ‖ checksum`, as RSA encrypts it. Nil if it isn't that.
  /// - Parameter namesCipher: false in PKESK v6, which leaves the cipher to the data.
  init?(reading block: Span<UInt8>, namesCipher: Bool = true) {
    let start = namesCipher ? 1 : 0
    guard block.count > start + 2,
      let cipher = namesCipher
        ? SymmetricCipher(rawValue: block[0]) : SymmetricCipher(keySize: block.count - 2),
      block.count == cipher.keySize + start + 2
    else { return nil }
    let bytes = block.extracting(start..<(block.count - 2))
    let sum = SessionKey.checksum(bytes)
    let expected = UInt16(block[block.count - 2]) << 8 | UInt16(block[block.count - 1])
    guard sum == expected else { return nil }
    self.cipher = cipher
    key = SecretBytes(copying: bytes)
  }

  /// Unwraps what X25519's PKESK holds: the wrapped key alone, in v3 with the cipher in front. Nil for
  /// whatever is wrong.
  init?(unwrapping field: Span<UInt8>, by wrappingKey: Span<UInt8>, namesCipher: Bool) {
    let start = namesCipher ? 1 : 0
    guard field.count > start, field.count <= 128 else { return nil }
    var key = SecretBytes(capacity: 128)
    do throws(CryptoError) {
      try AESKeyWrap.unwrap(
        field.extracting(droppingFirst: start), key: wrappingKey, appendingTo: &key)
    } catch {
      return nil
    }
    guard
      let cipher = namesCipher
        ? SymmetricCipher(rawValue: field[0]) : SymmetricCipher(keySize: key.count),
      cipher.keySize == key.count
    else { return nil }
    self.cipher = cipher
    self.key = key
  }

  /// `cipher ‖ key ‖ checksum`.
  func block() -> SecretBytes {
    var block = SecretBytes(capacity: key.count + 11)
    block.append(cipher.rawValue)
    block.append(key.bytes)
    let sum = SessionKey.checksum(key.bytes)
    block.append(UInt8(sum >> 8))
    block.append(UInt8(sum & 0xFF))
    return block
  }

  /// The sum of the key's bytes.
  static func checksum(_ bytes: Span<UInt8>) -> UInt16 {
    var sum: UInt16 = 0
    for index in bytes.indices { sum &+= UInt16(bytes[index]) }
    return sum
  }
}

extension RecipientKey {
  /// Wraps a session key for this key: the rest of a PKESK v3 body, behind the algorithm's number.
  func wrap(_ sessionKey: borrowing SessionKey) throws(CryptoError) -> [UInt8] {
    var block = sessionKey.block()
    var body: [UInt8] = []
    switch publicKey {
    case .rsa:
      let cryptogram = try publicKey.encryptPKCS1(block.bytes)
      body.append(integer: cryptogram.span)
    case .ecdh(let curve, let point):
      // PKCS#5 padding to whole eights (RFC 9580 §5.1.5).
      let padding = 8 - block.count % 8
      for _ in 0..<padding { block.append(UInt8(padding)) }
      let ephemeral = try PrivateKey.generate(.ecdh(curve))
      guard case .ecdh(_, let ephemeralPoint) = try ephemeral.publicKey() else { throw .failed }
      var shared = SecretBytes(capacity: 256)
      try ephemeral.sharedSecret(with: point.span, appendingTo: &shared)
      let wrappingKey = try wrappingKey(of: shared.bytes, curve)
      let wrapped = try AESKeyWrap.wrap(block.bytes, key: wrappingKey.bytes)
      body.append(point: ephemeralPoint, on: curve)
      body.append(UInt8(truncatingIfNeeded: wrapped.count))
      body += wrapped
    case .ecdsa, .eddsa: throw .invalidKey
    }
    return body
  }

  /// Unwraps what ``wrap(_:)`` wrapped, by the secret a card agreed on. Nil for whatever is wrong.
  func unwrap(
    _ wrapped: [UInt8], shared: Span<UInt8>, namesCipher: Bool = true
  ) -> SessionKey? {
    guard case .ecdh(let curve, _) = publicKey else { return nil }
    var block = SecretBytes(capacity: 256)
    do throws(CryptoError) {
      let secret =
        curve.form == .weierstrass && shared.count == curve.pointSize && shared[0] == 4
        // Some cards give the whole point.
        ? shared.extracting(1..<(1 + curve.coordinateSize)) : shared
      guard secret.count == curve.coordinateSize, wrapped.count <= 128 else { return nil }
      let wrappingKey = try wrappingKey(of: secret, curve)
      try AESKeyWrap.unwrap(wrapped.span, key: wrappingKey.bytes, appendingTo: &block)
    } catch {
      return nil
    }
    guard !block.isEmpty else { return nil }
    let padding = Int(block.bytes[block.count - 1])
    guard padding >= 1, padding < block.count else { return nil }
    for index in (block.count - padding)..<block.count where block.bytes[index] != UInt8(padding) {
      return nil
    }
    block.truncate(to: block.count - padding)
    return SessionKey(reading: block.bytes, namesCipher: namesCipher)
  }

  /// The key that wraps (RFC 9580 §11.5).
  private func wrappingKey(
    of shared: Span<UInt8>, _ curve: Curve
  ) throws(CryptoError) -> SecretBytes {
    guard let keyDerivation else { throw .invalidKey }
    var digest = try MessageDigest(keyDerivation.hash)
    let counter: [UInt8] = [0, 0, 0, 1]
    digest.update(counter.span)
    digest.update(shared)
    var parameters: [UInt8] = [UInt8(curve.oid.count)]
    parameters += curve.oid
    parameters.append(18)
    parameters += keyDerivation.bytes
    parameters.append(ascii: "Anonymous Sender    ")
    parameters += fingerprint
    digest.update(parameters.span)
    var key = SecretBytes(capacity: keyDerivation.hash.digestSize)
    digest.finish(into: &key)
    key.truncate(to: keyDerivation.cipher.keySize)
    return key
  }
}
