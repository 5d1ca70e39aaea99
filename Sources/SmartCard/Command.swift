/// A command APDU's header and what is expected back (ISO 7816-4 §5.1). Its data go beside it, so
/// that a secret needn't be copied into one.
public struct Command: Equatable, Sendable {
  /// The class byte, 00; chaining sets its 10 bit by itself.
  public var cla: UInt8
  /// The instruction byte.
  public var ins: UInt8
  /// The first parameter.
  public var p1: UInt8
  /// The second parameter.
  public var p2: UInt8
  /// What is expected back.
  public var expected: ExpectedLength

  /// How long an answer may be (Le).
  public enum ExpectedLength: Equatable, Sendable {
    /// No data, just a status word: no Le byte.
    case none
    /// As much as the card has, within what it can send.
    case maximum
    /// That many bytes, 1 to 65536.
    case exactly(Int)
  }

  /// A command, of class 00.
  public init(
    cla: UInt8 = 0, ins: UInt8, p1: UInt8, p2: UInt8, expecting expected: ExpectedLength = .none
  ) {
    self.cla = cla
    self.ins = ins
    self.p1 = p1
    self.p2 = p2
    self.expected = expected
  }
}
