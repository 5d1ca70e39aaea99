public import OpenPGP

/// Whom a verifier trusts: never a certificate found on /boot.
public struct TrustedSigners: Sendable {
  private let certificates: [Certificate]
  private let expiredKeys: DetachedSignature.ExpiredKeys

  /// Those whose certificates these are. By default, nothing that an expired key signed holds.
  public init(
    _ certificates: [Certificate], expiredKeys: DetachedSignature.ExpiredKeys = .refused
  ) {
    self.certificates = certificates
    self.expiredKeys = expiredKeys
  }

  /// Who made exactly one good signature over the data.
  func verify(
    _ signature: [UInt8], over data: [UInt8], at now: UInt32
  ) throws(SignatureError) -> Verdict {
    try DetachedSignature(parsing: signature.span)
      .verify(over: data.span, by: certificates, at: now, expiredKeys: expiredKeys)
  }
}
