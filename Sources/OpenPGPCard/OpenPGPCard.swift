public import LibCrypto
public import Secrets
public import SmartCard

/// One visit to an OpenPGP card (OpenPGP card 3.4.1): from SELECT until the value's life ends.
///
/// A transaction is held throughout, so no other program's commands come between. When the value and
/// every authorization made with it are gone, the transaction ends; if a PIN went to the card, the
/// card is reset, so that nobody finds it verified.
///
///     var card = try OpenPGPCard(selecting: connection)
///     let terms = PINTerms(triesShown: 3, memory: NoPINMemory())
///     var signing = try card.authorize(.signing, with: pin, under: terms, pinned: pinned)
///     let signature = try signing.sign(digest, hash: .sha256)
///
/// That exchange is SELECT, GET DATA 6E, GENERATE 81, where C0 announces it GET DATA F9, VERIFY and
/// PSO. A PIN is sent once; nothing is tried again.
public struct OpenPGPCard<Transport: CardTransport>: ~Copyable {
  let session: Session<Transport>

  /// Begins the visit: transaction, SELECT, GET DATA 6E.
  /// - Parameter known: the ``limits`` that an earlier visit to the same card in the same reader found.
  /// - Throws: ``CardError/notOpenPGP``, ``CardError/terminated``, ``CardError/malformed(tag:)``,
  ///   ``CardError/transport(_:)``.
  public init(
    selecting transport: Transport, within known: CardLimits? = nil
  ) throws(CardError) {
    session = try Session(selecting: transport, known)
  }

  /// Begins the visit by bringing a terminated application back, empty and with factory PINs
  /// (ACTIVATE FILE, §7.2.17).
  public init(activating transport: Transport) throws(CardError) {
    session = try Session(activating: transport)
  }

  /// What the card says of itself. Its `pinStatus` follows what happens in this visit.
  public var application: ApplicationData { session.application }

  /// How long commands and answers are: the card's word, as far as its reader carries it.
  public var limits: CardLimits { session.channel.limits }

  /// Asks the card for 6E again, after something has changed.
  public mutating func refresh() throws(CardError) {
    try session.refresh()
  }

  /// The public key in a slot (GENERATE 81).
  /// - Throws: ``CardError/noKey(_:)``; ``CardError/wrongKey(_:)`` if it is of another kind or size than
  ///   the card's own attributes say; ``CardError/unsupportedAlgorithm``.
  public mutating func publicKey(in slot: KeySlot) throws(CardError) -> PublicKey {
    guard let algorithm = application.attributes(of: slot)?.algorithm else {
      throw .unsupportedAlgorithm
    }
    return try session.publicKey(in: slot, of: algorithm)
  }

  /// The KDF-DO F9, read only where C0 announces it; else ``KeyDerivation/plain``.
  /// - Throws: ``CardError/malformed(tag:)``, ``CardError/unsupported(_:)``.
  public mutating func keyDerivation() throws(CardError) -> KeyDerivation {
    try session.keyDerivation()
  }

  /// Holds the card against what was recorded: serial, fingerprint, the public key itself, KDF-DO, in
  /// that order. What has been confirmed in this visit is not asked for again.
  /// - Throws: ``CardError/notThePinned(_:)`` at the first difference.
  public mutating func confirm(_ pinned: PinnedKey) throws(CardError) {
    try session.confirm(pinned)
  }

  /// Verifies a PIN on a card that has been held against what was recorded, with the recorded KDF-DO.
  /// - Parameters:
  ///   - purpose: `.signing`, `.decryption` or `.administration`.
  ///   - pin: the PIN's text in UTF-8, without a newline. It is sent at most once.
  ///   - terms: the tries that were shown, what was agreed to, and what remembers the text.
  /// - Throws: ``CardError/notThePinned(_:)`` before any byte of the PIN; ``CardError/blocked(_:)``,
  ///   ``CardError/impossiblePIN``, ``CardError/fewerTries(_:shown:now:)``, ``CardError/lastTryKept(_:)``,
  ///   ``CardError/failedBefore(_:)`` and ``CardError/unansweredBefore(_:)`` without sending it;
  ///   ``CardError/wrongPIN(_:triesLeft:)``, ``CardError/unanswered(_:_:)``.
  public mutating func authorize<Use: Purpose, Memory: PINMemory>(
    _ purpose: Use, with pin: borrowing SecretBytes, under terms: PINTerms<Memory>,
    pinned: PinnedKey
  ) throws(CardError) -> Authorization<Transport, Use> {
    try session.checkTries(Use.pin)
    try session.confirm(pinned)
    try session.verify(pin, Use.pin, Use.reference, pinned.keyDerivation, under: terms)
    return Authorization(session)
  }

  /// Verifies a PIN on a card that nothing is recorded of, such as a new one. Whoever shows such a card
  /// gets the PIN.
  /// - Parameters:
  ///   - derivation: how this card's PINs are derived, as ``keyDerivation()`` says.
  /// - Throws: as ``authorize(_:with:under:pinned:)``.
  public mutating func authorize<Use: Purpose, Memory: PINMemory>(
    _ purpose: Use, with pin: borrowing SecretBytes, under terms: PINTerms<Memory>,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<Transport, Use> {
    try session.verify(pin, Use.pin, Use.reference, derivation, under: terms)
    return Authorization(session)
  }
}

extension Session {
  /// GENERATE 81, held against `algorithm`.
  func publicKey(in slot: KeySlot, of algorithm: KeyAlgorithm) throws(CardError) -> PublicKey {
    let template = [slot.template, 0x00]
    let status = try send(.readKey(upTo: algorithm.answerSize), template.span)
    switch status {
    case .success: break
    // How cards say that there is no key: all of these were seen.
    case .noSuchObject, .notAuthorized, .wrongP1P2, .memoryFailure, .wrongParameters,
      .conditionsNotSatisfied:
      throw .noKey(slot)
    default: throw .status(status, ins: 0x47)
    }
    return try channel.response.withBytes { answer throws(CardError) in
      try readPublicKey(in: answer, of: algorithm, slot)
    }
  }

  func confirm(_ pinned: PinnedKey) throws(CardError) {
    if confirmed == pinned { return }
    guard application.identifier == pinned.identifier else { throw .notThePinned(.serial) }
    guard application.fingerprint(of: pinned.slot) == pinned.fingerprint else {
      throw .notThePinned(.fingerprint)
    }
    let key: PublicKey
    do throws(CardError) {
      key = try publicKey(in: pinned.slot, of: pinned.publicKey.algorithm)
    } catch {
      switch error {
      case .noKey, .wrongKey, .malformed: throw .notThePinned(.key)
      default: throw error
      }
    }
    guard key == pinned.publicKey else { throw .notThePinned(.key) }
    let derivation: KeyDerivation
    do throws(CardError) {
      derivation = try keyDerivation()
    } catch {
      switch error {
      case .malformed, .unsupported: throw .notThePinned(.keyDerivation)
      default: throw error
      }
    }
    guard derivation == pinned.keyDerivation else { throw .notThePinned(.keyDerivation) }
    confirmed = pinned
  }
}
