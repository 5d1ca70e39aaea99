import OpenPGP

/// What to do about a key that is trusted here and can't be used, with the file that says so.
struct TrustAdvice {
  private let trust: TrustStore

  init(_ trust: TrustStore) { self.trust = trust }

  /// The files that have a copy of the certificate of that key, for people.
  func files(with key: [UInt8]) -> [String] {
    guard let certificate = trust.key(key)?.certificate else { return [] }
    return trust.files.filter { $0.holds(certificate) }.map(\.name)
  }

  /// What to do about a signature that does not hold; nil where the certificates have no part in it.
  func text(_ error: SignatureError) -> String? {
    switch error {
    case .key(let key, let problem): text(problem, of: key)
    case .untrusted(let key): unread(key)
    default: nil
    }
  }

  /// What to do about a key's problem.
  func text(_ problem: KeyProblem, of key: [UInt8]) -> String? {
    guard let certificate = trust.key(key)?.certificate else { return nil }
    let digits = Hexadecimal.text(certificate.fingerprint)
    let files = files(with: key)
    let file = files.first ?? "FILE"
    let renew = "gpg --armor --export \(digits) >\(file)"
    switch problem {
    case .expired:
      return
        "\(file) may hold an old copy. If the key was extended since, put the new copy there: \(renew). "
        + "If it was not, extend it first: gpg --quick-set-expire \(digits) 2y, and gpg "
        + "--quick-set-expire \(digits) 2y '*' for its subkeys. For a key on a dongle, latchkey keyring "
        + "import lets gpg use it."
    case .sha1SelfSignature:
      return
        "\(file): make its self-signatures again with SHA-256: gpg --cert-digest-algo SHA256 --expert "
        + "--quick-set-expire \(digits) never, then the same command with '*' at its end for the subkeys "
        + "(in place of never, the time after which it shall expire, such as 2y). Then put the new copy "
        + "there: \(renew)."
    case .sha1BackSignature:
      return
        "\(file): gpg can't make this one again. Add a new subkey to sign with: gpg --quick-add-key "
        + "\(digits) ed25519 sign. Then put the new copy there: \(renew)."
    case .revoked:
      return (revocationPlace(problem, of: key) ?? "")
        + " What the key signed counts no more. Sign with another key, and trust its certificate."
    case .maybeRevoked:
      return
        "The key that made the revocation, or the way it was made, is not known here, so it counts. If you "
        + "know that it is forged, put a copy of the certificate without it into \(file)."
    case .weak, .notMeantForThis, .notBound, .noBackSignature, .notYetValid, .absent: return nil
    }
  }

  /// Which file has the revocation of a key that is revoked.
  func revocationPlace(_ problem: KeyProblem, of key: [UInt8]) -> String? {
    guard case .revoked = problem, let certificate = trust.key(key)?.certificate else { return nil }
    let by = trust.files.filter { $0.revokes(certificate) }.map(\.name)
    return by.isEmpty ? nil : "The revocation is in \(by.joined(separator: ", "))."
  }

  /// Where a certificate that can't be used has the key, and why it can't.
  private func unread(_ key: [UInt8]) -> String? {
    for file in trust.files {
      for certificate in file.keyring.unread
      where certificate.fingerprints.contains(where: { $0.suffix(key.count) == key[...] }) {
        return
          "\(file.name) has the key, but it can't be used: \(certificate.reason.words). Make a new "
          + "certificate (latchkey provision, or gpg --full-generate-key), and trust that one."
      }
    }
    return nil
  }
}
