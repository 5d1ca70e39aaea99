import OpenPGPCard
import Secrets

/// A PIN that was typed or read here; or that is typed on the reader's pad when the card asks for it.
final class EnteredPIN {
  /// Empty where it is typed on the pad.
  let secret: SecretBytes
  /// It is typed on the reader's pad.
  let isOnPad: Bool

  /// One that is here.
  init(_ secret: consuming SecretBytes) {
    self.secret = secret
    isOnPad = false
  }

  private init() {
    secret = SecretBytes(capacity: 1)
    isOnPad = true
  }

  /// One that isn't here, nor ever will be.
  static var onPad: EnteredPIN { EnteredPIN() }

  /// Verifies it on a card that nothing is recorded of.
  func authorize<Use: Purpose>(
    _ purpose: Use, on card: inout OpenPGPCard<ReaderTransport>, derivedBy derivation: KeyDerivation
  ) throws(CardError) -> Authorization<ReaderTransport, Use> {
    isOnPad
      ? try card.authorizeOnPad(purpose, derivedBy: derivation)
      : try card.authorize(purpose, with: secret, derivedBy: derivation)
  }

  /// Verifies it on a card that has to be the recorded one.
  func authorize<Use: Purpose>(
    _ purpose: Use, on card: inout OpenPGPCard<ReaderTransport>, pinned: PinnedKey
  ) throws(CardError) -> Authorization<ReaderTransport, Use> {
    isOnPad
      ? try card.authorizeOnPad(purpose, pinned: pinned)
      : try card.authorize(purpose, with: secret, pinned: pinned)
  }
}
