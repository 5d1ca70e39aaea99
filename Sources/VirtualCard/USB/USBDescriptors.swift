/// What a device answers to GET_DESCRIPTOR (USB 2.0 §9.6, CCID 1.1 §5.1).
struct USBDescriptors {
  /// The endpoints' addresses.
  enum Endpoint {
    static let output: UInt8 = 0x02
    static let input: UInt8 = 0x82
    static let interrupt: UInt8 = 0x81
  }

  private let device: USBDevice
  private let protocols: CardProtocols

  init(_ device: USBDevice, answerToReset: [UInt8]) {
    self.device = device
    protocols = CardProtocols(answerToReset: answerToReset)
  }

  /// - Parameter value: type and number, as in wValue.
  /// - Returns: nil for one there isn't.
  subscript(value: UInt16) -> [UInt8]? {
    switch (value >> 8, Int(value & 0xFF)) {
    case (1, _): deviceDescriptor
    case (2, 0): configuration
    case (3, 0): [4, 3, 0x09, 0x04]
    case (3, let index): text(index)
    default: nil
    }
  }

  /// Manufacturer, product, serial number, interface: their numbers begin with 1.
  private var texts: [String] {
    [device.manufacturerName, device.productName, device.serialNumber, device.interfaceName]
  }

  /// The number of a text, 0 where there is none.
  private func number(_ index: Int) -> UInt8 { texts[index - 1].isEmpty ? 0 : UInt8(index) }

  private func text(_ index: Int) -> [UInt8]? {
    guard texts.indices.contains(index - 1), !texts[index - 1].isEmpty else { return nil }
    // At most what a descriptor's one byte of length lets through.
    let units = texts[index - 1].utf16.prefix(126)
    return units.reduce(into: [UInt8(units.count * 2 + 2), 3]) { $0.append(little: $1) }
  }

  private var deviceDescriptor: [UInt8] {
    var bytes: [UInt8] = [18, 1, 0x00, 0x02, 0, 0, 0, 64]
    bytes.append(little: device.vendor)
    bytes.append(little: device.product)
    bytes.append(little: device.release)
    return bytes + [number(1), number(2), number(3), 1]
  }

  private var configuration: [UInt8] {
    var endpoints: [[UInt8]] = [
      [7, 5, Endpoint.output, 2, 64, 0, 0], [7, 5, Endpoint.input, 2, 64, 0, 0],
    ]
    if device.reader.hasInterruptEndpoint {
      endpoints.append([7, 5, Endpoint.interrupt, 3, 8, 0, 16])
    }
    let interface = [9, 4, 0, 0, UInt8(endpoints.count), 0x0B, 0, 0, number(4)]
    let body = interface + smartCard + endpoints.joined()
    var bytes: [UInt8] = [9, 2]
    bytes.append(little: UInt16(9 + body.count))
    return bytes + [1, 1, 0, 0x80, 50] + body
  }

  /// The class descriptor (CCID 1.1 §5.1).
  private var smartCard: [UInt8] {
    var bytes: [UInt8] = [54, 0x21, 0x10, 0x01, 0, 7]
    for number in [
      // Protocols; clock, fastest clock in kHz.
      protocols.bits, 4000, 4000,
    ] { bytes.append(little: number) }
    bytes.append(0)
    for number in [10752, 344_105] as [UInt32] { bytes.append(little: number) }
    bytes.append(0)
    for number in [
      UInt32(device.reader.maximumBlock), 0, 0, device.reader.features,
      UInt32(device.reader.maximumMessage),
    ] { bytes.append(little: number) }
    // bClassGetResponse and bClassEnvelope echo the APDU's class; no display.
    return bytes + [0xFF, 0xFF, 0, 0, device.reader.pinSupport, 1]
  }
}
