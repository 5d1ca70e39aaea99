import TestSupport
import Testing

@testable import VirtualCard

/// The card in QEMU's reader, message by message.
@Suite struct VSCARDLinkTests {
  private static let answerToReset =
    Hex("3BFD1300008131FE158073C021C057597562694B657940")?.bytes ?? []

  private static func ready() -> VSCARDLink {
    var link = VSCARDLink(answerToReset: answerToReset)
    _ = link.receive(VSCARDMessage(.hello))
    _ = link.receive(VSCARDMessage(.error, [0, 0, 0, 0]))
    _ = link.insert()
    return link
  }

  @Test("the reader is there before the card, whose ATR offers nothing but T=0")
  func begins() throws {
    var link = VSCARDLink(answerToReset: Self.answerToReset)
    #expect(link.insert().isEmpty)
    #expect(link.receive(VSCARDMessage(.hello)).count == 1)
    let effects = link.receive(VSCARDMessage(.error, [0, 0, 0, 0]))
    let historical = Array(Self.answerToReset.dropFirst(9).prefix(13))
    #expect(
      effects == [.powerOn, .send(VSCARDMessage(.answerToReset, [0x3B, 0x0D] + historical))])
    #expect(link.insert().isEmpty)
  }

  @Test("a reader that can't be is a refusal")
  func refused() {
    var link = VSCARDLink(answerToReset: Self.answerToReset)
    _ = link.receive(VSCARDMessage(.hello))
    #expect(link.receive(VSCARDMessage(.error, [0, 0, 0, 2])).isEmpty)
    #expect(link.isRefused && !link.isReady)
  }

  /// T=0: what comes, what the card runs and says, what goes back.
  static let halves: [(command: [UInt8], run: [UInt8], answer: [UInt8], back: [UInt8])] = [
    ([0, 0x20, 0, 0x82], [0, 0x20, 0, 0x82, 0], [0x63, 0xC3], [0x63, 0xC3]),
    ([0, 0xCA, 0, 0x4F, 0], [0, 0xCA, 0, 0x4F, 0], [7, 0x90, 0], [7, 0x90, 0]),
    ([0, 0xCA, 0, 0x4F, 1], [0, 0xCA, 0, 0x4F, 1], [7, 8, 0x90, 0], [7, 0x61, 1]),
    ([0, 0x2A, 1, 2, 1, 5], [0, 0x2A, 1, 2, 1, 5], [7, 8, 0x90, 0], [0x61, 2]),
    ([0, 0x2A, 1, 2, 1, 5, 0], [0, 0x2A, 1, 2, 1, 5, 0], [0x69, 0x82], [0x69, 0x82]),
  ]

  @Test("T=0 brings data or fetches them, never both", arguments: halves)
  func carries(_ row: (command: [UInt8], run: [UInt8], answer: [UInt8], back: [UInt8])) throws {
    var link = Self.ready()
    guard case .run(row.run, let number) = link.receive(VSCARDMessage(.apdu, row.command)).first
    else {
      Issue.record("the card runs something else")
      return
    }
    #expect(link.cardAnswered(row.answer, to: number - 1).isEmpty)
    #expect(
      link.cardAnswered(row.answer, to: number) == [.send(VSCARDMessage(.apdu, row.back))])
  }

  @Test("GET RESPONSE brings the rest, and then what the card itself still holds")
  func fetches() throws {
    var link = Self.ready()
    let whole = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    guard
      case .run(_, let number) = link.receive(VSCARDMessage(.apdu, [0, 0x2A, 1, 2, 1, 5])).first
    else { return }
    #expect(
      link.cardAnswered(whole + [0x90, 0], to: number)
        == [.send(VSCARDMessage(.apdu, [0x61, 0]))])
    #expect(
      link.receive(VSCARDMessage(.apdu, [0, 0xC0, 0, 0, 0]))
        == [.send(VSCARDMessage(.apdu, Array(whole[..<256]) + [0x61, 44]))])
    #expect(
      link.receive(VSCARDMessage(.apdu, [0, 0xC0, 0, 0, 44]))
        == [.send(VSCARDMessage(.apdu, Array(whole[256...]) + [0x90, 0]))])
    guard
      case .run([0, 0xC0, 0, 0, 5], _) = link.receive(
        VSCARDMessage(.apdu, [0, 0xC0, 0, 0, 5])
      ).first
    else {
      Issue.record("the card isn't asked for more")
      return
    }
  }

  @Test("taken out, the card loses its power and answers nothing")
  func taken() {
    var link = Self.ready()
    #expect(link.remove() == [.powerOff, .send(VSCARDMessage(.removeCard))])
    #expect(link.receive(VSCARDMessage(.apdu, [0, 0xCA, 0, 0x4F, 0])).isEmpty)
    #expect(link.insert().first == .powerOn)
  }

  @Test("messages are whole however they come, and one that is too long ends it")
  func frames() throws {
    let sent = [VSCARDMessage(.apdu, [1, 2, 3]), VSCARDMessage(.flush)]
    var stream = VSCARDStream()
    var received: [VSCARDMessage] = []
    for byte in sent.flatMap(\.bytes) {
      stream.append([byte])
      while let message = try stream.next() { received.append(message) }
    }
    #expect(received == sent)
    stream.append([UInt8](repeating: 0xFF, count: 12))
    #expect(throws: VSCARDStream.Nonsense.self) { try stream.next() }
  }
}
