/// A card as a USB device, apart from the card, the socket and time: usbredir's messages in, what is to be
/// done out.
///
/// It is unplugged at first. What the host sends to a device that is gone, before it has noticed, leads to
/// nothing.
package struct USBToken {
  /// What is to be done, in this order.
  package enum Effect: Equatable {
    /// A message to the machine.
    case send(USBRedirMessage)
    /// The card gets power, or is reset.
    case powerOn
    /// The card loses its power.
    case powerOff
    /// The card runs this APDU; ``cardAnswered(_:to:)`` gets what it says, with the number.
    case run([UInt8], number: Int)
    /// A PIN is to be typed; ``padAnswered(_:to:)`` gets what was, with the number.
    case askPad(PINEntry, number: Int)
  }

  private enum Plug {
    case out
    case inside
    /// Pulled, and the machine hasn't said yet that it knows.
    case leaving(plugAgain: Bool)
  }

  /// connect_device_version, disconnect acknowledgement, packet sizes, ids of 64 bits, lengths of 32.
  private static let capabilities: UInt32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6
  private static let acknowledgesDisconnect: UInt32 = 1 << 3
  private static let wideIDs: UInt32 = 1 << 5

  private let device: USBDevice
  private let descriptors: USBDescriptors
  private var slot: CCIDSlot
  private var plug = Plug.out
  private var peer: UInt32?
  private var output = CCIDStream()
  /// Answers the host has yet to fetch.
  private var answers: [[UInt8]] = []
  /// Requests for them.
  private var fetches: [(id: UInt64, transfer: USBBulkTransfer)] = []
  private var reportsChanges = false
  private var nextReport: UInt64 = 0
  /// Counts what is asked of card and pad, so that an answer that comes too late is known.
  private var number = 0

  /// - Parameter hasCard: the card is in the device from the beginning.
  package init(_ device: USBDevice, answerToReset: [UInt8], hasCard: Bool) {
    self.device = device
    descriptors = USBDescriptors(device, answerToReset: answerToReset)
    slot = CCIDSlot(reader: device.reader, answerToReset: answerToReset, isPresent: hasCard)
  }

  /// The machine has said hello.
  package var isKnown: Bool { peer != nil }

  /// Messages have ids of 64 bits from here on.
  package var isWide: Bool { peer.map { $0 & Self.wideIDs != 0 } ?? false }

  /// The device is plugged in, as far as it knows.
  package var isPlugged: Bool { if case .inside = plug { true } else { false } }

  /// A command waits for the card or the pad.
  package var isBusy: Bool { slot.isBusy }

  /// What is said first.
  package func greeting() -> USBRedirMessage {
    let name = Array("virtual-card".utf8)
    var payload = name + [UInt8](repeating: 0, count: 64 - name.count)
    payload.append(little: Self.capabilities)
    return USBRedirMessage(.hello, payload)
  }

  // MARK: Hands

  /// Plugs the device in.
  package mutating func plugIn() -> [Effect] {
    switch plug {
    case .inside: return []
    case .leaving:
      plug = .leaving(plugAgain: true)
      return []
    case .out:
      plug = .inside
      return [interfaces, endpoints, connection].map { .send($0) }
    }
  }

  /// Pulls it.
  package mutating func pull() -> [Effect] {
    if case .leaving = plug { plug = .leaving(plugAgain: false) }
    guard isPlugged else { return [] }
    let acknowledged = (peer ?? 0) & Self.acknowledgesDisconnect != 0
    plug = acknowledged ? .leaving(plugAgain: false) : .out
    return forget() + [.send(USBRedirMessage(.disconnect, []))]
  }

  /// Puts the card in.
  package mutating func insertCard() -> [Effect] {
    guard !slot.isPresent else { return [] }
    slot.insert()
    return report()
  }

  /// Takes it out.
  package mutating func removeCard() -> [Effect] {
    guard slot.isPresent else { return [] }
    return done(slot.remove()) + report()
  }

  // MARK: Card and pad

  /// The card has run the command of that number.
  package mutating func cardAnswered(_ answer: [UInt8], to number: Int) -> [Effect] {
    number == self.number ? done(slot.cardAnswered(answer)) : []
  }

  /// Somebody was at the pad.
  package mutating func padAnswered(_ answer: PINEntry.Answer, to number: Int) -> [Effect] {
    number == self.number ? done(slot.padAnswered(answer)) : []
  }

  /// Asks the host for more time, while a command waits.
  package mutating func timeExtension() -> [Effect] { done(slot.timeExtension()) }

  // MARK: Messages

  /// Takes a message of the machine.
  package mutating func receive(_ message: USBRedirMessage) -> [Effect] {
    switch message.kind {
    case .hello:
      peer = message.payload.little(UInt32.self, at: 64) ?? 0
      return []
    case .disconnectAcknowledged:
      guard case .leaving(let plugAgain) = plug else { return [] }
      plug = .out
      return plugAgain ? plugIn() : []
    default: return isPlugged ? request(message) : []
    }
  }

  private mutating func request(_ message: USBRedirMessage) -> [Effect] {
    func answer(_ kind: USBRedirMessage.Kind, _ payload: [UInt8]) -> [Effect] {
      [.send(USBRedirMessage(kind, id: message.id, payload))]
    }
    let first = message.payload.first ?? 0
    switch message.kind {
    case .reset: return forget()
    case .setConfiguration: return answer(.configurationStatus, [0, first])
    case .getConfiguration: return answer(.configurationStatus, [0, 1])
    case .setAlternate:
      return answer(.alternateStatus, [0, first, message.payload.dropFirst().first ?? 0])
    case .getAlternate: return answer(.alternateStatus, [0, first, 0])
    case .startInterrupt:
      reportsChanges = true
      return answer(.interruptStatus, [0, first]) + report()
    case .stopInterrupt:
      reportsChanges = false
      return answer(.interruptStatus, [0, first])
    case .cancel:
      guard let index = fetches.firstIndex(where: { $0.id == message.id }) else { return [] }
      return answer(.bulk, fetches.remove(at: index).transfer.answered(.cancelled))
    case .control:
      guard let transfer = USBControlTransfer(message.payload) else { return [] }
      return answer(.control, transfer.answered(control(transfer)))
    case .bulk:
      guard let transfer = USBBulkTransfer(message.payload) else { return [] }
      if transfer.isInput {
        fetches.append((message.id, transfer))
        return fetched()
      }
      output.append(transfer.data)
      return answer(.bulk, transfer.answered(.success)) + commands()
    default: return []
    }
  }

  private func control(_ transfer: USBControlTransfer) -> [UInt8]? {
    switch (transfer.isClass, transfer.isInput, transfer.request) {
    // GET_DESCRIPTOR, GET_STATUS.
    case (false, true, 6): return descriptors[transfer.value]
    case (false, true, 0): return [0, 0]
    // CLEAR_FEATURE, as of a halted endpoint; ABORT, which is answered on the bulk endpoint.
    case (false, false, 1), (true, false, 1): return []
    // GET_CLOCK_FREQUENCIES, GET_DATA_RATES.
    case (true, true, 2): return [0xA0, 0x0F, 0, 0]
    case (true, true, 3): return [0, 0x2A, 0, 0]
    default: return nil
    }
  }

  private mutating func commands() -> [Effect] {
    var effects: [Effect] = []
    while let command = output.next(upTo: max(device.reader.maximumMessage, 271)) {
      effects += done(slot.receive(command))
    }
    return effects
  }

  /// What the slot wants done, as this device does it.
  private mutating func done(_ effects: [CCIDSlot.Effect]) -> [Effect] {
    var result: [Effect] = []
    for effect in effects {
      switch effect {
      case .reply(let message):
        answers.append(message.bytes)
        result += fetched()
      case .powerOn: result.append(.powerOn)
      case .powerOff: result.append(.powerOff)
      case .run(let apdu):
        number += 1
        result.append(.run(apdu, number: number))
      case .askPad(let entry):
        number += 1
        result.append(.askPad(entry, number: number))
      }
    }
    return result
  }

  /// Brings answers to those who ask for them. A transfer ends with the message it brings the end of.
  private mutating func fetched() -> [Effect] {
    var effects: [Effect] = []
    while let fetch = fetches.first, let answer = answers.first {
      let part = Array(answer.prefix(fetch.transfer.length))
      fetches.removeFirst()
      if part.count == answer.count {
        answers.removeFirst()
      } else {
        answers[0].removeFirst(part.count)
      }
      effects.append(
        .send(USBRedirMessage(.bulk, id: fetch.id, fetch.transfer.answered(.success, part))))
    }
    return effects
  }

  /// RDR_to_PC_NotifySlotChange: whether the card is there, and that this changed.
  private mutating func report() -> [Effect] {
    guard isPlugged, reportsChanges else { return [] }
    nextReport += 1
    let payload: [UInt8] = [
      USBDescriptors.Endpoint.interrupt, 0, 2, 0, 0x50, slot.isPresent ? 3 : 2,
    ]
    return [.send(USBRedirMessage(.interrupt, id: nextReport, payload))]
  }

  /// As after a reset of the bus: nothing is under way, and the card has no power.
  private mutating func forget() -> [Effect] {
    output.reset()
    answers = []
    fetches = []
    reportsChanges = false
    number += 1
    return done(slot.forget())
  }

  // MARK: What it consists of

  private var connection: USBRedirMessage {
    // Full speed; the class is the interface's.
    var payload: [UInt8] = [1, 0, 0, 0]
    payload.append(little: device.vendor)
    payload.append(little: device.product)
    payload.append(little: device.release)
    return USBRedirMessage(.connect, payload)
  }

  private var interfaces: USBRedirMessage {
    var payload: [UInt8] = []
    payload.append(little: UInt32(1))
    // For up to 32 interfaces: number, class, subclass, protocol. Ours is number 0, a smart card reader.
    var bytes = [UInt8](repeating: 0, count: 4 * 32)
    bytes[32] = 0x0B
    return USBRedirMessage(.interfaceInfo, payload + bytes)
  }

  private var endpoints: USBRedirMessage {
    // For 16 endpoints out and 16 in: type, interval, interface; then packet sizes.
    var types = [UInt8](repeating: 0xFF, count: 32)
    var intervals = [UInt8](repeating: 0, count: 32)
    var sizes = [UInt16](repeating: 0, count: 32)
    var table: [(address: UInt8, type: UInt8, interval: UInt8, size: UInt16)] = [
      (0x00, 0, 0, 64), (0x80, 0, 0, 64), (USBDescriptors.Endpoint.output, 2, 0, 64),
      (USBDescriptors.Endpoint.input, 2, 0, 64),
    ]
    if device.reader.hasInterruptEndpoint {
      table.append((USBDescriptors.Endpoint.interrupt, 3, 16, 8))
    }
    for row in table {
      let index = Int(row.address & 0x80) >> 3 | Int(row.address & 0x0F)
      types[index] = row.type
      intervals[index] = row.interval
      sizes[index] = row.size
    }
    let payload = types + intervals + [UInt8](repeating: 0, count: 32)
    return USBRedirMessage(
      .endpointInfo, sizes.reduce(into: payload) { $0.append(little: $1) })
  }
}
