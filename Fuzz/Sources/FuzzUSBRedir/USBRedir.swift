import Input
import VirtualCard

/// What a machine sends to a USB token: whatever comes, the token goes on, answers a request once, and asks
/// nothing of the card while it is pulled. The first byte chooses the model; where a message begins with a
/// kind there isn't, 200 to 203, a hand pulls, plugs, takes the card or puts it in.
@c(LLVMFuzzerTestOneInput)
public func fuzzUSBRedir(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let (profile, device) = models[Int(input[0]) % models.count]
    let card = VirtualCard(profile: profile, serial: 1)
    var token = USBToken(device, answerToReset: card.answerToReset, hasCard: input[0] & 0x80 == 0)
    var stream = USBRedirStream()
    _ = token.plugIn()
    stream.append(Array([UInt8](copying: input).dropFirst()))
    while let message = try? stream.next() {
      var effects: [USBToken.Effect]
      switch message.kind.rawValue {
      case 200: effects = token.pull()
      case 201: effects = token.plugIn()
      case 202: effects = token.removeCard()
      case 203: effects = token.insertCard()
      default: effects = token.receive(message)
      }
      stream.isWide = token.isWide
      var steps = 0
      while !effects.isEmpty {
        steps += 1
        precondition(steps < 10_000, "it never ends")
        switch effects.removeFirst() {
        case .send(let message):
          precondition(
            message.payload.count <= 1 << 17 && message.bytes(wide: true).count >= 16, "too long")
        case .powerOn:
          precondition(token.isPlugged, "power for a token that is pulled")
          card.reset()
        case .powerOff: card.powerOff()
        case .run(let apdu, let number):
          precondition(token.isPlugged && token.isBusy, "a command that nobody waits for")
          // Making keys is libcrypto's, and takes seconds.
          let isKey = apdu.count > 2 && apdu[1] == 0x47
          effects += token.timeExtension()
          effects += token.cardAnswered(isKey ? [0x6A, 0x88] : card.process(apdu), to: number)
          precondition(token.cardAnswered([0x90, 0], to: number - 1).isEmpty, "a late answer")
        case .askPad(let entry, let number):
          precondition(entry.count <= 3, "too much to type")
          let typed = [[UInt8]](repeating: Array("123456".utf8), count: entry.count)
          effects += token.padAnswered(.typed(typed), to: number)
        }
      }
    }
  }
}

/// What libFuzzer starts from: a host that finds the token, and a card that is used.
@c(LLVMFuzzerInitialize)
public func seedUSBRedir(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  func bulk(_ address: UInt8, _ data: [UInt8], _ length: Int) -> [UInt8] {
    [address, 0, UInt8(length & 0xFF), UInt8(length >> 8), 0, 0, 0, 0, 0, 0] + data
  }
  func command(_ kind: UInt8, _ data: [UInt8] = []) -> USBRedirMessage {
    let bytes = CCIDMessage(kind, slot: 0, sequence: 1, [0, 0, 0], data).bytes
    return USBRedirMessage(.bulk, bulk(0x02, bytes, bytes.count))
  }
  let find = [
    USBRedirMessage(.control, [0x80, 6, 0x80, 0, 0, 1, 0, 0, 18, 0]),
    USBRedirMessage(.control, [0x80, 6, 0x80, 0, 0, 2, 0, 0, 255, 0]),
    USBRedirMessage(.control, [0x80, 6, 0x80, 0, 2, 3, 9, 4, 255, 0]),
    USBRedirMessage(.setConfiguration, [1]), USBRedirMessage(.startInterrupt, [0x81]),
    USBRedirMessage(.bulk, id: 9, bulk(0x82, [], 512)), command(0x62),
    command(0x6F, [UInt8](hexadecimal: "00A4040006D27600012401")),
    USBRedirMessage(.bulk, id: 10, bulk(0x82, [], 512)),
    command(0x69, [UInt8](hexadecimal: "001E820000 7F06 02FF0904 00 000000 00200082")),
    USBRedirMessage(.cancel, id: 10, []), command(0x63), USBRedirMessage(.reset, []),
  ]
  let hands = [200, 201, 202, 203].map {
    USBRedirMessage(USBRedirMessage.Kind(rawValue: $0), [])
  }
  let hello = { (capabilities: UInt8) in
    USBRedirMessage(.hello, [UInt8](repeating: 0, count: 64) + [capabilities, 0, 0, 0])
  }
  return writeSeeds(
    (0..<UInt8(models.count)).map { model in
      [model] + hello(0).bytes(wide: false)
        + (find + hands + find).flatMap { $0.bytes(wide: false) }
    } + [
      [0] + hello(0xFF).bytes(wide: false) + (find + hands).flatMap { $0.bytes(wide: true) }
    ])
}

private let models: [(CardProfile, USBDevice)] = [
  "nitrokey-3", "yubikey-5", "nitrokey-pro", "gnuk", "ledger",
].map { name in
  guard let profile = try? CardProfile(contentsOf: repositoryPath("cards/\(name).json")),
    var device = USBDevice(profile, serial: 1)
  else { preconditionFailure("no profile") }
  if name == "yubikey-5" { device.setPad(true) }
  return (profile, device)
}
