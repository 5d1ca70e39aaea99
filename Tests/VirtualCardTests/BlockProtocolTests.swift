import TestSupport
import Testing

@testable import VirtualCard

/// T=1, block by block, as ISO 7816-3 Annex A has it.
@Suite struct BlockProtocolTests {
  /// With the sum behind it.
  private static func block(_ control: UInt8, _ content: [UInt8] = []) -> [UInt8] {
    let block = [0, control, UInt8(content.count)] + content
    return block + [block.reduce(0, ^)]
  }

  @Test("a command in one block is run, and its answer goes out with our own number")
  func whole() {
    var card = BlockProtocol()
    for number in [0, 0x40, 0] as [UInt8] {
      #expect(card.receive(Self.block(number, [1, 2])) == .run([1, 2]))
      #expect(card.answer([0x90, 0]) == Self.block(number, [0x90, 0]))
    }
  }

  @Test("a chain is acknowledged part by part, and a long answer goes out in one")
  func chains() {
    var card = BlockProtocol()
    #expect(card.receive(Self.block(0x20, [1])) == .block(Self.block(0x90)))
    #expect(card.receive(Self.block(0x60, [2])) == .block(Self.block(0x80)))
    #expect(card.receive(Self.block(0x00, [3])) == .run([1, 2, 3]))
    let long = (0..<70).map { UInt8($0) }
    #expect(card.answer(long) == Self.block(0x20, Array(long[..<32])))
    #expect(card.receive(Self.block(0x90)) == .block(Self.block(0x60, Array(long[32..<64]))))
    #expect(card.receive(Self.block(0x80)) == .block(Self.block(0x00, Array(long[64...]))))
  }

  @Test("a block that got lost or broken comes again, and the command runs once")
  func repeats() {
    var card = BlockProtocol()
    var broken = Self.block(0, [1, 2])
    broken[3] ^= 1
    #expect(card.receive(broken) == .block(Self.block(0x81)))
    #expect(card.receive([0, 0, 9, 9]) == .block(Self.block(0x82)))
    #expect(card.receive([]) == .block(Self.block(0x82)))
    #expect(card.receive(Self.block(0, [1, 2])) == .run([1, 2]))
    let answer = card.answer([0x90, 0])
    // The host asks for our number 0 again.
    #expect(card.receive(Self.block(0x80)) == .block(answer))
    #expect(card.receive(Self.block(0, [1, 2])) == .block(Self.block(0x90)))
  }

  @Test("the host says how long our blocks may be, and begins anew")
  func supervises() {
    var card = BlockProtocol()
    #expect(card.receive(Self.block(0xC1, [254])) == .block(Self.block(0xE1, [254])))
    _ = card.receive(Self.block(0, [1]))
    let long = [UInt8](repeating: 5, count: 200)
    #expect(card.answer(long) == Self.block(0, long))
    #expect(card.receive(Self.block(0xC0)) == .block(Self.block(0xE0)))
    #expect(card.receive(Self.block(0, [1])) == .run([1]))
  }
}
