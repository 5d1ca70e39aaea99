/// How a transfer ended (usbredir's status codes).
enum USBStatus: UInt8 {
  case success = 0
  case cancelled = 1
  case stall = 4
}

/// A control request, or the answer to one (usbredir's control packet).
struct USBControlTransfer {
  /// The endpoint's address.
  let endpoint: UInt8
  /// bRequest.
  let request: UInt8
  /// bmRequestType.
  let type: UInt8
  let value: UInt16
  let index: UInt16
  let length: UInt16

  init?(_ payload: [UInt8]) {
    guard payload.count >= 10, let value = payload.little(UInt16.self, at: 4),
      let index = payload.little(UInt16.self, at: 6),
      let length = payload.little(UInt16.self, at: 8)
    else { return nil }
    endpoint = payload[0]
    request = payload[1]
    type = payload[2]
    self.value = value
    self.index = index
    self.length = length
  }

  /// From the device to the host.
  var isInput: Bool { type & 0x80 != 0 }
  /// Of the class, not of USB itself.
  var isClass: Bool { type & 0x60 == 0x20 }

  /// The answer's payload.
  /// - Parameter data: what an input brings, nil for a request there isn't.
  func answered(_ data: [UInt8]?) -> [UInt8] {
    let sent = isInput ? Array((data ?? []).prefix(Int(length))) : []
    var payload = [
      endpoint, request, type, (data == nil ? USBStatus.stall : .success).rawValue,
    ]
    payload.append(little: value)
    payload.append(little: index)
    payload.append(little: isInput ? UInt16(sent.count) : data == nil ? 0 : length)
    return payload + sent
  }
}

/// A bulk transfer (usbredir's bulk packet, lengths of 32 bits).
struct USBBulkTransfer {
  /// The endpoint's address.
  let endpoint: UInt8
  /// How many bytes there are, or for an input, may be.
  let length: Int
  let stream: UInt32
  /// An output's.
  let data: [UInt8]

  init?(_ payload: [UInt8]) {
    guard payload.count >= 10, let low = payload.little(UInt16.self, at: 2),
      let stream = payload.little(UInt32.self, at: 4), let high = payload.little(UInt16.self, at: 8)
    else { return nil }
    endpoint = payload[0]
    length = Int(high) << 16 | Int(low)
    self.stream = stream
    data = Array(payload[10...])
  }

  /// From the device to the host.
  var isInput: Bool { endpoint & 0x80 != 0 }

  /// The answer's payload: for an output how much was taken, for an input the data.
  func answered(_ status: USBStatus, _ data: [UInt8] = []) -> [UInt8] {
    let count = status != .success ? 0 : isInput ? data.count : self.data.count
    var payload = [endpoint, status.rawValue]
    payload.append(little: UInt16(truncatingIfNeeded: count))
    payload.append(little: stream)
    payload.append(little: UInt16(truncatingIfNeeded: count >> 16))
    return payload + data
  }
}
