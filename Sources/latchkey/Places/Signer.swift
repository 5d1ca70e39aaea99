import BootManifest
import BootMedia
import LibCrypto
import OpenPGP
import OpenPGPCard

/// Who signs: a dongle, or a key that lives in the user's gpg; chosen when the command runs.
enum Signer {
  case dongle(SigningDongle)
  case gpg(GPGSigner)

  /// Finds the one that is meant, whose key is trusted here.
  /// - Parameter key: the fingerprint of gpg's key; nil for a dongle.
  init(
    gpgKey key: [UInt8]?, _ options: GlobalOptions, trust: TrustStore
  ) throws(Failure) {
    if let key {
      self = .gpg(try GPGSigner(key, trust: trust))
      return
    }
    let dongle = try Dongles.look(options).one(
      trust.isGiven
        ? "whose signature key is in \(trust.place)" : "whose signature key is trusted here",
      advice: trust.isGiven
        ? "A firmware with that keyring would refuse its signature: put its certificate into the "
          + "firmware's keyring first."
        : "Trust its certificate with --trusted FILE, or make it ready: latchkey provision."
    ) { dongle in
      dongle.application.fingerprint(of: .signing).map { trust.key($0) != nil } ?? false
    }
    self = .dongle(try SigningDongle(dongle, trust: trust, options))
  }

  /// For people: the dongle's brand and serial, or gpg's key.
  var name: String {
    switch self {
    case .dongle(let signer): signer.dongle.name
    case .gpg(let signer): signer.name
    }
  }

  /// The dongle; nil where gpg signs.
  var dongle: Dongle? {
    switch self {
    case .dongle(let signer): signer.dongle
    case .gpg: nil
    }
  }

  /// The key that signs.
  var key: CertificateKey {
    switch self {
    case .dongle(let signer): signer.key
    case .gpg(let signer): signer.key
    }
  }

  /// The same over a file that has been read, by what a reading of it drew up.
  func sign(
    _ file: MediaFile, _ reading: MediaReading, pin: SecretSource
  ) throws(Failure) -> [UInt8] {
    switch self {
    case .dongle(let signer):
      try signer.sign(pin: pin) { time throws(OpenPGPError) in try reading.draft(at: time) }
    case .gpg(let signer): try signer.sign(file, sha256: reading.checksum(.sha256))
    }
  }

  /// An armored detached signature over a /boot's list, good by a trusted key.
  /// - Parameter pin: where the dongle's PIN comes from; gpg's own pinentry asks for what gpg needs.
  func sign(_ draft: ManifestDraft, pin: SecretSource) throws(Failure) -> [UInt8] {
    switch self {
    case .dongle(let signer): try signer.sign(draft.signedBytes, for: .boot, pin: pin)
    case .gpg(let signer): try signer.sign(draft.signedBytes, for: .boot)
    }
  }
}
