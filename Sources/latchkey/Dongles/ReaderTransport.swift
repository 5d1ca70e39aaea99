import PCSC
import Secrets
import SmartCard
import VirtualCard

/// A card in a reader or in a file: chosen when the command runs, so one small enum.
final class ReaderTransport: CardTransport {
  private enum Kind {
    case reader(PCSCConnection)
    case file(VirtualCardTransport)
  }
  private let kind: Kind

  init(_ connection: PCSCConnection) { kind = .reader(connection) }
  init(_ file: VirtualCardTransport) { kind = .file(file) }

  var answerToReset: [UInt8] {
    switch kind {
    case .reader(let connection): connection.answerToReset
    case .file(let transport): transport.answerToReset
    }
  }

  func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    switch kind {
    case .reader(let connection): try connection.transmit(command, into: &response)
    case .file(let transport): try transport.transmit(command, into: &response)
    }
  }

  var carriesExtendedLengths: Bool {
    switch kind {
    case .reader(let connection): connection.takesExtendedLengths
    case .file(let transport): transport.carriesExtendedLengths
    }
  }

  var pinPad: PINPad? {
    switch kind {
    case .reader(let connection): connection.pinPad
    case .file(let transport): transport.pinPad
    }
  }

  func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord {
    switch kind {
    case .reader(let connection): try connection.enterPIN(request)
    case .file(let transport): try transport.enterPIN(request)
    }
  }

  func beginTransaction() throws(TransportError) {
    switch kind {
    case .reader(let connection): try connection.beginTransaction()
    case .file(let transport): transport.beginTransaction()
    }
  }

  func endTransaction(_ ending: TransactionEnding) {
    switch kind {
    case .reader(let connection): connection.endTransaction(ending)
    case .file(let transport): transport.endTransaction(ending)
    }
  }
}
