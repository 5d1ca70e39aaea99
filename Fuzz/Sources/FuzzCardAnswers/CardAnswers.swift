import Input
import Secrets
import SmartCard

/// A channel on a card that answers anything: chained and extended, 61xx and 6Cxx. The first byte of the
/// input chooses the card's limits.
@c(LLVMFuzzerTestOneInput)
public func fuzzCardAnswers(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let card = ScriptedCard(answering: [UInt8](copying: input.extracting(droppingFirst: 1)))
    let channel = CardChannel(card)
    let choice = input[0]
    if choice & 1 != 0 {
      channel.limits = CardLimits(
        extendedLengths: choice & 2 != 0, chaining: choice & 4 != 0,
        commandSize: choice & 8 != 0 ? 3072 : 300, responseSize: choice & 16 != 0 ? 65536 : 300)
    }
    let long = [UInt8](repeating: 0x55, count: choice & 32 != 0 ? 1000 : 200)
    for round in 0..<4 {
      do throws(TransportError) {
        let status = try channel.exchange(
          Command(ins: 0xCA, p1: 0, p2: 0x6E, expecting: round == 0 ? .exactly(256) : .maximum),
          data: long.span.extracting(first: round == 2 ? long.count : 0))
        precondition(status.high != 0x61, "an answer that isn't whole")
        precondition(channel.response.count <= CardChannel<ScriptedCard>.maximumResponse)
      } catch {
        precondition(channel.response.isEmpty, "an answer along with an error")
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCardAnswers(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    [
      [[0x90, 0x00], [1, 2, 3, 0x61, 0x03], [4, 5, 6, 0x90, 0x00], [0x6A, 0x82]],
      [[0x6C, 0x10], [UInt8](repeating: 7, count: 16) + [0x90, 0x00]],
      [[0x61, 0x00], [0x61, 0x00]], [[0x6C, 0x00], [0x6C, 0x00]],
      [[0x90, 0x00], [0x90, 0x00], [0x90, 0x00], [0x90, 0x00], [0x90, 0x00], [0x90, 0x00]],
    ].flatMap { answers in
      [0, 0x3F, 0x25, 0x07].map { [$0] + ScriptedCard.script(of: answers) }
    }
      + Transcript.small.map { [0] + ScriptedCard.script(of: $0.exchanges.map(\.answer)) })
}
