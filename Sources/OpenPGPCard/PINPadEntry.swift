public import SmartCard

/// PINs typed on the reader's own pad, which no computer sees: nor can one look whether a PIN is possible,
/// or failed before, ahead of the card.
extension OpenPGPCard {
  /// The pad that this card's PINs can be typed on; nil where its reader has none, or where the PINs are
  /// derived, which no pad does.
  public func pinPad(for derivation: KeyDerivation) -> PINPad? {
    derivation.derivedSize == nil ? session.channel.transport.pinPad : nil
  }

  /// Has a PIN typed on the pad, on a card that has been held against what was recorded. It waits for
  /// that: say first that it does, and on which reader.
  /// - Parameter terms: what was shown and agreed to; there is no text that could be remembered.
  /// - Throws: ``CardError/notThePinned(_:)`` before anybody is asked; ``CardError/blocked(_:)`` and
  ///   ``CardError/unsupported(_:)`` without asking; ``CardError/pad(_:)`` with no try used;
  ///   ``CardError/fewerTries(_:shown:now:)``, ``CardError/lastTryKept(_:)``,
  ///   ``CardError/wrongPIN(_:triesLeft:)``.
  public mutating func authorizeOnPad<Use: Purpose, Memory: PINMemory>(
    _ purpose: Use, under terms: PINTerms<Memory>, pinned: PinnedKey
  ) throws(CardError) -> Authorization<Transport, Use> {
    try session.checkTries(Use.pin)
    try session.confirm(pinned)
    return try authorizeOnPad(purpose, under: terms, derivedBy: pinned.keyDerivation)
  }

  /// Has a PIN typed on the pad, for a card that nothing is recorded of.
  /// - Throws: as ``authorizeOnPad(_:under:pinned:)``.
  public mutating func authorizeOnPad<Use: Purpose, Memory: PINMemory>(
    _ purpose: Use, under terms: PINTerms<Memory>, derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<Transport, Use> {
    try session.enterPIN(
      .verify(Use.reference), Use.pin, isChange: false, derivation, under: terms)
    return Authorization(session)
  }

  /// Has the old PIN and twice a new one typed on the pad (CHANGE REFERENCE DATA, §7.2.3). The card tells
  /// old and new apart by the old one's length.
  /// - Parameters:
  ///   - which: `.user` or `.admin`.
  ///   - terms: on what terms the old one goes to the card.
  /// - Throws: as ``authorizeOnPad(_:under:pinned:)``.
  public mutating func changePINOnPad<Memory: PINMemory>(
    _ which: PIN, under terms: PINTerms<Memory>, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    guard which != .resetCode else { throw .wrongData }
    try session.enterPIN(
      .change(which.reference), which, isChange: true, derivation, under: terms)
    terms.memory.forget(which, of: session.application.identifier)
    try session.refreshPINStatus()
  }
}
