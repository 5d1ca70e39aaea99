public import LibCrypto
public import SmartCard

/// What a card, or the way to it, did not do.
public enum CardError: Error, Equatable, Sendable {
  /// A command or its answer did not get through.
  case transport(TransportError)
  /// The card refused the instruction `ins`, for a reason none of the cases below names.
  case status(StatusWord, ins: UInt8)
  /// The card has no OpenPGP application.
  case notOpenPGP
  /// The application is terminated; `OpenPGPCard.activate(terminated:)` brings it back, empty.
  case terminated
  /// This PIN was wrong. How many tries are left, or nil if the card would not say.
  case wrongPIN(PIN, triesLeft: UInt8?)
  /// No tries are left for this PIN.
  case blocked(PIN)
  /// This PIN has fewer tries than were shown to the person who gave it. It was not sent.
  case fewerTries(PIN, shown: UInt8, now: UInt8)
  /// This PIN has one try left, and nobody agreed to spend it. It was not sent.
  case lastTryKept(PIN)
  /// This text already failed on this card as this PIN. It was not sent.
  case failedBefore(PIN)
  /// This text was sent to this card as this PIN before, no answer came back, and nobody agreed to send it
  /// once more. It was not sent.
  case unansweredBefore(PIN)
  /// This PIN was sent, and its answer did not come, or did not tell: it may be right, or have used a try.
  case unanswered(TransportError, PIN)
  /// The text cannot be a PIN of this card: too short or too long. It was not sent.
  case impossiblePIN
  /// What was done on the reader's pad was no PIN; nothing was sent to the card.
  case pad(PadFault)
  /// The card waited for a touch that did not come.
  case touchTimedOut
  /// There is no key in the slot.
  case noKey(KeySlot)
  /// The card's key is of another kind or size than it says, or than was asked for.
  case wrongKey(KeySlot)
  /// An object's content is not what the specification says.
  case malformed(tag: UInt16)
  /// It isn't the card it should be, by this difference. No PIN was sent.
  case notThePinned(PinnedKey.Difference)
  /// The card, or this library, has no such algorithm for this slot.
  case unsupportedAlgorithm
  /// The card doesn't have this ability.
  case unsupported(Ability)
  /// The data don't fit the key or the operation: a wrong length or kind.
  case wrongData
  /// libcrypto could not do its part.
  case crypto(CryptoError)

  /// What was done on a reader's pad instead of typing a PIN.
  public enum PadFault: Equatable, Sendable {
    /// Nobody typed in time.
    case timedOut
    /// The entry was cancelled.
    case cancelled
    /// The new PIN wasn't the same twice.
    case newPINsDiffer
    /// Too few digits, or too many.
    case impossibleLength
  }

  /// What a card may lack.
  public enum Ability: Equatable, Sendable {
    /// Import of private keys.
    case keyImport
    /// A KDF-DO; or one of a kind this library does not know.
    case keyDerivation
    /// PIN block format 2 is asked for, which this library does not write.
    case pinFormat
    /// A touch policy.
    case touch
    /// A pad on its reader that can what is wanted; or the card's PINs are derived, which no pad does.
    case pinPad
    /// GET CHALLENGE.
    case challenge
    /// TERMINATE DF and ACTIVATE FILE.
    case factoryReset
    /// A touch policy that is fixed for good.
    case fixedTouch
  }
}
