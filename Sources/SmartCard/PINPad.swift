/// A reader's own pad, on which a PIN is typed that no computer sees (PC/SC part 10).
public struct PINPad: Equatable, Sendable {
  /// A PIN can be typed on it.
  public let verifies: Bool
  /// A new PIN can be, behind the old one.
  public let changes: Bool
  /// The most digits it takes, where the reader says so.
  public let maximum: Int?

  /// A pad that can this.
  public init(verifies: Bool, changes: Bool, maximum: Int? = nil) {
    self.verifies = verifies
    self.changes = changes
    self.maximum = maximum
  }
}

/// What is to be typed on a pad, and the command that the reader makes of it: the PIN as ASCII digits, or
/// the old one and behind it the new one, which is typed twice.
public struct PINPadRequest: Equatable, Sendable {
  /// The command's header; the PIN becomes its data.
  public let command: Command
  /// A new PIN is chosen.
  public let isChange: Bool
  /// The fewest digits.
  public let minimum: UInt8
  /// The most digits.
  public let maximum: UInt8

  /// A request.
  public init(_ command: Command, isChange: Bool, minimum: UInt8, maximum: UInt8) {
    self.command = command
    self.isChange = isChange
    self.minimum = minimum
    self.maximum = maximum
  }
}

extension CardTransport {
  /// None.
  public var pinPad: PINPad? { nil }

  /// There is none.
  public func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord {
    .noSuchInstruction
  }
}
