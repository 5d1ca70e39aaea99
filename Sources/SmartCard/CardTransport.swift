public import Secrets

/// One card that APDUs can be sent to: behind PC/SC, in software, or recorded.
///
/// A transport is a final class: it has an identity, and its deinit disconnects. Code that uses one
/// is generic over it.
public protocol CardTransport: AnyObject {
  /// The answer to reset, at most 33 bytes; empty where there is none.
  var answerToReset: [UInt8] { get }

  /// Sends one command APDU and writes the card's whole answer, with SW1 SW2 at its end, to
  /// `response`, which is wiped first.
  /// - Throws: ``TransportError/responseTooLong`` if the answer doesn't fit `response.capacity`.
  func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError)

  /// Whether APDUs of extended length get to the card: false where the reader says that it takes none.
  var carriesExtendedLengths: Bool { get }

  /// The pad of the reader that the card is in; nil where it has none.
  var pinPad: PINPad? { get }

  /// Has a PIN typed on the pad, and the command that it makes run.
  /// - Returns: the card's status word, or one of the reader's own, with nothing sent to the card:
  ///   ``StatusWord/entryTimedOut``, ``StatusWord/entryCancelled``, ``StatusWord/newPINsDiffer``,
  ///   ``StatusWord/badEntryLength``.
  func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord

  /// From here on no other program's commands come between ours.
  func beginTransaction() throws(TransportError)

  /// Lets other programs at the card again.
  func endTransaction(_ ending: TransactionEnding)
}

/// What becomes of the card when a transaction ends.
public enum TransactionEnding: Equatable, Sendable {
  /// The card keeps its state: nothing was authorized.
  case leave
  /// The card is reset, so that nobody finds a PIN verified.
  case reset
}

extension CardTransport {
  /// They do, as far as is known.
  public var carriesExtendedLengths: Bool { true }
}
