import Testing

/// The files in testkeys/places, and what each program makes of them.
extension RevocationPlaceTests {
  /// What a program makes of a signature made before the key was revoked.
  enum Outcome: Equatable, Sendable {
    /// It takes it.
    case good
    /// It says that the key is revoked, or has no use for it.
    case revoked
    /// It can't read the certificate, or doesn't know the key.
    case unusable
  }

  /// A file in testkeys/places, and what each program makes of the signature by the key that it revokes.
  struct Place: Sendable, CustomTestStringConvertible {
    let file: String
    let ours: Outcome
    let gpg: Outcome
    let gpgv: Outcome
    let sqv: Outcome
    let sqop: Outcome
    let gosop: Outcome
    var testDescription: String { file }

    init(
      _ file: String, _ ours: Outcome, gpg: Outcome, gpgv: Outcome, sqv: Outcome, sqop: Outcome,
      gosop: Outcome
    ) {
      (self.file, self.ours, self.gpg, self.gpgv) = (file, ours, gpg, gpgv)
      (self.sqv, self.sqop, self.gosop) = (sqv, sqop, gosop)
    }

    /// The signature, by the primary key or by the subkey.
    var signature: String { file.hasPrefix("subkey") ? "subkey.sig" : "primary.sig" }
  }

  /// gpg reads a revocation before a certificate, or in another one's, as a revocation of its own, and has no
  /// certificate for it then; gpgv takes those behind the primary key or their own subkey only. Sequoia reorders what is in a certificate,
  /// and nothing between certificates. gosop's library passes a revoked primary key, or refuses to read it.
  static let places = [
    Place("certificate.pgp", .good, gpg: .good, gpgv: .good, sqv: .good, sqop: .good, gosop: .good),
    Place(
      "key-behind-primary.pgp", .revoked, gpg: .revoked, gpgv: .revoked, sqv: .revoked,
      sqop: .revoked, gosop: .good),
    Place(
      "key-behind-user-id.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "key-behind-certification.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "key-behind-subkey.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "key-behind-user-attribute.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .good),
    Place(
      "key-behind-marker.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "key-at-end.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked, sqop: .revoked,
      gosop: .unusable),
    Place(
      "key-sha1-at-end.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked, sqop: .revoked,
      gosop: .unusable),
    Place(
      "key-before.pgp", .revoked, gpg: .good, gpgv: .good, sqv: .unusable, sqop: .unusable,
      gosop: .good),
    Place(
      "key-behind-other-certificate.pgp", .revoked, gpg: .good, gpgv: .good, sqv: .good,
      sqop: .good, gosop: .good),
    Place(
      "key-at-end-of-keyring.pgp", .revoked, gpg: .good, gpgv: .good, sqv: .good, sqop: .good,
      gosop: .good),
    Place(
      "key-in-mail.asc", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked, sqop: .revoked,
      gosop: .good),
    // The certificate isn't there.
    Place(
      "key-in-others-file.pgp", .unusable, gpg: .unusable, gpgv: .unusable, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    // gpg's colon says that it doesn't count yet; whoever put it there may have meant it to.
    Place(
      "key-guarded.asc", .unusable, gpg: .good, gpgv: .good, sqv: .good, sqop: .good, gosop: .good),
    Place(
      "subkey-at-end.pgp", .revoked, gpg: .revoked, gpgv: .revoked, sqv: .revoked, sqop: .revoked,
      gosop: .good),
    Place(
      "subkey-behind-other-subkey.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "subkey-behind-user-id.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .unusable),
    Place(
      "subkey-behind-primary.pgp", .revoked, gpg: .revoked, gpgv: .good, sqv: .revoked,
      sqop: .revoked, gosop: .good),
    Place(
      "subkey-before.pgp", .revoked, gpg: .good, gpgv: .good, sqv: .unusable, sqop: .unusable,
      gosop: .good),
  ]
}
