import Secrets
import SmartCard
import TestSupport
import Testing

private let yubikey = CardLimits(
  extendedLengths: true, chaining: true, commandSize: 3070, responseSize: 3070)
private let chained = CardLimits(
  extendedLengths: false, chaining: true, commandSize: 261, responseSize: 258)

@Suite("CardChannel")
struct CardChannelTests {
  struct Encoding: Sendable, CustomTestStringConvertible {
    let name: String
    var limits = CardLimits.short
    var expected = Command.ExpectedLength.none
    var size = 0
    /// The APDU's bytes before the data, and behind them.
    let head: String
    var tail = ""
    var testDescription: String { name }
  }

  @Test(
    "an APDU is written as ISO 7816-4 §5.1 has it",
    arguments: [
      Encoding(name: "case 1", head: "00CA006E"),
      Encoding(name: "case 2, 1 byte", expected: .exactly(1), head: "00CA006E", tail: "01"),
      Encoding(name: "case 2, 256", expected: .exactly(256), head: "00CA006E", tail: "00"),
      Encoding(
        name: "case 2, maximum of a short card", expected: .maximum, head: "00CA006E", tail: "00"),
      Encoding(
        name: "case 2, maximum of an extended card", limits: yubikey, expected: .maximum,
        head: "00CA006E", tail: "000BFE"),
      Encoding(
        name: "case 2, 257", limits: yubikey, expected: .exactly(257), head: "00CA006E",
        tail: "000101"),
      Encoding(
        name: "case 2, 65536",
        limits: CardLimits(
          extendedLengths: true, chaining: false, commandSize: 300, responseSize: 65536),
        expected: .maximum, head: "00CA006E", tail: "000000"),
      Encoding(name: "case 3, 1", size: 1, head: "00CA006E01"),
      Encoding(name: "case 3, 255", size: 255, head: "00CA006EFF"),
      Encoding(name: "case 3, 256", limits: yubikey, size: 256, head: "00CA006E000100"),
      Encoding(
        name: "case 3, 255 on an extended card stays short", limits: yubikey, size: 255,
        head: "00CA006EFF"),
      Encoding(
        name: "case 4, short", expected: .exactly(256), size: 2, head: "00CA006E02", tail: "00"),
      Encoding(
        name: "case 4, extended", limits: yubikey, expected: .maximum, size: 2,
        head: "00CA006E000002", tail: "0BFE"),
      Encoding(
        name: "the largest that fits", limits: yubikey, size: 3063, head: "00CA006E000BF7"),
    ])
  func encoding(_ row: Encoding) throws {
    let transport = ScriptedTransport(answers: ["9000"])
    let channel = CardChannel(transport)
    channel.limits = row.limits
    let data = [UInt8](repeating: 0x5A, count: row.size)
    let status = try channel.exchange(
      Command(ins: 0xCA, p1: 0x00, p2: 0x6E, expecting: row.expected), data: data.span)
    #expect(status == .success)
    let head = try #require(bytes(hex: row.head))
    let tail = try #require(bytes(hex: row.tail))
    #expect(transport.sent == [head + data + tail])
  }

  struct Chain: Sendable {
    let limits: CardLimits
    let size: Int
    let parts: [Int]
  }

  @Test(
    "data that doesn't fit one APDU goes out as a chain, Le only on its last link",
    arguments: [
      Chain(limits: chained, size: 256, parts: [255, 1]),
      Chain(limits: chained, size: 510, parts: [255, 255]),
      Chain(limits: chained, size: 511, parts: [255, 255, 1]),
      Chain(limits: yubikey, size: 3064, parts: Array(repeating: 255, count: 12) + [4]),
    ])
  func chaining(_ row: Chain) throws {
    let transport = ScriptedTransport { _ in [0x90, 0x00] }
    let channel = CardChannel(transport)
    channel.limits = row.limits
    let data = (0..<row.size).map { UInt8(truncatingIfNeeded: $0) }
    let command = Command(ins: 0xDB, p1: 0x3F, p2: 0xFF, expecting: .exactly(256))
    #expect(try channel.exchange(command, data: data.span) == .success)
    var sent: [UInt8] = []
    for (index, part) in row.parts.enumerated() {
      let last = index == row.parts.count - 1
      let apdu = transport.sent[index]
      #expect(Array(apdu.prefix(5)) == [last ? 0x00 : 0x10, 0xDB, 0x3F, 0xFF, UInt8(part)])
      #expect(apdu.count == 5 + part + (last ? 1 : 0))
      sent += apdu[5..<(5 + part)]
    }
    #expect(transport.sent.count == row.parts.count)
    #expect(sent == data)
  }

  @Test("a chain that the card breaks off ends with the card's status word")
  func brokenChain() throws {
    let transport = ScriptedTransport(answers: ["9000", "6883"])
    let channel = CardChannel(transport)
    channel.limits = chained
    let data = [UInt8](repeating: 1, count: 700)
    #expect(try channel.exchange(Command(ins: 0xDA, p1: 0, p2: 1), data: data.span) == .chainBroken)
    #expect(transport.sent.count == 2)
  }

  @Test("61xx to a part of a chain leads nowhere")
  func moreWithinChain() throws {
    let transport = ScriptedTransport(answers: ["0102036103"])
    let channel = CardChannel(transport)
    channel.limits = chained
    let data = [UInt8](repeating: 0x55, count: 300)
    #expect(throws: TransportError.malformedResponse) {
      try channel.exchange(Command(ins: 0xDA, p1: 0, p2: 0x5B), data: data.span)
    }
    #expect(copy(of: channel.response) == [])
  }

  @Test("a command too long for a card without chaining is never sent")
  func tooLong() {
    let transport = ScriptedTransport { _ in [0x90, 0x00] }
    let data = [UInt8](repeating: 1, count: 256)
    #expect(throws: TransportError.commandTooLong) {
      try CardChannel(transport).exchange(Command(ins: 0xDA, p1: 0, p2: 1), data: data.span)
    }
    #expect(transport.sent.isEmpty)
  }

  struct Exchange: Sendable, CustomTestStringConvertible {
    let name: String
    let answers: [String]
    var outcome: String = ""
    var status: UInt16 = 0x9000
    var sent: [String]
    var testDescription: String { name }
  }

  @Test(
    "the parts of an answer are fetched and put together",
    arguments: [
      Exchange(
        name: "61xx", answers: ["AABB6102", "CCDD9000"], outcome: "AABBCCDD",
        sent: ["00CA006E00", "00C0000002"]),
      Exchange(
        name: "6100 is 256", answers: ["6100", "AA9000"], outcome: "AA",
        sent: ["00CA006E00", "00C0000000"]),
      Exchange(
        name: "61xx twice", answers: ["AA6101", "BB6101", "CC9000"], outcome: "AABBCC",
        sent: ["00CA006E00", "00C0000001", "00C0000001"]),
      Exchange(
        name: "a status word other than 9000 behind 61xx", answers: ["AA6101", "6A88"],
        outcome: "AA", status: 0x6A88, sent: ["00CA006E00", "00C0000001"]),
      Exchange(
        name: "6Cxx repeats with that Le", answers: ["6C03", "AABBCC9000"], outcome: "AABBCC",
        sent: ["00CA006E00", "00CA006E03"]),
      Exchange(
        name: "no data", answers: ["6A88"], status: 0x6A88, sent: ["00CA006E00"]),
    ])
  func parts(_ row: Exchange) throws {
    let transport = ScriptedTransport(answers: row.answers)
    let channel = CardChannel(transport)
    let status = try channel.exchange(Command(ins: 0xCA, p1: 0, p2: 0x6E, expecting: .exactly(256)))
    #expect(status.rawValue == row.status)
    #expect(hex(copy(of: channel.response)).uppercased() == row.outcome)
    #expect(transport.sent.map { hex($0).uppercased() } == row.sent)
  }

  struct Malice: Sendable, CustomTestStringConvertible {
    let name: String
    let card: @Sendable ([UInt8]) -> [UInt8]
    let error: TransportError
    let most: Int
    var testDescription: String { name }
  }

  @Test(
    "a card that misbehaves ends in an error, after a bounded number of commands",
    arguments: [
      Malice(
        name: "endless 61xx without data", card: { _ in [0x61, 0x10] }, error: .malformedResponse,
        most: 2),
      Malice(
        name: "endless 61xx with data",
        card: { _ in [UInt8](repeating: 7, count: 256) + [0x61, 0x00] },
        error: .responseTooLong, most: 257),
      Malice(
        name: "6Cxx for ever", card: { _ in [0x6C, 0x10] }, error: .malformedResponse, most: 2),
      Malice(
        name: "6Cxx to GET RESPONSE",
        card: { command in command[1] == 0xC0 ? [0x6C, 0x05] : [1, 0x61, 0x08] },
        error: .malformedResponse, most: 3),
      Malice(name: "an empty answer", card: { _ in [] }, error: .malformedResponse, most: 1),
      Malice(name: "half a status word", card: { _ in [0x90] }, error: .malformedResponse, most: 1),
      Malice(
        name: "more than 64 KiB",
        card: { _ in [UInt8](repeating: 1, count: 65537) + [0x90, 0x00] },
        error: .responseTooLong, most: 1),
    ])
  func malice(_ row: Malice) {
    let transport = ScriptedTransport { row.card($0) }
    let channel = CardChannel(transport)
    #expect(throws: row.error) {
      try channel.exchange(Command(ins: 0xCA, p1: 0, p2: 0x6E, expecting: .exactly(256)))
    }
    #expect(copy(of: channel.response) == [])
    #expect(transport.sent.count <= row.most)
  }

  @Test("an answer of 64 KiB is taken whole")
  func longAnswer() throws {
    let answer = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let channel = CardChannel(ScriptedTransport { _ in answer + [0x90, 0x00] })
    #expect(try channel.exchange(Command(ins: 0xCA, p1: 0, p2: 1, expecting: .maximum)) == .success)
    #expect(copy(of: channel.response) == answer)
  }

  @Test("6Cxx does not send a command twice that expects nothing back, such as VERIFY")
  func noPINTwice() throws {
    let transport = ScriptedTransport { _ in [0x6C, 0x10] }
    let pin = Array("123456".utf8)
    let status = try CardChannel(transport).exchange(
      Command(ins: 0x20, p1: 0, p2: 0x81), data: pin.span)
    #expect(status.rawValue == 0x6C10)
    #expect(transport.sent.count == 1)
  }

  @Test("the answer is wiped when the next command goes out, and on request")
  func forgotten() throws {
    let transport = ScriptedTransport(answers: ["AABB9000", "6A88", "CC9000"])
    let channel = CardChannel(transport)
    let command = Command(ins: 0xCA, p1: 0, p2: 1, expecting: .exactly(256))
    #expect(try channel.exchange(command) == .success)
    #expect(copy(of: channel.response).count == 2)
    #expect(try channel.exchange(command) == .noSuchObject)
    #expect(copy(of: channel.response) == [])
    #expect(try channel.exchange(command) == .success)
    channel.forgetResponse()
    #expect(copy(of: channel.response) == [])
  }
}
