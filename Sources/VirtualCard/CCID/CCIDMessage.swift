/// A message between host and reader (CCID 1.1 §6): ten bytes of header, then data.
package struct CCIDMessage: Equatable, Sendable {
  /// bMessageType of the commands a slot knows, and of the answers.
  package enum Kind {
    package static let powerOn: UInt8 = 0x62
    package static let powerOff: UInt8 = 0x63
    package static let slotStatus: UInt8 = 0x65
    package static let secure: UInt8 = 0x69
    package static let setParameters: UInt8 = 0x61
    package static let getParameters: UInt8 = 0x6C
    package static let resetParameters: UInt8 = 0x6D
    package static let transfer: UInt8 = 0x6F
    package static let escape: UInt8 = 0x6B
    package static let abort: UInt8 = 0x72
    package static let setRate: UInt8 = 0x73
    package static let data: UInt8 = 0x80
    package static let status: UInt8 = 0x81
    package static let parameters: UInt8 = 0x82
    package static let escaped: UInt8 = 0x83
    package static let rate: UInt8 = 0x84
  }

  package let kind: UInt8
  package let slot: UInt8
  package let sequence: UInt8
  /// The header's last three bytes; an answer's are its status, its error, and one more.
  package let specific: [UInt8]
  package let data: [UInt8]

  package init(
    _ kind: UInt8, slot: UInt8, sequence: UInt8, _ specific: [UInt8], _ data: [UInt8] = []
  ) {
    self.kind = kind
    self.slot = slot
    self.sequence = sequence
    self.specific = specific
    self.data = data
  }

  /// As it goes over the bulk endpoints.
  package var bytes: [UInt8] {
    var bytes = [kind]
    bytes.append(little: UInt32(data.count))
    return bytes + [slot, sequence] + specific + data
  }
}

/// The commands in what bulk transfers bring, whole again.
package struct CCIDStream {
  private var buffer: [UInt8] = []

  package init() {}

  /// Takes what came.
  package mutating func append(_ bytes: [UInt8]) { buffer += bytes }

  /// Forgets a command that is half there.
  package mutating func reset() { buffer = [] }

  /// The next command that is whole. One that says it is longer than `maximum` comes without data, its
  /// kind 00, which is no command; whatever is behind it is dropped.
  package mutating func next(upTo maximum: Int) -> CCIDMessage? {
    guard buffer.count >= 10, let size = buffer.little(UInt32.self, at: 1) else { return nil }
    let (slot, sequence) = (buffer[5], buffer[6])
    guard 10 + Int(size) <= maximum else {
      reset()
      return CCIDMessage(0, slot: slot, sequence: sequence, [0, 0, 0])
    }
    guard buffer.count >= 10 + Int(size) else { return nil }
    let message = CCIDMessage(
      buffer[0], slot: slot, sequence: sequence, Array(buffer[7..<10]),
      Array(buffer[10..<10 + Int(size)]))
    buffer.removeFirst(10 + Int(size))
    return message
  }
}
