internal import CPCSC
public import Secrets
public import SmartCard

/// A card in a reader, shared with other programs: connected from `PCSCService.connect(to:)` until the
/// last reference goes.
///
/// Hold it no longer than needed: while anyone is connected, a default gpg finds no card.
@safe
public final class PCSCConnection: CardTransport {
  private let card: CardHandle
  /// pcsc-lite's handle.
  var handle: SCARDHANDLE { card.handle }
  private var isHeld: Bool

  /// The answer to reset, at most 33 bytes.
  public let answerToReset: [UInt8]

  init(_ card: CardHandle, isHeld: Bool, answerToReset: [UInt8]) {
    self.card = card
    self.isHeld = isHeld
    self.answerToReset = answerToReset
  }

  deinit {
    // A transaction that nobody ended may have left a PIN verified.
    card.disconnect(resetting: isHeld)
  }

  /// Sends one command APDU as it is.
  /// - Throws: ``TransportError/removed``, ``TransportError/wasReset``,
  ///   ``TransportError/responseTooLong`` and what else pcsc-lite says.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    var header =
      card.activeProtocol == DWORD(SCARD_PROTOCOL_T1) ? g_rgSCardT1Pci : g_rgSCardT0Pci
    let handle = card.handle
    try command.withBytes { bytes throws(TransportError) in
      // Safe: both buffers outlive the call, which writes at most `received` bytes.
      unsafe try response.append { room throws(TransportError) in
        var received = DWORD(room.count)
        let result = unsafe bytes.withUnsafeBufferPointer { sent in
          unsafe SCardTransmit(
            handle, &header, sent.baseAddress, DWORD(sent.count), nil, room.baseAddress, &received)
        }
        try check(result)
        guard received <= DWORD(room.count) else { throw .responseTooLong }
        return Int(received)
      }
    }
  }

  /// Waits until no other program holds a transaction, then holds one. A card that others reset in the
  /// meantime is connected anew.
  /// - Throws: ``TransportError/inUse`` if another one holds it for more than two seconds; then this
  ///   connection is of no more use.
  public func beginTransaction() throws(TransportError) {
    if !isHeld { try card.beginTransaction() }
    isHeld = true
  }

  /// Lets other programs at the card again, reset or as it is.
  public func endTransaction(_ ending: TransactionEnding) {
    guard isHeld else { return }
    let disposition = ending == .reset ? SCARD_RESET_CARD : SCARD_LEAVE_CARD
    let result = SCardEndTransaction(card.handle, DWORD(disposition))
    // If that failed with the card still there, disconnecting does it.
    isHeld = result != SCARD_S_SUCCESS && ending == .reset
  }
}
