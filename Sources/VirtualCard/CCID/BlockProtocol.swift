/// The card's side of T=1 (ISO 7816-3 §11), for readers that pass its blocks on (TPDU level): node address,
/// protocol byte, length, up to 254 bytes, and their sum modulo two.
struct BlockProtocol {
  /// What a block leads to.
  enum Step: Equatable {
    /// This block back.
    case block([UInt8])
    /// The card runs this APDU, whose answer ``answer(_:)`` gets.
    case run([UInt8])
  }

  /// N(S) of our next block.
  private var next: UInt8 = 0
  /// N(S) that the host's next block must have.
  private var expected: UInt8 = 0
  /// The most bytes a block of ours may hold, IFSD.
  private var blockSize = 32
  private var collected: [UInt8] = []
  private var remaining: [UInt8] = []
  /// The last block sent, to be repeated when it got lost.
  private var last: [UInt8] = []

  /// Takes a block of the host.
  mutating func receive(_ block: [UInt8]) -> Step {
    guard block.count >= 4, Int(block[2]) == block.count - 4, block.reduce(0, ^) == 0 else {
      // What was wrong: the sum, or anything else.
      return .block(acknowledge(block.count < 4 || Int(block[2]) != block.count - 4 ? 2 : 1))
    }
    let control = block[1]
    let content = Array(block[3..<block.count - 1])
    if control & 0x80 == 0 { return information(control, content) }
    return .block(control & 0x40 == 0 ? acknowledged(control) : supervise(control, content))
  }

  private mutating func information(_ control: UInt8, _ content: [UInt8]) -> Step {
    guard control >> 6 & 1 == expected else { return .block(acknowledge(0)) }
    expected ^= 1
    collected += content
    guard collected.count <= 65544 else {
      collected = []
      return .block(acknowledge(2))
    }
    if control & 0x20 != 0 { return .block(acknowledge(0)) }
    defer { collected = [] }
    return .run(collected)
  }

  /// An R-block: the next part, or the last one again.
  private mutating func acknowledged(_ control: UInt8) -> [UInt8] {
    control >> 4 & 1 == next && !remaining.isEmpty ? part() : last
  }

  /// An S-block: a new block size, a new beginning; the rest is granted as it is.
  private mutating func supervise(_ control: UInt8, _ content: [UInt8]) -> [UInt8] {
    switch control {
    case 0xC0: self = BlockProtocol()
    case 0xC1: if let size = content.first, size > 0, size < 255 { blockSize = Int(size) }
    default: break
    }
    last = Self.block(control | 0x20, content)
    return last
  }

  /// The card's answer, or its first part.
  mutating func answer(_ answer: [UInt8]) -> [UInt8] {
    remaining = answer
    return part()
  }

  /// A command that the reader made of a PIN typed on its pad came to the card as the host's next block.
  mutating func takeFromPad() { expected ^= 1 }

  private mutating func part() -> [UInt8] {
    let content = Array(remaining.prefix(blockSize))
    remaining.removeFirst(content.count)
    last = Self.block(next << 6 | (remaining.isEmpty ? 0 : 0x20), content)
    next ^= 1
    return last
  }

  /// An R-block; what it says that went wrong: 0 nothing, 1 the sum, 2 anything else.
  private mutating func acknowledge(_ fault: UInt8) -> [UInt8] {
    last = Self.block(0x80 | expected << 4 | fault, [])
    return last
  }

  private static func block(_ control: UInt8, _ content: [UInt8]) -> [UInt8] {
    let block = [0, control, UInt8(content.count)] + content
    return block + [block.reduce(0, ^)]
  }
}
