/// The two bytes that end every answer of a card (ISO 7816-4 §5.6; OpenPGP card 3.4.1 §7.1).
public struct StatusWord: RawRepresentable, Equatable, Hashable, Sendable {
  /// SW1 in the high byte, SW2 in the low one.
  public let rawValue: UInt16

  /// A status word from its number, such as `0x9000`.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// SW1.
  public var high: UInt8 { UInt8(rawValue >> 8) }
  /// SW2.
  public var low: UInt8 { UInt8(rawValue & 0xFF) }

  /// 9000: done.
  public static let success = StatusWord(rawValue: 0x9000)
  /// 6285: the application is terminated; ACTIVATE FILE brings it back empty.
  public static let terminated = StatusWord(rawValue: 0x6285)
  /// 6400, of a reader's pad: nobody typed in time (PC/SC part 10, 2.02.09 §2.4.1).
  public static let entryTimedOut = StatusWord(rawValue: 0x6400)
  /// 6401, of a reader's pad: the entry was cancelled.
  public static let entryCancelled = StatusWord(rawValue: 0x6401)
  /// 6402, of a reader's pad: the new PIN wasn't the same twice.
  public static let newPINsDiffer = StatusWord(rawValue: 0x6402)
  /// 6403, of a reader's pad: too few digits, or too many.
  public static let badEntryLength = StatusWord(rawValue: 0x6403)
  /// 6581: memory failure; some cards say so for a key that is not there.
  public static let memoryFailure = StatusWord(rawValue: 0x6581)
  /// 6600: security-related, touch timed out on cards with a button.
  public static let touchTimedOut = StatusWord(rawValue: 0x6600)
  /// 6700: wrong length.
  public static let wrongLength = StatusWord(rawValue: 0x6700)
  /// 6882: secure messaging is not supported.
  public static let noSecureMessaging = StatusWord(rawValue: 0x6882)
  /// 6883: the last command of a chain was expected.
  public static let chainBroken = StatusWord(rawValue: 0x6883)
  /// 6884: command chaining is not supported.
  public static let noChaining = StatusWord(rawValue: 0x6884)
  /// 6982: security status not satisfied: no PIN verified, or a wrong one.
  public static let notAuthorized = StatusWord(rawValue: 0x6982)
  /// 6983: the PIN is blocked.
  public static let blocked = StatusWord(rawValue: 0x6983)
  /// 6985: conditions of use not satisfied.
  public static let conditionsNotSatisfied = StatusWord(rawValue: 0x6985)
  /// 6A80: wrong parameters in the data field.
  public static let wrongData = StatusWord(rawValue: 0x6A80)
  /// 6A82: file or application not found.
  public static let notFound = StatusWord(rawValue: 0x6A82)
  /// 6A84: not enough memory on the card.
  public static let notEnoughMemory = StatusWord(rawValue: 0x6A84)
  /// 6A86: wrong P1 or P2.
  public static let wrongParameters = StatusWord(rawValue: 0x6A86)
  /// 6A88: the object or the key is not there.
  public static let noSuchObject = StatusWord(rawValue: 0x6A88)
  /// 6B00: wrong P1 or P2.
  public static let wrongP1P2 = StatusWord(rawValue: 0x6B00)
  /// 6D00: the instruction is not supported.
  public static let noSuchInstruction = StatusWord(rawValue: 0x6D00)
  /// 6E00: the class is not supported.
  public static let noSuchClass = StatusWord(rawValue: 0x6E00)

  /// For 63Cx: how many tries are left. Nil for every other status word.
  public var triesLeft: Int? {
    rawValue & 0xFFF0 == 0x63C0 ? Int(rawValue & 0x0F) : nil
  }

  /// 63Cx: a wrong PIN with `tries` (0 to 15) left.
  public static func wrongPIN(triesLeft tries: Int) -> StatusWord {
    StatusWord(rawValue: 0x63C0 | UInt16(min(max(tries, 0), 15)))
  }

  /// What it means, in a few words; "unknown status" for one without a name here.
  public var meaning: StaticString {
    switch rawValue {
    case 0x9000: "done"
    case 0x6285: "the application is terminated"
    case 0x6581: "memory failure, or no key there"
    case 0x6600: "touch timed out"
    case 0x6700: "wrong length"
    case 0x6882: "no secure messaging"
    case 0x6883: "the chain of commands was broken"
    case 0x6884: "no command chaining"
    case 0x6982: "not authorized"
    case 0x6983: "PIN blocked"
    case 0x6985: "conditions of use not satisfied"
    case 0x6A80: "wrong data"
    case 0x6A82: "no such application"
    case 0x6A84: "not enough memory on the card"
    case 0x6A86, 0x6B00: "wrong parameters"
    case 0x6A88: "no such object or key"
    case 0x6D00: "no such instruction"
    case 0x6E00: "no such class"
    case 0x63C0...0x63CF: "wrong PIN"
    default: "unknown status"
    }
  }
}
