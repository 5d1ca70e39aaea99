/// A message of the VSCARD protocol (libcacard, vscard_common.h), by which a card is put into QEMU's own
/// reader, `-device ccid-card-passthru`: type, reader, length, all high byte first, then data.
package struct VSCARDMessage: Equatable, Sendable {
  /// What it is.
  package enum Kind: UInt32, Sendable {
    case hello = 1
    case error = 2
    case addReader = 3
    case removeReader = 4
    case answerToReset = 5
    case removeCard = 6
    case apdu = 7
    case flush = 8
    case flushed = 9
  }

  /// nil for one this side doesn't know.
  package let kind: Kind?
  package let payload: [UInt8]

  package init(_ kind: Kind, _ payload: [UInt8] = []) {
    self.kind = kind
    self.payload = payload
  }

  fileprivate init(number: UInt32, _ payload: [UInt8]) {
    kind = Kind(rawValue: number)
    self.payload = payload
  }

  /// As it goes over the wire.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(big: kind?.rawValue ?? 0)
    bytes.append(big: 0)
    bytes.append(big: UInt32(payload.count))
    return bytes + payload
  }
}

/// The messages in what a socket gives, whole again.
package struct VSCARDStream {
  /// QEMU takes and sends no more than this.
  package static let maximumPayload = 1 << 16

  /// A message that can't be one: what follows has no beginning.
  package struct Nonsense: Error {}

  private var buffer: [UInt8] = []

  package init() {}

  /// Takes what came.
  package mutating func append(_ bytes: [UInt8]) { buffer += bytes }

  /// The next message that is whole.
  package mutating func next() throws(Nonsense) -> VSCARDMessage? {
    guard let number = buffer.big(at: 0), let size = buffer.big(at: 8) else { return nil }
    guard size <= Self.maximumPayload else { throw Nonsense() }
    guard buffer.count >= 12 + Int(size) else { return nil }
    let payload = Array(buffer[12..<12 + Int(size)])
    buffer.removeFirst(12 + Int(size))
    return VSCARDMessage(number: number, payload)
  }
}
