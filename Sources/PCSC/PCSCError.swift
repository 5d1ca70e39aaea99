internal import CPCSC
internal import SmartCard

/// What a return value of pcsc-lite means (pcsclite.h).
func check(_ result: LONG) throws(TransportError) {
  if result == SCARD_S_SUCCESS { return }
  throw meaning(of: result)
}

/// The error of a return value that is not success.
func meaning(of result: LONG) -> TransportError {
  switch result {
  case SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED, SCARD_F_COMM_ERROR: .noService
  case SCARD_E_UNKNOWN_READER, SCARD_E_READER_UNAVAILABLE, SCARD_E_NO_READERS_AVAILABLE: .noReader
  case SCARD_E_NO_SMARTCARD: .noCard
  case SCARD_E_SHARING_VIOLATION: .inUse
  case SCARD_W_REMOVED_CARD: .removed
  case SCARD_W_RESET_CARD: .wasReset
  case SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNPOWERED_CARD, SCARD_W_UNSUPPORTED_CARD,
    SCARD_E_NOT_TRANSACTED, SCARD_E_PROTO_MISMATCH, SCARD_E_COMM_DATA_LOST:
    .unresponsive
  case SCARD_E_TIMEOUT: .timedOut
  case SCARD_W_SECURITY_VIOLATION: .notPermitted
  case SCARD_E_INSUFFICIENT_BUFFER: .responseTooLong
  default: .failed(code: UInt32(truncatingIfNeeded: result))
  }
}
