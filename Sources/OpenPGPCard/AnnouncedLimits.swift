internal import SmartCard

/// How long commands and answers may be, by what a card announces of itself.
extension CardLimits {
  /// By the historical bytes in the answer to reset (ISO 7816-3 §8.2), before a card is asked anything: whether
  /// an answer may be longer than 256 bytes, and no more than the first one needs.
  init(answerToReset bytes: [UInt8]) {
    self = .short
    guard bytes.count >= 2 else { return }
    // T0, then each TD, says in its high bits which of TA, TB, TC and TD are next; T0 also how many
    // historical bytes are behind them.
    var following = bytes[1]
    var index = 2
    while true {
      index += (following & 0x70).nonzeroBitCount
      guard following & 0x80 != 0 else { break }
      guard index < bytes.count else { return }
      following = bytes[index]
      index += 1
    }
    let end = index + Int(bytes[1] & 0x0F)
    guard end <= bytes.count else { return }
    announce(bytes, from: index, to: end)
    if extendedLengths { responseSize = 1024 }
  }

  /// By the card capabilities in the historical bytes (§6: compact TLV 7x, third byte: 80 chaining, 40
  /// extended lengths) and the extended length information 7F66 (§4.1.3.1). Before version 3 there is no
  /// 7F66, and the last four bytes of C0, `old`, say how long commands and answers may be (2.2
  /// §4.3.3.2): such cards often take no chains, so that it is the only way to a long command.
  init(_ historical: [UInt8], _ information: [UInt8]?, _ old: [UInt8]) {
    self = .short
    announce(historical, from: 0, to: historical.count)
    guard extendedLengths else { return }
    if old.count >= 10 {
      widen(to: Int(old[6]) << 8 | Int(old[7]), Int(old[8]) << 8 | Int(old[9]))
      return
    }
    // Without 7F66, an extended answer may still not be longer than a short one.
    guard let information else { return }
    var sizes: [Int] = []
    var reader = TLVReader(information.span)
    do throws(TLVError) {
      while let element = try reader.next(), element.tag == 0x02,
        (1...4).contains(element.value.count)
      {
        var size = 0
        for index in element.value.indices { size = size << 8 | Int(element.value[index]) }
        sizes.append(size)
      }
    } catch {
      return
    }
    if sizes.count == 2 { widen(to: sizes[0], sizes[1]) }
  }

  /// The third byte of the card capabilities, if they are there.
  private mutating func announce(_ bytes: [UInt8], from start: Int, to stop: Int) {
    // 00, compact TLV objects, life cycle and status word; other category bytes have no status.
    guard start < stop, bytes[start] & 0x7F == 0x00 else { return }
    let end = bytes[start] == 0x00 ? stop - 3 : stop
    var index = start + 1
    while index < end {
      let length = Int(bytes[index] & 0x0F)
      guard index + length < stop else { return }
      if bytes[index] >> 4 == 0x7, length >= 3 {
        chaining = bytes[index + 3] & 0x80 != 0
        extendedLengths = bytes[index + 3] & 0x40 != 0
        return
      }
      index += 1 + length
    }
  }

  /// Longer commands and answers. An absurd word from the card doesn't become one of ours.
  private mutating func widen(to command: Int, _ response: Int) {
    commandSize = min(max(command, commandSize), 4 + 3 + 65535 + 2)
    responseSize = min(max(response, responseSize), 65536)
  }
}
