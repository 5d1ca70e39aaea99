public import LibCrypto

/// What is wrong with OpenPGP bytes, or what cannot be done with them.
public enum OpenPGPError: Error, Equatable, Sendable {
  /// A packet ends early, is longer than its content, or holds what it must not. The packet's tag, or 0
  /// where the header itself is wrong.
  case malformed(tag: UInt8)
  /// The armor is broken: a line, a character, the checksum, or what stands around it.
  case malformedArmor
  /// The armor holds something else than what was asked for.
  case wrongArmor
  /// A packet that may not stand there: a second one, one out of order, an old unprotected kind.
  case unexpectedPacket(tag: UInt8)
  /// A packet of a version that is not read here.
  case unsupportedVersion(tag: UInt8, version: UInt8)
  /// A public-key algorithm, or a curve of it, that is not known here; its number in RFC 9580 §9.1.
  case unsupportedAlgorithm(UInt8)
  /// The primary key of a certificate is of an algorithm that isn't known here; its number in RFC 9580 §9.1.
  case unsupportedPrimary(algorithm: UInt8)
  /// The armor's first line has something in front of it, as gpg puts a colon before revocations that it
  /// keeps for later.
  case guardedArmor
  /// There are more revocations than can be held against all keys.
  case tooManyRevocations
  /// The message is in armor, which this program doesn't undo.
  case armored
  /// The message is compressed by an algorithm that this program doesn't undo; RFC 9580 §9.4.
  case unsupportedCompression(UInt8)
  /// The message is encrypted by a cipher that isn't known here; RFC 9580 §9.3.
  case unsupportedCipher(UInt8)
  /// The message is encrypted in a mode that isn't known here; RFC 9580 §9.6, 1 for EAX.
  case unsupportedMode(UInt8)
  /// There is no certificate in the bytes.
  case noCertificate
  /// There are several where one was asked for.
  case severalCertificates
  /// The revocation was not made by this certificate's primary key.
  case foreignRevocation
  /// Nobody to encrypt to, or a key that cannot be encrypted to.
  case noRecipient
  /// The message is not for this key.
  case notForThisKey
  /// The secret key is protected by a passphrase, or isn't in the file.
  case protectedKey
  /// The plaintext is larger than the caller's limit, in bytes.
  case tooLarge(limit: Int)
  /// The message, its session key or its integrity check is wrong, or it is another key's: no more is
  /// told, so that nobody can learn from it.
  case cannotDecrypt
  /// What is to be signed cannot be written: too long, or numbers that don't fit.
  case unwritable
  /// A raw signature that the key it should come from did not make.
  case signatureDoesNotVerify
  /// libcrypto failed.
  case crypto(CryptoError)
}
