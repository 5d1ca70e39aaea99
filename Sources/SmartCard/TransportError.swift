/// Why an APDU or its answer did not get through.
public enum TransportError: Error, Equatable, Sendable {
  /// The PC/SC service (pcscd) does not answer.
  case noService
  /// No reader is there, or the one named is not.
  case noReader
  /// The reader is empty.
  case noCard
  /// Another program holds the reader exclusively, or has a transaction on the card that doesn't end.
  case inUse
  /// The card was pulled.
  case removed
  /// Another program reset the card: what was verified no longer is.
  case wasReset
  /// The card doesn't answer.
  case unresponsive
  /// Nothing happened within the time set.
  case timedOut
  /// This user may not use the reader.
  case notPermitted
  /// The command is longer than the card or the reader can take.
  case commandTooLong
  /// The answer is longer than the caller, the card's word or any card can be.
  case responseTooLong
  /// The answer isn't one: fewer than two bytes, or a 61xx or 6Cxx that leads nowhere.
  case malformedResponse
  /// Anything else that PC/SC says, by its code (pcsclite.h).
  case failed(code: UInt32)
}
