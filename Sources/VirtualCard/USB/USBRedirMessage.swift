/// A message of the usbredir protocol (spice-space.org, usb-redirection-protocol.txt 0.7), by which a
/// USB device is handed to a virtual machine. We are the side with the device.
package struct USBRedirMessage: Equatable, Sendable {
  /// What it is.
  package struct Kind: RawRepresentable, Equatable, Sendable {
    /// The number in the header.
    package let rawValue: UInt32

    /// Any number may come.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let hello = Kind(rawValue: 0)
    package static let connect = Kind(rawValue: 1)
    package static let disconnect = Kind(rawValue: 2)
    package static let reset = Kind(rawValue: 3)
    package static let interfaceInfo = Kind(rawValue: 4)
    package static let endpointInfo = Kind(rawValue: 5)
    package static let setConfiguration = Kind(rawValue: 6)
    package static let getConfiguration = Kind(rawValue: 7)
    package static let configurationStatus = Kind(rawValue: 8)
    package static let setAlternate = Kind(rawValue: 9)
    package static let getAlternate = Kind(rawValue: 10)
    package static let alternateStatus = Kind(rawValue: 11)
    package static let startInterrupt = Kind(rawValue: 15)
    package static let stopInterrupt = Kind(rawValue: 16)
    package static let interruptStatus = Kind(rawValue: 17)
    package static let cancel = Kind(rawValue: 21)
    package static let disconnectAcknowledged = Kind(rawValue: 24)
    package static let control = Kind(rawValue: 100)
    package static let bulk = Kind(rawValue: 101)
    package static let interrupt = Kind(rawValue: 103)
  }

  package let kind: Kind
  /// Which request it belongs to: an answer has its request's.
  package let id: UInt64
  package let payload: [UInt8]

  package init(_ kind: Kind, id: UInt64 = 0, _ payload: [UInt8]) {
    self.kind = kind
    self.id = id
    self.payload = payload
  }

  /// As it goes over the wire.
  /// - Parameter wide: ids have 64 bits, as both sides agreed; never so in a hello.
  package func bytes(wide: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: kind.rawValue)
    bytes.append(little: UInt32(payload.count))
    if wide {
      bytes.append(little: id)
    } else {
      bytes.append(little: UInt32(truncatingIfNeeded: id))
    }
    return bytes + payload
  }
}

/// The messages in what a socket gives, whole again.
package struct USBRedirStream {
  /// Longer than anything a machine sends to a card; bulk transfers to one are a few KiB.
  package static let maximumPayload = 1 << 20

  /// A message that can't be one: what follows has no beginning.
  package struct Nonsense: Error {}

  /// Ids have 64 bits from the next message on.
  package var isWide = false
  private var buffer: [UInt8] = []

  package init() {}

  /// Takes what came.
  package mutating func append(_ bytes: [UInt8]) { buffer += bytes }

  /// The next message that is whole.
  package mutating func next() throws(Nonsense) -> USBRedirMessage? {
    guard let kind = buffer.little(UInt32.self, at: 0), let size = buffer.little(UInt32.self, at: 4)
    else { return nil }
    guard size <= Self.maximumPayload else { throw Nonsense() }
    let header = isWide ? 16 : 12
    guard buffer.count >= header + Int(size) else { return nil }
    let id =
      isWide
      ? buffer.little(UInt64.self, at: 8) : buffer.little(UInt32.self, at: 8).map(UInt64.init)
    let payload = Array(buffer[header..<header + Int(size)])
    buffer.removeFirst(header + Int(size))
    return USBRedirMessage(USBRedirMessage.Kind(rawValue: kind), id: id ?? 0, payload)
  }
}
