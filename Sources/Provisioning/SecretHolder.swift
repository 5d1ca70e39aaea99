import LibCrypto
public import Secrets

/// A secret that several places borrow from: an old PIN and a new one, side by side.
public final class SecretHolder: Sendable {
  /// The secret.
  public let secret: SecretBytes

  /// Takes a secret over.
  public init(_ secret: consuming SecretBytes) { self.secret = secret }

  /// Whether both hold the same bytes.
  public func isSame(as other: SecretHolder) -> Bool {
    other.secret.withBytes { others in
      secret.withBytes { own in equalInConstantTime(own, others) }
    }
  }
}
