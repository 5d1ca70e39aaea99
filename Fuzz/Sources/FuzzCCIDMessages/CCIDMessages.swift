import Input
import VirtualCard

/// What a host sends to a reader: each command is answered once, or waits for the card or the pad; a card
/// without power runs nothing. The first byte chooses what is exchanged, and whether there are a card and a
/// pad.
@c(LLVMFuzzerTestOneInput)
public func fuzzCCIDMessages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let levels: [CCIDReader.Level] = [.block, .short, .extended]
    var reader = CCIDReader(level: levels[Int(input[0] & 0x0F) % 3])
    reader.pinSupport = input[0] & 0x10 == 0 ? 3 : 0
    if input[0] & 0x20 != 0 { reader.maximumMessage = 64 }
    var slot = CCIDSlot(
      reader: reader, answerToReset: answerToReset, isPresent: input[0] & 0x40 == 0)
    var hasPower = false
    var stream = CCIDStream()
    stream.append(Array([UInt8](copying: input).dropFirst()))
    while let command = stream.next(upTo: 4096) {
      var effects = slot.receive(command)
      var replies = 0
      while !effects.isEmpty {
        switch effects.removeFirst() {
        case .reply(let answer):
          replies += 1
          precondition(answer.sequence == command.sequence, "an answer to another command")
          precondition(answer.bytes.count <= max(reader.maximumMessage, 300), "too long an answer")
        case .powerOn: hasPower = true
        case .powerOff: hasPower = false
        case .run(let apdu):
          precondition(hasPower, "a card without power runs a command")
          effects += slot.cardAnswered(Array(apdu.reversed()) + apdu + [0x90, 0])
        case .askPad(let entry):
          let digits = [UInt8](repeating: 0x31, count: max(entry.minimum, 1))
          effects += slot.padAnswered(
            command.slot == 0 && command.sequence & 1 == 0
              ? .typed([[UInt8]](repeating: digits, count: entry.count)) : .cancelled)
        }
      }
      precondition(replies == 1 && !slot.isBusy, "a command isn't answered once")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCCIDMessages(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  func command(_ kind: UInt8, _ data: String = "", part: UInt8 = 0) -> [UInt8] {
    CCIDMessage(kind, slot: 0, sequence: 2, [0, part, 0], [UInt8](hexadecimal: data)).bytes
  }
  let commands =
    command(0x65) + command(0x62) + command(0x6C) + command(0x73)
    + command(0x6F, "00A4040006D27600012401") + command(0x6F, "0000020102 01")
    + command(0x6F, "00C101FE3E") + command(0x6F, "0020010120") + command(0x6F, "00A4", part: 1)
    + command(0x6F, "0400", part: 3) + command(0x6F, "00", part: 2) + command(0x6F, part: 0x10)
    + command(0x69, "001E820000 7F06 02FF0904 00 000000 00200082")
    + command(0x69, "011E82000000007F060302030904 00 01 02 000000 00240081") + command(0x63)
  return writeSeeds(
    (0..<3).map { [UInt8($0)] + commands } + [[0x22] + commands, [0x42] + commands])
}

private let answerToReset = [UInt8](
  hexadecimal: "3BFD1300008131FE158073C021C057597562694B657940")
