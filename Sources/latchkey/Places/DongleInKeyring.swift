import Keyring
import OpenPGP
import OpenPGPCard

/// A dongle, its certificate, and the user's gpg, which is to know both.
struct DongleInKeyring {
  let dongle: Dongle
  /// The dongle's certificate.
  let certificate: Certificate
  let gpg: GnuPG
  /// All that is known of the certificate, binary.
  private let bytes: [UInt8]

  /// Looks at the dongle, and lets its reader go before gpg is asked.
  init(_ options: GlobalOptions, trusted: [String]) throws(Failure) {
    let dongle = try Dongles.look(options).one(
      "that has keys", advice: "Make it ready: latchkey provision."
    ) { !Self.keys(of: $0).isEmpty }
    self.dongle = dongle
    let trust = try TrustStore(files: trusted, folders: options.folders)
    let fingerprints = Self.keys(of: dongle).map(\.fingerprint)
    func isOurs(_ certificate: Certificate) -> Bool {
      fingerprints.contains { certificate.key($0) != nil }
    }
    var found = trust
    if !trust.certificates.contains(where: isOurs), trusted.isEmpty,
      let file = try Self.fileByURL(of: dongle)
    {
      found = file
    }
    guard let certificate = found.certificates.first(where: isOurs) else {
      throw Failure(
        .noDongle,
        "the certificate of \(dongle.name) is not in "
          + (trusted.isEmpty ? Escaped.text(options.folders.trusted) : trust.place),
        next:
          "Give it with --trusted FILE: latchkey provision --export wrote it, or fetch it from where "
          + "you published it (latchkey card holder url).")
    }
    bytes = try found.bytes(of: certificate)
    self.certificate = certificate
    do throws(KeyringError) {
      gpg = try GnuPG(try GnuPGHome())
    } catch {
      throw Failure(error, key: Hexadecimal.text(certificate.fingerprint))
    }
    if gpg.home.isOfAnother {
      Output.note(
        "gpg runs as \(Escaped.text(gpg.home.userName)), whose keyring "
          + "\(Escaped.text(gpg.home.folder)) is.")
    }
  }

  /// The keys on the dongle.
  static func keys(of dongle: Dongle) -> [(slot: KeySlot, fingerprint: [UInt8])] {
    [.signing, .decryption, .authentication].compactMap { slot in
      dongle.application.fingerprint(of: slot).map { (slot, $0) }
    }
  }

  /// The file that the dongle's URL names, where it names one; nothing is fetched from a network.
  private static func fileByURL(of dongle: Dongle) throws(Failure) -> TrustStore? {
    var card = try dongle.visit()
    let url: [UInt8]
    do throws(CardError) {
      url = try card.objectIfThere(0x5F50) ?? []
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    let text = String(decoding: url, as: UTF8.self)
    if text.hasPrefix("file:///") {
      return try TrustStore(files: [String(text.dropFirst(7))], folders: SystemFolders(root: "/"))
    }
    guard url.isEmpty else {
      throw Failure(
        .noDongle,
        "the certificate of \(dongle.name) is not here, but published at \(Escaped.name(url))",
        next: "Fetch it, compare its fingerprint, and give it with --trusted FILE.")
    }
    return nil
  }

  /// Hands the certificate to gpg.
  /// - Parameter own: whether to say that it is the person's own.
  func importCertificate(own: Bool) throws(Failure) {
    let fingerprint = Hexadecimal.text(certificate.fingerprint)
    do throws(KeyringError) {
      let outcome = try gpg.importCertificates(bytes)
      Output.note(
        outcome.added > 0
          ? "gpg has the certificate now."
          : outcome.updated > 0
            ? "gpg's certificate is up to date now." : "gpg had the certificate.")
      if own {
        try gpg.trustOwner(fingerprint)
        Output.note("gpg takes it for your own now (ultimate ownertrust).")
      }
    } catch {
      throw Failure(error, key: fingerprint)
    }
  }

  /// Has gpg look at the dongle, which writes the stubs.
  func makeStubs() throws(Failure) {
    if case .file = dongle.place {
      return Output.note(
        "A card in a file is in no reader: gpg can't see it, so there are no stubs.")
    }
    let states = try KeyringReport(self).keys.map(\.state)
    // Stubs of another dongle go; a secret key that gpg has itself never does.
    let isStale = states.contains(.otherCard)
    let isStored = states.contains(.stored)
    if isStale, isStored {
      Output.note(
        "gpg has a secret key of this dongle itself: the stubs of another dongle stay as they are.")
    }
    let learned: LearnedCard
    do throws(KeyringError) {
      learned = try gpg.learnCard(replacing: isStale && !isStored)
    } catch {
      throw Failure(error, key: Hexadecimal.text(certificate.fingerprint))
    }
    guard learned.card == dongle.serial else {
      throw Failure(
        .noDongle, "gpg looks at another card, \(Escaped.text(learned.card ?? learned.serial))",
        next: "Pull the others out, free the reader (gpgconf --kill gpg-agent), and run this again."
      )
    }
  }
}
