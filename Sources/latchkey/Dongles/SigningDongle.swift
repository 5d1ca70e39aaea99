import LibCrypto
import OpenPGP
import OpenPGPCard

/// A dongle whose signature key is in a trusted certificate, and what must hold of it before it gets a
/// PIN.
struct SigningDongle {
  let dongle: Dongle
  /// Its signature key.
  let key: CertificateKey
  private let pinned: PinnedKey
  private let options: GlobalOptions
  private let store: DongleStore
  /// A dongle that was never used here: what it said of its KDF-DO is recorded once it has signed.
  private let isNew: Bool

  init(_ dongle: Dongle, trust: TrustStore, _ options: GlobalOptions) throws(Failure) {
    self.dongle = dongle
    self.options = options
    guard let fingerprint = dongle.application.fingerprint(of: .signing),
      let found = trust.key(fingerprint)
    else { throw Failure(CardError.noKey(.signing), dongle: dongle.name) }
    if let problem = found.certificate.problem(with: fingerprint, for: .signing, at: Moment.now) {
      throw Failure(
        .doesNotHold, "the signature key of \(dongle.name) \(problem.words)",
        next: "No firmware should accept its signature. Nothing was done. "
          + (TrustAdvice(trust).text(problem, of: fingerprint) ?? ""))
    }
    key = found.key
    store = DongleStore(options.folders)
    isNew = try store.known(dongle.identifier) == nil
    pinned = PinnedKey(
      identifier: dongle.identifier, slot: .signing, fingerprint: fingerprint,
      publicKey: found.key.publicKey, keyDerivation: try store.keyDerivation(of: dongle))
  }

  /// An armored detached signature over `data`. Asks for the PIN; one visit to the card.
  func sign(
    _ data: [UInt8], for purpose: SignaturePurpose, pin source: SecretSource
  ) throws(Failure) -> [UInt8] {
    try sign(pin: source) { time throws(OpenPGPError) in
      try SignatureDraft.detached(over: data.span, by: key, at: time, for: purpose)
    }
  }

  /// The same over what has been hashed: `draft` gets the time once the PIN is there.
  func sign(
    pin source: SecretSource, draft: (UInt32) throws(OpenPGPError) -> SignatureDraft
  ) throws(Failure) -> [UInt8] {
    let derivation = pinned.keyDerivation
    let entry = try PINEntry.ask(
      .user, of: dongle, from: source, for: "to sign", derivedBy: derivation, isNew: isNew,
      onPad: PINEntry.padInstruction(
        .user, of: dongle, from: source, for: "to sign", derivedBy: derivation), options)
    let draft = try Self.step { () throws(OpenPGPError) in try draft(Moment.now) }
    let raw = try visit(draft, entry)
    let signature = try Self.step { () throws(OpenPGPError) in
      try draft.finished(with: raw.span)
    }
    if isNew { store.remember(dongle, derivation) }
    return Armor.encode(signature.span, as: .signature)
  }

  private static func step<Result>(
    _ body: () throws(OpenPGPError) -> Result
  ) throws(Failure) -> Result {
    do throws(OpenPGPError) {
      return try body()
    } catch {
      guard error == .signatureDoesNotVerify else {
        throw Failure(
          .system, "the signature can't be made: \(error.words)", next: "Nothing was written.")
      }
      throw Failure(
        .doesNotHold, "the dongle's signature does not hold",
        next: "Nothing was written. The dongle, or its reader, is broken or not what it seems.")
    }
  }

  private func visit(
    _ draft: SignatureDraft, _ entry: PINEntry
  ) throws(Failure) -> [UInt8] {
    var card = try dongle.visit()
    do throws(CardError) {
      var signing = try entry.authorize(.signing, on: &card, pinned: pinned)
      let notice = dongle.touchNotice(for: .signing)
      defer { extendLifetime(notice) }
      return try signing.sign(draft.digest.span, hash: draft.hash)
    } catch {
      throw entry.failure(error)
    }
  }
}

extension KeyProblem {
  /// In words, behind "the key".
  var words: String {
    switch self {
    case .absent: "is not part of that certificate"
    case .revoked(let time):
      "was revoked" + (time.map { " on \(Moment.text($0))" } ?? "")
    case .maybeRevoked(let signer):
      "may be revoked: a revocation by \(Hexadecimal.text(signer)) is there and can't be checked"
    case .expired(let time): "expired on \(Moment.text(time))"
    case .notYetValid(let time): "is not valid before \(Moment.text(time))"
    case .notBound: "has no good self-signature"
    case .sha1SelfSignature:
      "is certified by itself with SHA-1 only, which others can forge by now"
    case .sha1BackSignature:
      "says with SHA-1 only that it belongs to its certificate, which others can forge by now"
    case .noBackSignature: "did not sign back, so it may be somebody else's"
    case .notMeantForThis: "is not meant for this"
    case .weak: "is too short"
    }
  }
}
