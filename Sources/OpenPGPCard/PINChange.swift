public import Secrets
internal import SmartCard

extension OpenPGPCard {
  /// Changes the user or the admin PIN (CHANGE REFERENCE DATA, §7.2.3). The card takes the old one as it
  /// takes VERIFY's: a wrong one costs a try. ``application`` keeps the tries of before until
  /// ``refreshPINStatus()``.
  ///
  /// Call ``confirm(_:)`` first where something is recorded of the card.
  /// - Parameters:
  ///   - which: `.user` or `.admin`.
  ///   - terms: on what terms the old one goes to the card.
  ///   - derivation: how this card's PINs are derived.
  /// - Throws: ``CardError/impossiblePIN`` and what the terms forbid, without sending anything;
  ///   ``CardError/wrongPIN(_:triesLeft:)``, ``CardError/unanswered(_:_:)``.
  public mutating func changePIN<Memory: PINMemory>(
    _ which: PIN, from old: borrowing SecretBytes, under terms: PINTerms<Memory>,
    to new: borrowing SecretBytes, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    guard which != .resetCode else { throw .wrongData }
    try session.replacePIN(
      .change(which.reference), which, old, derivation, new, derivation, which, under: terms)
  }

  /// Sets a new user PIN with the resetting code, and gives it its tries back (RESET RETRY COUNTER,
  /// §7.2.4).
  /// - Throws: as ``changePIN(_:from:under:to:derivedBy:)``, about the resetting code.
  public mutating func resetUserPIN<Memory: PINMemory>(
    with code: borrowing SecretBytes, under terms: PINTerms<Memory>,
    to new: borrowing SecretBytes, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try session.replacePIN(
      .resetRetryByCode, .resetCode, code, derivation, new, derivation, .user, under: terms)
  }
}

extension Session {
  /// Sends the PIN that proves, and the one that is new, together.
  func replacePIN<Memory: PINMemory>(
    _ command: Command, _ proof: PIN, _ old: borrowing SecretBytes, _ oldDerivation: KeyDerivation,
    _ new: borrowing SecretBytes, _ newDerivation: KeyDerivation, _ target: PIN,
    under terms: PINTerms<Memory>
  ) throws(CardError) {
    try checkPossible(old, proof, oldDerivation)
    try checkPossible(new, target, newDerivation)
    let oldSize = oldDerivation.derivedSize ?? old.count
    var sent = SecretBytes(capacity: oldSize + (newDerivation.derivedSize ?? new.count))
    try oldDerivation.derive(old, for: proof, into: &sent)
    try newDerivation.derive(new, for: target, into: &sent)
    try sendPIN(command, sent.bytes, proof, text: old, under: terms)
    // What failed before may be right now.
    terms.memory.forget(target, of: application.identifier)
    // The one that proved has at least the tries it had; one that was blocked has them back.
    if proof != target { try refreshPINStatus() }
  }
}
