/// What a reader can do: the values of its class descriptor (CCID 1.1 §5.1) that a host decides by.
package struct CCIDReader: Equatable, Sendable {
  /// What host and reader exchange.
  package enum Level: UInt32, Sendable {
    /// Blocks of the card's own protocol.
    case block = 0x1_0000
    /// Short APDUs.
    case short = 0x2_0000
    /// Any APDUs, in several messages where they are long.
    case extended = 0x4_0000
  }

  /// dwFeatures, the level among them.
  package var features: UInt32
  /// dwMaxCCIDMessageLength, with the header of ten bytes.
  package var maximumMessage: Int
  /// dwMaxIFSD.
  package var maximumBlock: Int
  /// It says when a card comes or goes.
  package var hasInterruptEndpoint: Bool
  /// bPINSupport: 1 asks for a PIN on its own pad, 2 for a new one.
  package var pinSupport: UInt8

  /// The levels' bits, of which one is set.
  private static let levels: UInt32 = 0x7_0000

  /// What is exchanged; nil if the features don't say.
  package var level: Level? { Level(rawValue: features & Self.levels) }

  /// A reader that does everything by itself, with messages as long as its level has them.
  package init(level: Level) {
    features = level.rawValue | 0xFE
    maximumMessage = level == .extended ? 10 + 65544 : 271
    maximumBlock = 254
    hasInterruptEndpoint = true
    pinSupport = 0
  }
}

/// The protocols that an answer to reset offers (ISO 7816-3 §8.2.3).
struct CardProtocols: Equatable {
  var offersT0 = false
  var offersT1 = false

  init(answerToReset atr: [UInt8]) {
    var next = 1
    var indicator = atr.count > 1 ? atr[1] : 0
    while indicator & 0xF0 != 0 {
      next += (indicator >> 4).nonzeroBitCount
      // TDi is the last of its four, where it is there.
      guard indicator & 0x80 != 0, next < atr.count else { break }
      indicator = atr[next]
      switch indicator & 0x0F {
      case 0: offersT0 = true
      case 1: offersT1 = true
      default: break
      }
    }
    // Without any TD there is T=0 only.
    if !offersT1 { offersT0 = true }
  }

  /// As dwProtocols has it.
  var bits: UInt32 { (offersT0 ? 1 : 0) | (offersT1 ? 2 : 0) }
}
