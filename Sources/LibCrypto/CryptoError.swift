/// What libcrypto could not do.
public enum CryptoError: Error, Equatable, Sendable {
  /// The key's numbers make no key, or one too weak or of another kind than asked for.
  case invalidKey
  /// The data don't fit the operation: a wrong length, a point off its curve, bad padding.
  case invalidData
  /// libcrypto failed: no memory, no randomness, an algorithm it doesn't have.
  case failed
}
