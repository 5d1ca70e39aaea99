internal import CPCSC
public import Secrets
public import SmartCard

/// A card in a reader, shared with other programs: connected from `PCSCService.connect(to:)` until the
/// last reference goes.
///
/// Hold it no longer than needed: while anyone is connected, a default gpg finds no card.
@safe
public final class PCSCConnection: CardTransport {
  // Keeps the context, which the handle belongs to.
  private let service: PCSCService
  private let handle: SCARDHANDLE
  private var activeProtocol: DWORD
  private var isHeld = false

  /// The answer to reset, at most 33 bytes.
  public let answerToReset: [UInt8]

  init(_ service: PCSCService, handle: SCARDHANDLE, activeProtocol: DWORD, answerToReset: [UInt8]) {
    self.service = service
    self.handle = handle
    self.activeProtocol = activeProtocol
    self.answerToReset = answerToReset
  }

  deinit {
    // A transaction that nobody ended may have left a PIN verified.
    SCardDisconnect(handle, DWORD(isHeld ? SCARD_RESET_CARD : SCARD_LEAVE_CARD))
  }

  /// Sends one command APDU as it is.
  /// - Throws: ``TransportError/removed``, ``TransportError/wasReset``,
  ///   ``TransportError/responseTooLong`` and what else pcsc-lite says.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    var header =
      activeProtocol == DWORD(SCARD_PROTOCOL_T1) ? g_rgSCardT1Pci : g_rgSCardT0Pci
    let handle = handle
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

  /// Waits until no other program holds a transaction, then holds one.
  ///
  /// A card that others reset in the meantime is connected anew: nothing was verified on it yet.
  public func beginTransaction() throws(TransportError) {
    for _ in 0..<4 {
      let result = SCardBeginTransaction(handle)
      if result == SCARD_W_RESET_CARD {
        // Safe: the handle is ours, and the protocol is written during the call only.
        try check(
          unsafe SCardReconnect(
            handle, DWORD(SCARD_SHARE_SHARED), DWORD(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1),
            DWORD(SCARD_LEAVE_CARD), &activeProtocol))
        continue
      }
      try check(result)
      isHeld = true
      return
    }
    throw .wasReset
  }

  /// Lets other programs at the card again, reset or as it is.
  public func endTransaction(_ ending: TransactionEnding) {
    guard isHeld else { return }
    let disposition = ending == .reset ? SCARD_RESET_CARD : SCARD_LEAVE_CARD
    let result = SCardEndTransaction(handle, DWORD(disposition))
    // If that failed with the card still there, disconnecting does it.
    isHeld = result != SCARD_S_SUCCESS && ending == .reset
  }
}
