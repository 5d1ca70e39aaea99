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

  let plan: ProvisioningPlan

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
  ///   - limits: what an earlier visit to the dongle found.
  ///   - user: the user PIN as it is now: the factory's on a new dongle.
  ///   - admin: the admin PIN as it is now. After a reset both are the factory's, whatever is given.
  ///   - userTerms: on what terms the user PIN goes to the dongle; after a reset none are needed.
  ///   - adminTerms: on what terms the admin PIN does.
  /// - Throws: ``ProvisioningError/hasKeys``, ``ProvisioningError/currentPIN(_:_:)``,
  ///   ``ProvisioningError/card(_:)``,
  ///   ``ProvisioningError/incomplete(_:)``, ``ProvisioningError/certificate(_:)``.
  public func makeKeys<Transport: CardTransport, Memory: PINMemory>(
    on transport: Transport, within limits: CardLimits? = nil, user: borrowing SecretBytes,
    under userTerms: PINTerms<Memory>, admin: borrowing SecretBytes,
    under adminTerms: PINTerms<Memory>, progress: (Stage) -> Void
  ) throws(ProvisioningError) -> Made {
    if plan.isReset {
      progress(.resetting)
      var card = try Self.emptied(transport)
      let user = SecretBytes(copying: FactoryPIN.user.span)
      let admin = SecretBytes(copying: FactoryPIN.admin.span)
      // The very PINs that the reset has set.
      let terms = PINTerms(triesShown: 0, spendsLastTry: true, memory: NoPINMemory())
      return try makeKeys(on: &card, user, terms, admin, terms, progress)
    }
    var card = try Self.before { () throws(CardError) in
      try OpenPGPCard(selecting: transport, within: limits)
    }
    guard !Self.hasKeys(card.application) else { throw .hasKeys }
    return try makeKeys(on: &card, user, userTerms, admin, adminTerms, progress)
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

  private func makeKeys<Transport: CardTransport, Memory: PINMemory>(
    on card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ userTerms: PINTerms<Memory>, _ admin: borrowing SecretBytes,
    _ adminTerms: PINTerms<Memory>, _ progress: (Stage) -> Void
  ) throws(ProvisioningError) -> Made {
    var derivation = try Self.before { () throws(CardError) in try card.keyDerivation() }
    var administration = try Self.checkPINs(
      &card, user, userTerms, admin, adminTerms, derivation)
    do throws(Halfway) {
      if plan.derivesPINs, !derivation.isActive {
        derivation = try derivePINs(of: &card, user, userTerms, admin, adminTerms)
        administration = try Self.touching { () throws(CardError) in
          try card.authorize(
            .administration, with: admin, under: adminTerms, derivedBy: derivation)
        }
      }
      let keys = try Self.touching { () throws(CardError) in
        try generate(&administration, progress)
      }
      progress(.certifying)
      return try certify(keys, &card, user, userTerms, derivation)
    } catch {
      switch error {
      case .untouched(let error): throw .card(error)
      case .touched(let error): throw .incomplete(error)
      case .packets(let error): throw .certificate(error)
      }
    }
  }

  private func derivePINs<Transport: CardTransport, Memory: PINMemory>(
    of card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ userTerms: PINTerms<Memory>, _ admin: borrowing SecretBytes,
    _ adminTerms: PINTerms<Memory>
  ) throws(Halfway) -> KeyDerivation {
    do throws(CardError) {
      return try card.setUpKeyDerivation(
        user: user, under: userTerms, admin: admin, under: adminTerms)
    } catch {
      // Said before anything on the card is changed.
      if case .unsupported = error { throw .untouched(error) }
      throw .touched(error)
    }
  }

  /// Changes the PINs that are to change, the admin PIN first: whoever has that one can set the other.
  /// - Parameters:
  ///   - limits: what an earlier visit to the dongle found.
  ///   - made: what the first visit made: the dongle must still be that one, with all that was written.
  ///   - user: the user PIN as it is and as it shall be; one that is the same stays.
  ///   - admin: the same of the admin PIN.
  ///   - userTerms: on what terms the old user PIN goes to the dongle.
  ///   - adminTerms: on what terms the old admin PIN does.
  /// - Throws: ``ProvisioningError/impossiblePIN(_:)``, ``ProvisioningError/pinsUnchanged(_:_:)``.
  public static func setPINs<Transport: CardTransport, Memory: PINMemory>(
    on transport: Transport, within limits: CardLimits? = nil, made: Made,
    user: (old: SecretHolder, new: SecretHolder), under userTerms: PINTerms<Memory>,
    admin: (old: SecretHolder, new: SecretHolder), under adminTerms: PINTerms<Memory>
  ) throws(ProvisioningError) {
    var unchanged: [PIN] = [.admin, .user]
    do throws(CardError) {
      var card = try OpenPGPCard(selecting: transport, within: limits)
      for pinned in made.pinned
      where card.application.fingerprint(of: pinned.slot) != pinned.fingerprint {
        throw .notThePinned(.fingerprint)
      }
      for pinned in made.pinned.prefix(1) { try card.confirm(pinned) }
      let derivation = made.dongle.keyDerivation
      if !admin.old.isSame(as: admin.new) {
        try card.changePIN(
          .admin, from: admin.old.secret, under: adminTerms, to: admin.new.secret,
          derivedBy: derivation)
      }
      unchanged = [.user]
      if !user.old.isSame(as: user.new) {
        try card.changePIN(
          .user, from: user.old.secret, under: userTerms, to: user.new.secret,
          derivedBy: derivation)
      }
    } catch {
      throw .pinsUnchanged(unchanged, error)
    }
  }

  // MARK: Parts

  enum Halfway: Error {
    case untouched(CardError)
    case touched(CardError)
    case packets(OpenPGPError)
  }

  private static func touching<Result: ~Copyable>(
    _ body: () throws(CardError) -> Result
  ) throws(Halfway) -> Result {
    do throws(CardError) {
      return try body()
    } catch {
      throw .touched(error)
    }
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
  private static func checkPINs<Transport: CardTransport, Memory: PINMemory>(
    _ card: inout OpenPGPCard<Transport>, _ user: borrowing SecretBytes,
    _ userTerms: PINTerms<Memory>, _ admin: borrowing SecretBytes,
    _ adminTerms: PINTerms<Memory>, _ derivation: KeyDerivation
  ) throws(ProvisioningError) -> Authorization<Transport, Administration> {
    var given = PIN.user
    do throws(CardError) {
      _ = try card.authorize(.signing, with: user, under: userTerms, derivedBy: derivation)
      given = .admin
      return try card.authorize(
        .administration, with: admin, under: adminTerms, derivedBy: derivation)
    } catch {
      throw .currentPIN(given, error)
    }
  }
}
