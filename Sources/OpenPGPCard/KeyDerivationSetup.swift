public import LibCrypto
public import Secrets
internal import SmartCard

extension OpenPGPCard {
  /// Has the card take derived PINs from now on (KDF-DO, §4.3.2), with the same texts.
  ///
  /// Some cards set the PINs to the initial hashes in the KDF-DO, some leave them: so both PINs are
  /// first changed to those very hashes. A cut in between leaves PINs that only a factory reset
  /// undoes: set it up on a card without keys.
  /// - Parameters:
  ///   - hash: SHA-256 or SHA-512.
  ///   - count: how many bytes are hashed for a PIN; 100,000 takes well under a millisecond.
  ///   - user: the user PIN as it is now.
  ///   - admin: the admin PIN as it is now.
  ///   - userTerms: on what terms the user PIN goes to the card.
  ///   - adminTerms: on what terms the admin PIN does.
  /// - Returns: what the card has then.
  /// - Throws: ``CardError/unsupported(_:)`` before anything is changed, if the card has no KDF-DO, or
  ///   one is active, or its PINs can't be as long as the hash.
  public mutating func setUpKeyDerivation<Memory: PINMemory>(
    _ hash: HashAlgorithm = .sha256, count: Int = 100_000, user: borrowing SecretBytes,
    under userTerms: PINTerms<Memory>, admin: borrowing SecretBytes,
    under adminTerms: PINTerms<Memory>
  ) throws(CardError) -> KeyDerivation {
    guard application.capabilities.hasKeyDerivation, hash == .sha256 || hash == .sha512,
      (1...KeyDerivation.maximumCount).contains(count), try !keyDerivation().isActive
    else { throw .unsupported(.keyDerivation) }
    for pin in PIN.allCases
    where application.pinStatus.maximumLength(pin) < hash.digestSize {
      throw .unsupported(.keyDerivation)
    }
    let derivation = try KeyDerivation.iteratedSalted(
      hash, count: count, initialUser: user, initialAdmin: admin)
    // A wrong one of the two ends it before anything is changed.
    try session.verify(user, .user, 0x82, .plain, under: userTerms)
    try session.verify(admin, .admin, 0x83, .plain, under: adminTerms)
    try session.replacePIN(
      .change(0x83), .admin, admin, .plain, admin, derivation, .admin, under: .proven)
    do throws(CardError) {
      try session.replacePIN(
        .change(0x81), .user, user, .plain, user, derivation, .user, under: .proven)
    } catch {
      // Gnuk changes no user PIN before there is a key; but it sets the PINs to the KDF-DO's hashes.
      guard case .status(.conditionsNotSatisfied, _) = error else { throw error }
    }
    try session.verify(admin, .admin, 0x83, derivation, under: .proven)
    try session.require(.putData(0xF9), derivation.encoded.span)
    session.forgetConfirmation()
    try session.refreshPINStatus()
    // The card's own word, now that it counts.
    guard try session.keyDerivation() == derivation else { throw .malformed(tag: 0xF9) }
    return derivation
  }

  /// Has the card take plain PINs again, with the same texts. Cards that go back to the factory PINs by
  /// it, and those that keep the PINs, end alike: on both the factory PINs stand for a moment.
  /// - Parameters:
  ///   - derivation: as it is now.
  ///   - user: the user PIN's text.
  ///   - admin: the admin PIN's text.
  ///   - userTerms: on what terms the user PIN goes to the card.
  ///   - adminTerms: on what terms the admin PIN does.
  /// - Throws: ``CardError/impossiblePIN`` before anything is changed, if the texts are too long.
  public mutating func removeKeyDerivation<Memory: PINMemory>(
    _ derivation: KeyDerivation, user: borrowing SecretBytes, under userTerms: PINTerms<Memory>,
    admin: borrowing SecretBytes, under adminTerms: PINTerms<Memory>
  ) throws(CardError) {
    try session.checkPossible(user, .user, .plain)
    try session.checkPossible(admin, .admin, .plain)
    try session.verify(user, .user, 0x82, derivation, under: userTerms)
    try session.verify(admin, .admin, 0x83, derivation, under: adminTerms)
    let factoryUser = SecretBytes(copying: FactoryPIN.user.span)
    let factoryAdmin = SecretBytes(copying: FactoryPIN.admin.span)
    try session.replacePIN(
      .change(0x83), .admin, admin, derivation, factoryAdmin, .plain, .admin, under: .proven)
    try session.replacePIN(
      .change(0x81), .user, user, derivation, factoryUser, .plain, .user, under: .proven)
    try session.verify(factoryAdmin, .admin, 0x83, .plain, under: .proven)
    let none: [UInt8] = [0x81, 0x01, 0x00]
    try session.require(.putData(0xF9), none.span)
    session.forgetConfirmation()
    try session.replacePIN(
      .change(0x83), .admin, factoryAdmin, .plain, admin, .plain, .admin, under: .proven)
    try session.replacePIN(
      .change(0x81), .user, factoryUser, .plain, user, .plain, .user, under: .proven)
  }
}

/// The PINs a new or reset card has (§4.2.2), in ASCII.
public enum FactoryPIN {
  /// 123456.
  public static var user: [UInt8] { [0x31, 0x32, 0x33, 0x34, 0x35, 0x36] }
  /// 12345678.
  public static var admin: [UInt8] { [0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38] }
}
