/// Whom a verifier trusts: never a certificate found on /boot.
public struct TrustedSigners: Sendable {
  /// Who made a signature, and when.
  package struct Signer: Equatable, Sendable {
    package let certificate: [UInt8]
    package let key: [UInt8]
    package let time: UInt32

    /// Of both fingerprints and the time in seconds since 1970.
    package init(certificate: [UInt8], key: [UInt8], time: UInt32) {
      self.certificate = certificate
      self.key = key
      self.time = time
    }
  }

  /// Exactly one good signature over the data, or why not.
  package let check:
    @Sendable (_ signature: [UInt8], _ data: [UInt8], _ now: UInt32) throws(SignatureProblem)
      -> Signer

  /// Of a judge of the caller's own.
  package init(
    check:
      @escaping @Sendable (
        _ signature: [UInt8], _ data: [UInt8], _ now: UInt32
      ) throws(SignatureProblem) -> Signer
  ) {
    self.check = check
  }
}
