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
  /// - Parameter purpose: as of ``DetachedSignature/verification(by:at:for:expiredKeys:)``.
  func verify(
    _ signature: [UInt8], over data: [UInt8], at now: UInt32,
    for purpose: SignaturePurpose? = .boot
  ) throws(SignatureError) -> Verdict {
    try DetachedSignature(parsing: signature.span)
      .verify(
        over: data.span, by: certificates, at: now, for: purpose, expiredKeys: expiredKeys)
  }
}
