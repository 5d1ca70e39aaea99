public import LibCrypto
import OpenPGP
public import OpenPGPCard
public import Secrets
public import SmartCard

/// Makes a new dongle ready, in two visits, so that what the first one made is safe before a PIN
/// changes: ``makeKeys(on:user:admin:progress:)``, then ``setPINs(on:made:from:to:)``.
///
/// A cut in the first leaves the PINs as they were; a cut in the second leaves each PIN either as it
/// was or as it shall be, and a complete dongle.
public struct Provisioning: Sendable {
  /// What is being done, for the person who waits.
  public enum Stage: Equatable, Sendable {
    /// The dongle is being emptied.
    case resetting
    /// A key is being made; RSA may take minutes.
    case generating(KeySlot, KeyAlgorithm)
    /// The certificate is being signed by the dongle.
    case certifying
  }

  /// What the first visit made.
  public struct Made: Equatable, Sendable {
    /// The certificate, armored.
    public let certificate: [UInt8]
    /// The revocation certificate, armored: put it away.
    public let revocation: [UInt8]
    /// The dongle as this system shall know it.
    public let dongle: KnownDongle
    /// What must hold of the dongle before it gets a PIN: its three keys, in the slots' order.
    public let pinned: [PinnedKey]
    /// The primary key's fingerprint, 20 bytes.
    public let fingerprint: [UInt8]
    /// The kind of keys.
    public let algorithms: [KeyAlgorithm]
  }

  private let plan: ProvisioningPlan

  /// - Throws: ``ProvisioningError/badName``.
  public init(_ plan: ProvisioningPlan) throws(ProvisioningError) {
    guard !plan.name.isEmpty, Self.isPlain(plan.name), Self.isPlain(plan.email) else {
      throw .badName
    }
    self.plan = plan
  }

  private static func isPlain(_ text: [UInt8]) -> Bool {
    String(validating: text, as: UTF8.self) != nil
      && text.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x3C && $0 != 0x3E }
  }

  /// Whether a new PIN may be one of that dongle: nothing is sent.
  /// - Throws: ``ProvisioningError/impossiblePIN(_:)``.
  public static func check(
    _ secret: borrowing SecretBytes, as pin: PIN, of card: ApplicationData
  ) throws(ProvisioningError) {
    guard secret.count >= pin.minimumLength, secret.count <= card.pinStatus.maximumLength(pin)
    else { throw .impossiblePIN(pin) }
  }

  /// Makes the three keys on the dongle, writes what belongs to them, and has the certificate and its
  /// revocation signed by it. The PINs stay as they are.
  /// - Parameters:
  ///   - user: the user PIN as it is now: the factory's on a new dongle.
  ///   - admin: the admin PIN as it is now. After a reset both are the factory's, whatever is given.
  /// - Throws: ``ProvisioningError/hasKeys``, ``ProvisioningError/currentPIN(_:_:)``,
  ///   ``ProvisioningError/card(_:)``,
  ///   ``ProvisioningError/incomplete(_:)``, ``ProvisioningError/certificate(_:)``.
  public func makeKeys<Transport: CardTransport>(
    on transport: Transport, user: borrowing SecretBytes, admin: borrowing SecretBytes,
    progress: (Stage) -> Void
  ) throws(ProvisioningError) -> Made {
    if plan.isReset {
      progress(.resetting)
      var card = try Self.emptied(transport)
      let user = SecretBytes(copying: FactoryPIN.user.span)
      let admin = SecretBytes(copying: FactoryPIN.admin.span)
      return try makeKeys(on: &card, user, admin, progress)
    }
    var card = try Self.before { () throws(CardError) in
      try OpenPGPCard(selecting: transport)
    }
    guard !Self.hasKeys(card.application) else { throw .hasKeys }
    return try makeKeys(on: &card, user, admin, progress)
  }

  /// A reset that was cut short may have left the application terminated.
  private static func emptied<Transport: CardTransport>(
    _ transport: Transport
  ) throws(ProvisioningError) -> OpenPGPCard<Transport> {
    var isTouched = false
    do throws(CardError) {
      var card = try OpenPGPCard(selecting: transport)
      isTouched = true
      try card.factoryReset()
      return card
    } catch {
      if isTouched { throw .incomplete(error) }
      guard error == .terminated else { throw .card(error) }
    }
    return try before { () throws(CardError) in try OpenPGPCard(activating: transport) }
  }

  /// A key whose maker wrote no fingerprint is one too.
  private static func hasKeys(_ card: ApplicationData) -> Bool {
    KeySlot.allCases.contains { slot in
      card.fingerprint(of: slot) != nil || card.keyOrigin(of: slot) == .generated
        || card.keyOrigin(of: slot) == .imported
    }
  }

  private func makeKeys<Transport: CardTransport>(
    on card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ admin: borrowing SecretBytes, _ progress: (Stage) -> Void
  ) throws(ProvisioningError) -> Made {
    var derivation = try Self.before { () throws(CardError) in try card.keyDerivation() }
    try Self.checkPINs(&card, user, admin, derivation)
    do throws(Halfway) {
      if plan.derivesPINs, !derivation.isActive {
        derivation = try derivePINs(of: &card, user, admin)
      }
      let keys = try generate(&card, admin, derivation, progress)
      progress(.certifying)
      return try certify(keys, &card, user, derivation)
    } catch {
      switch error {
      case .untouched(let error): throw .card(error)
      case .touched(let error): throw .incomplete(error)
      case .packets(let error): throw .certificate(error)
      }
    }
  }

  private func derivePINs<Transport: CardTransport>(
    of card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ admin: borrowing SecretBytes
  ) throws(Halfway) -> KeyDerivation {
    do throws(CardError) {
      return try card.setUpKeyDerivation(user: user, admin: admin)
    } catch {
      // Said before anything on the card is changed.
      if case .unsupported = error { throw .untouched(error) }
      throw .touched(error)
    }
  }

  /// Changes the PINs that are to change, the admin PIN first: whoever has that one can set the other.
  /// - Parameters:
  ///   - made: what the first visit made: the dongle must still be that one.
  ///   - old: the PINs as they are, user and admin.
  ///   - new: as they shall be; one that is the same stays.
  /// - Throws: ``ProvisioningError/impossiblePIN(_:)``, ``ProvisioningError/pinsUnchanged(_:_:)``.
  public static func setPINs<Transport: CardTransport>(
    on transport: Transport, made: Made, user: (old: SecretHolder, new: SecretHolder),
    admin: (old: SecretHolder, new: SecretHolder)
  ) throws(ProvisioningError) {
    var unchanged: [PIN] = [.admin, .user]
    do throws(CardError) {
      var card = try OpenPGPCard(selecting: transport)
      for pinned in made.pinned.prefix(1) { try card.confirm(pinned) }
      let derivation = made.dongle.keyDerivation
      if !admin.old.isSame(as: admin.new) {
        try card.changePIN(
          .admin, from: admin.old.secret, to: admin.new.secret, derivedBy: derivation)
      }
      unchanged = [.user]
      if !user.old.isSame(as: user.new) {
        try card.changePIN(.user, from: user.old.secret, to: user.new.secret, derivedBy: derivation)
      }
    } catch {
      throw .pinsUnchanged(unchanged, error)
    }
  }

  // MARK: Parts

  private enum Halfway: Error {
    case untouched(CardError)
    case touched(CardError)
    case packets(OpenPGPError)
  }

  private static func before<Result: ~Copyable>(
    _ body: () throws(CardError) -> Result
  ) throws(ProvisioningError) -> Result {
    do throws(CardError) {
      return try body()
    } catch {
      throw .card(error)
    }
  }

  /// Both PINs are given before anything changes: a wrong one must not leave half a dongle.
  private static func checkPINs<Transport: CardTransport>(
    _ card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ admin: borrowing SecretBytes, _ derivation: KeyDerivation
  ) throws(ProvisioningError) {
    var given = PIN.user
    do throws(CardError) {
      _ = try card.authorize(.signing, with: user, derivedBy: derivation)
      given = .admin
      _ = try card.authorize(.administration, with: admin, derivedBy: derivation)
    } catch {
      throw .currentPIN(given, error)
    }
  }

  private func generate<Transport: CardTransport>(
    _ card: inout OpenPGPCard<Transport>, _ pin: borrowing SecretBytes,
    _ derivation: KeyDerivation, _ progress: (Stage) -> Void
  ) throws(Halfway) -> [CertificateKey] {
    var kinds = (plan.keys.map { [$0] } ?? ProvisioningPlan.KeyKind.preferred)[...]
    var keys: [CertificateKey] = []
    var isAuthorized = false
    do throws(CardError) {
      var administration = try card.authorize(
        .administration, with: pin, derivedBy: derivation)
      isAuthorized = true
      for slot in KeySlot.allCases {
        let publicKey = try makeKey(in: slot, &kinds, &administration, progress)
        let key: CertificateKey
        do throws(OpenPGPError) {
          key = try CertificateKey(publicKey, creationTime: plan.time)
        } catch {
          throw CardError.wrongKey(slot)
        }
        try administration.setFingerprint(of: slot, key.fingerprint.span)
        try administration.setCreationTime(of: slot, plan.time)
        keys.append(key)
      }
      if let name = plan.cardholder { try administration.putObject(0x5B, name.span) }
    } catch {
      throw isAuthorized ? .touched(error) : .untouched(error)
    }
    return keys
  }

  /// One key of the first kind that the card has; the kinds before it are dropped.
  private func makeKey<Transport: CardTransport>(
    in slot: KeySlot, _ kinds: inout ArraySlice<ProvisioningPlan.KeyKind>,
    _ administration: inout Authorization<Transport, Administration>, _ progress: (Stage) -> Void
  ) throws(CardError) -> PublicKey {
    while let kind = kinds.first {
      let algorithm = kind.algorithm(in: slot)
      progress(.generating(slot, algorithm))
      do throws(CardError) {
        return try administration.generateKey(in: slot, algorithm)
      } catch {
        // Said before anything on the card is changed.
        guard error == .unsupportedAlgorithm, slot == .signing, kinds.count > 1 else { throw error }
        kinds = kinds.dropFirst()
      }
    }
    throw .unsupportedAlgorithm
  }

  private func certify<Transport: CardTransport>(
    _ keys: [CertificateKey], _ card: inout OpenPGPCard<Transport>, _ pin: borrowing SecretBytes,
    _ derivation: KeyDerivation
  ) throws(Halfway) -> Made {
    let drafts = try drafts(keys)
    let raw: [[UInt8]]
    do throws(CardError) {
      raw = try Self.sign(
        drafts.certificate.signatures + [drafts.revocation], &card, pin, derivation)
    } catch {
      throw .touched(error)
    }
    let dongle = KnownDongle(
      identifier: card.application.identifier, keyDerivation: derivation,
      fingerprints: keys.map { $0.fingerprint })
    let pinned = zip(KeySlot.allCases, keys).map { slot, key in
      PinnedKey(
        identifier: dongle.identifier, slot: slot, fingerprint: key.fingerprint,
        publicKey: key.publicKey, keyDerivation: derivation)
    }
    return try Self.finish(drafts, raw, keys, dongle, pinned)
  }

  private func drafts(
    _ keys: [CertificateKey]
  ) throws(Halfway) -> (certificate: CertificateDraft, revocation: SignatureDraft) {
    do throws(OpenPGPError) {
      let certificate = try CertificateDraft(
        primary: keys[0], userID: plan.userID, decryption: keys[1], authentication: keys[2],
        lifetime: plan.lifetime, at: plan.time)
      return (certificate, try .revocation(of: keys[0], at: plan.time))
    } catch {
      throw .packets(error)
    }
  }

  /// A card may want the PIN for each signature.
  private static func sign<Transport: CardTransport>(
    _ drafts: [SignatureDraft], _ card: inout OpenPGPCard<Transport>,
    _ pin: borrowing SecretBytes, _ derivation: KeyDerivation
  ) throws(CardError) -> [[UInt8]] {
    var raw: [[UInt8]] = []
    for draft in drafts {
      var signing = try card.authorize(.signing, with: pin, derivedBy: derivation)
      raw.append(try signing.sign(draft.digest.span, hash: draft.hash))
    }
    return raw
  }

  private static func finish(
    _ drafts: (certificate: CertificateDraft, revocation: SignatureDraft), _ raw: [[UInt8]],
    _ keys: [CertificateKey], _ dongle: KnownDongle, _ pinned: [PinnedKey]
  ) throws(Halfway) -> Made {
    let own = Array(raw.dropLast())
    let last = raw[raw.count - 1]
    do throws(OpenPGPError) {
      let certificate = try drafts.certificate.finished(with: own)
      let revocation = try drafts.revocation.finished(with: last.span)
      return Made(
        certificate: Armor.encode(certificate.span, as: .publicKey),
        revocation: RevocationCertificate.armored(revocation), dongle: dongle,
        pinned: pinned, fingerprint: keys[0].fingerprint,
        algorithms: keys.map { $0.publicKey.algorithm })
    } catch {
      throw .packets(error)
    }
  }
}
