public import OpenPGP
public import OpenPGPCard

/// Why a dongle was not made ready.
public enum ProvisioningError: Error, Equatable, Sendable {
  /// It has keys already. Nothing was changed.
  case hasKeys
  /// The name or address can't stand in a user id: empty, or with control characters or `<>`.
  case badName
  /// A new PIN is too short or too long for this dongle. Nothing was sent.
  case impossiblePIN(PIN)
  /// A PIN as it is now was refused: which one, and how. Nothing was changed.
  case currentPIN(PIN, CardError)
  /// The card refused before anything on it was changed.
  case card(CardError)
  /// The card refused halfway: its keys are incomplete, its PINs are those from before. It can be
  /// provisioned again, with a reset.
  case incomplete(CardError)
  /// The keys are complete, and the certificate was made; but these PINs are still those from before.
  case pinsUnchanged([PIN], CardError)
  /// The certificate could not be written.
  case certificate(OpenPGPError)
}
