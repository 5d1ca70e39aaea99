public import Secrets
public import SmartCard

/// A card that is a closure: it gets each command APDU and gives the whole answer, status word
/// included. What was sent is kept.
public final class ScriptedTransport: CardTransport {
  /// All command APDUs that were sent.
  public private(set) var sent: [[UInt8]] = []
  /// How the transactions ended.
  public private(set) var endings: [TransactionEnding] = []
  /// The answer to reset; there is none.
  public let answerToReset: [UInt8] = []
  private let card: ([UInt8]) throws(TransportError) -> [UInt8]

  /// A card that answers as `card` says.
  public init(_ card: @escaping ([UInt8]) throws(TransportError) -> [UInt8]) {
    self.card = card
  }

  /// A card with one answer after the other, in hexadecimal; pulled when there are no more.
  public convenience init(answers: [String]) {
    var rest = answers[...]
    self.init { _ throws(TransportError) in
      guard let next = rest.popFirst(), let answer = bytes(hex: next) else { throw .removed }
      return answer
    }
  }

  /// Has the closure answer.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    response.wipe()
    let command = copy(of: command)
    sent.append(command)
    let answer = try card(command)
    guard answer.count <= response.capacity else { throw .responseTooLong }
    response.append(answer.span)
  }

  /// Nothing else is at the card.
  public func beginTransaction() {}

  /// Notes the ending.
  public func endTransaction(_ ending: TransactionEnding) { endings.append(ending) }
}

/// A transport in front of another one: notes what is sent, and pulls the card where it is told to.
public final class RecordingTransport<Base: CardTransport>: CardTransport {
  /// The transport behind.
  public let base: Base
  /// All command APDUs that were sent.
  public private(set) var sent: [[UInt8]] = []
  /// All answers, in the same order; empty where the card was pulled.
  public private(set) var answers: [[UInt8]] = []
  /// How the transactions ended.
  public private(set) var endings: [TransactionEnding] = []
  /// After how many APDUs the card is pulled; nil for never.
  public var cut: Int?
  /// Whether the last APDU before the cut still reaches the card, with its answer lost.
  public var lastReachesCard = false

  /// Notes what is sent to `base`.
  public init(_ base: Base, cutAfter cut: Int? = nil) {
    self.base = base
    self.cut = cut
  }

  /// The answer to reset.
  public var answerToReset: [UInt8] { base.answerToReset }

  /// Sends a command on, unless the card was pulled.
  public func transmit(
    _ command: borrowing SecretBytes, into response: inout SecretBytes
  ) throws(TransportError) {
    if let cut, sent.count >= cut {
      if lastReachesCard, sent.count == cut {
        sent.append(copy(of: command))
        try base.transmit(command, into: &response)
      }
      response.wipe()
      throw .removed
    }
    sent.append(copy(of: command))
    answers.append([])
    try base.transmit(command, into: &response)
    answers[answers.count - 1] = copy(of: response)
  }

  /// The reader's pad behind.
  public var pinPad: PINPad? { base.pinPad }

  /// What was asked of the pad.
  public private(set) var padRequests: [PINPadRequest] = []

  /// Has a PIN typed behind.
  public func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord {
    padRequests.append(request)
    return try base.enterPIN(request)
  }

  /// Begins a transaction behind.
  public func beginTransaction() throws(TransportError) { try base.beginTransaction() }

  /// Ends it behind.
  public func endTransaction(_ ending: TransactionEnding) {
    endings.append(ending)
    base.endTransaction(ending)
  }

  /// How many commands were sent, the links of a chain and GET RESPONSE not counted.
  public var commandCount: Int {
    sent.count { $0[0] & 0x10 == 0 && $0[1] != 0xC0 }
  }
}

/// A copy of a test's secret, which is none.
public func copy(of secret: borrowing SecretBytes) -> [UInt8] {
  secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
}

/// A test's secret from its text.
public func secret(_ text: String) -> SecretBytes {
  let bytes = Array(text.utf8)
  return SecretBytes(copying: bytes.span)
}

extension [UInt8] {
  /// Whether `part` is somewhere in it.
  public func holds(_ part: [UInt8]) -> Bool {
    guard !part.isEmpty, part.count <= count else { return false }
    return (0...(count - part.count)).contains { start in
      self[start..<(start + part.count)].elementsEqual(part)
    }
  }
}
