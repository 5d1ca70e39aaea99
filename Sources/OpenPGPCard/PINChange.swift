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
  ///   - derivation: how this card's PINs are derived.
  /// - Throws: ``CardError/impossiblePIN``, ``CardError/blocked(_:)`` without sending anything;
  ///   ``CardError/wrongPIN(triesLeft:)``.
  public mutating func changePIN(
    _ which: PIN, from old: borrowing SecretBytes, to new: borrowing SecretBytes,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    guard which != .resetCode else { throw .wrongData }
    try session.replacePIN(
      .change(which.reference), which, old, derivation, new, derivation, which)
  }

  /// Sets a new user PIN with the resetting code, and gives it its tries back (RESET RETRY COUNTER,
  /// §7.2.4).
  /// - Throws: as ``changePIN(_:from:to:derivedBy:)``, about the resetting code.
  public mutating func resetUserPIN(
    with code: borrowing SecretBytes, to new: borrowing SecretBytes,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try session.replacePIN(.resetRetryByCode, .resetCode, code, derivation, new, derivation, .user)
  }
}

extension Session {
  /// Sends the PIN that proves, and the one that is new, together.
  func replacePIN(
    _ command: Command, _ proof: PIN, _ old: borrowing SecretBytes, _ oldDerivation: KeyDerivation,
    _ new: borrowing SecretBytes, _ newDerivation: KeyDerivation, _ target: PIN
  ) throws(CardError) {
    try checkTries(proof)
    try checkPossible(old, proof, oldDerivation)
    try checkPossible(new, target, newDerivation)
    let oldSize = oldDerivation.derivedSize ?? old.count
    var sent = SecretBytes(capacity: oldSize + (newDerivation.derivedSize ?? new.count))
    try oldDerivation.derive(old, for: proof, into: &sent)
    try newDerivation.derive(new, for: target, into: &sent)
    try sendPIN(command, sent.bytes, proof)
    // The one that proved has at least the tries it had; one that was blocked has them back.
    if proof != target { try refreshPINStatus() }
  }
}
