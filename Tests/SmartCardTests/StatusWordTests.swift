import SmartCard
import Testing

@Suite("StatusWord")
struct StatusWordTests {
  @Test("63Cx says how many tries are left, and nothing else does")
  func tries() {
    for tries in 0...15 {
      #expect(StatusWord(rawValue: 0x63C0 | UInt16(tries)).triesLeft == tries)
      #expect(StatusWord.wrongPIN(triesLeft: tries).triesLeft == tries)
    }
    for other in [0x9000, 0x63B0, 0x63D0, 0x6983, 0x6982, 0x6CC3] as [UInt16] {
      #expect(StatusWord(rawValue: other).triesLeft == nil)
    }
  }
}
