import OpenPGP

/// A key that lives in the user's gpg and is in a trusted certificate.
struct GPGSigner {
  private let key: CertificateKey

  init(_ fingerprint: [UInt8], trust: TrustStore) throws(Failure) {
    guard let found = trust.key(fingerprint) else {
      throw Failure(
        .wrongUse, "the key \(Hexadecimal.text(fingerprint)) is in no certificate trusted here",
        next: "Trust its certificate with --trusted FILE: gpg --armor --export "
          + Hexadecimal.text(fingerprint))
    }
    if let problem = found.certificate.problem(with: fingerprint, for: .signing, at: Moment.now) {
      throw Failure(
        .doesNotHold, "the key \(Hexadecimal.text(fingerprint)) \(problem.words)",
        next: "No firmware should accept its signature. Nothing was done.")
    }
    key = found.key
  }

  /// For people.
  var name: String { "gpg's key \(Hexadecimal.text(key.fingerprint))" }

  /// An armored detached signature over `data`.
  func sign(_ data: [UInt8]) throws(Failure) -> [UInt8] {
    throw Failure(
      .wrongUse, "this build of Latchkey doesn't ask gpg to sign", next: "Use a dongle.")
  }
}
