/// A hash function.
public enum HashAlgorithm: CaseIterable, Equatable, Sendable {
  /// SHA-1: for fingerprints and the MDC only; no signature with it is accepted.
  case sha1
  /// SHA-256.
  case sha256
  /// SHA-384.
  case sha384
  /// SHA-512.
  case sha512

  /// Bytes of a digest.
  public var digestSize: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }
}
