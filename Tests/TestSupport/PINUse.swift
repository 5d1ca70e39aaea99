package import LibCrypto
package import OpenPGPCard
package import Secrets

// What a test gives a card needs nobody's consent: whatever tries it has may be spent, and nothing is
// remembered. What the terms themselves do, `PINTermsTests` holds to.

extension PINTerms where Memory == NoPINMemory {
  /// Whatever tries there are.
  package static var any: PINTerms {
    PINTerms(triesShown: 0, spendsLastTry: true, memory: NoPINMemory())
  }
}

extension OpenPGPCard {
  /// As `authorize` on terms that allow all.
  package mutating func authorize<Use: Purpose>(
    _ purpose: Use, with pin: borrowing SecretBytes, pinned: PinnedKey
  ) throws(CardError) -> Authorization<Transport, Use> {
    try authorize(purpose, with: pin, under: .any, pinned: pinned)
  }

  /// As `authorize` on terms that allow all.
  package mutating func authorize<Use: Purpose>(
    _ purpose: Use, with pin: borrowing SecretBytes, derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<Transport, Use> {
    try authorize(purpose, with: pin, under: .any, derivedBy: derivation)
  }

  /// As `authorizeOnPad` on terms that allow all.
  package mutating func authorizeOnPad<Use: Purpose>(
    _ purpose: Use, pinned: PinnedKey
  ) throws(CardError) -> Authorization<Transport, Use> {
    try authorizeOnPad(purpose, under: .any, pinned: pinned)
  }

  /// As `authorizeOnPad` on terms that allow all.
  package mutating func authorizeOnPad<Use: Purpose>(
    _ purpose: Use, derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<Transport, Use> {
    try authorizeOnPad(purpose, under: .any, derivedBy: derivation)
  }

  /// As `changePINOnPad` on terms that allow all.
  package mutating func changePINOnPad(
    _ which: PIN, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try changePINOnPad(which, under: .any, derivedBy: derivation)
  }

  /// As `changePIN` on terms that allow all.
  package mutating func changePIN(
    _ which: PIN, from old: borrowing SecretBytes, to new: borrowing SecretBytes,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try changePIN(which, from: old, under: .any, to: new, derivedBy: derivation)
  }

  /// As `resetUserPIN` on terms that allow all.
  package mutating func resetUserPIN(
    with code: borrowing SecretBytes, to new: borrowing SecretBytes,
    derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try resetUserPIN(with: code, under: .any, to: new, derivedBy: derivation)
  }

  /// As `setUpKeyDerivation` on terms that allow all.
  package mutating func setUpKeyDerivation(
    _ hash: HashAlgorithm = .sha256, count: Int = 100_000, user: borrowing SecretBytes,
    admin: borrowing SecretBytes
  ) throws(CardError) -> KeyDerivation {
    try setUpKeyDerivation(
      hash, count: count, user: user, under: PINTerms.any, admin: admin, under: PINTerms.any)
  }

  /// As `removeKeyDerivation` on terms that allow all.
  package mutating func removeKeyDerivation(
    _ derivation: KeyDerivation, user: borrowing SecretBytes, admin: borrowing SecretBytes
  ) throws(CardError) {
    try removeKeyDerivation(
      derivation, user: user, under: PINTerms.any, admin: admin, under: PINTerms.any)
  }
}
