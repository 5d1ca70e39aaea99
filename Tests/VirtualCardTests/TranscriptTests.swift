import LibCrypto
import TestSupport
import Testing

@testable import VirtualCard

/// The virtual Yubikey, held byte for byte against a real one's recorded answers.
@Suite struct TranscriptTests {
  static let names: [String] = ((try? Transcript.all(of: "yubikey-5.4.3")) ?? []).map(\.name)

  @Test("there are transcripts to replay")
  func thereAreTranscripts() {
    #expect(Self.names.count == 57)
  }

  @Test("a virtual Yubikey answers as the recorded one did", arguments: names)
  func answersAsRecorded(_ name: String) throws {
    let transcript = try Transcript(
      contentsOf: Repository.path("Tests/Transcripts/yubikey-5.4.3/\(name).txt"))
    let card = VirtualCard(try Self.state(before: transcript))
    var previous: [UInt8] = []
    for (index, exchange) in transcript.exchanges.enumerated() {
      let answer = card.process(exchange.command)
      // GET RESPONSE continues what the command before it began.
      if exchange.command[1] != 0xC0 { previous = exchange.command }
      let where_ = Comment("\(name), exchange \(index + 1): \(hex(exchange.command))")
      if Self.isRandom(previous) {
        #expect(answer.count == exchange.answer.count, where_)
        #expect(answer.suffix(2) == exchange.answer.suffix(2), where_)
        try Self.verifySignature(answer, exchange.command, card, where_)
      } else {
        #expect(hex(answer) == hex(exchange.answer), where_)
      }
      try Self.verifyFingerprint(exchange.command, card, isImport: name.contains("Import"), where_)
    }
  }

  /// The card as it was when the recording began, by its first answers.
  private static func state(before transcript: Transcript) throws -> CardState {
    let profile = try CardProfile(contentsOf: Repository.path("cards/yubikey-5.json"))
    var state = CardState(profile: profile, serial: 0x2385_2774)
    let first =
      transcript.exchanges[1].answer.dropLast(2) + transcript.exchanges[2].answer.dropLast(2)
    let outer = try DataList(try DataList(Array(first)).only(0x6E)).elements
    let inner = try DataList(try #require(outer.first { $0.tag == 0x73 }).value).elements
    func value(_ tag: UInt16) throws -> [UInt8] {
      try #require(inner.first { $0.tag == tag }).value
    }
    let status = try value(0xC4)
    for index in 0..<3 { state.pins[index].tries = Int(status[4 + index]) }
    if status[5] > 0 { state.pins[1].value = Hex([UInt8](repeating: 1, count: 8)) }
    for slot in Slot.allCases {
      let number = slot.rawValue
      state[slot].attributes = Hex(try value(slot.attributesTag))
      state[slot].fingerprint = Hex(Array(try value(0xC5)[(20 * number)..<(20 * number + 20)]))
      state[slot].time = Hex(Array(try value(0xCD)[(4 * number)..<(4 * number + 4)]))
      state[slot].origin = try value(0xDE)[2 * number + 1]
    }
    for exchange in transcript.exchanges.prefix(5) {
      let answer = Array(exchange.answer.dropLast(2))
      switch exchange.command.prefix(4) {
      case [0, 0xCA, 0, 0x65]:
        for element in try DataList(try DataList(answer).only(0x65)).elements {
          state[object: element.tag] = element.value
        }
      case [0, 0xCA, 0, 0x7A]:
        let counter = try DataList(try DataList(answer).only(0x7A)).only(0x93)
        state.signatureCount = counter.reduce(0) { $0 << 8 | Int($1) }
      default: break
      }
    }
    return state
  }

  /// Generated keys, signatures, shared secrets and challenges differ from card to card.
  private static func isRandom(_ command: [UInt8]) -> Bool {
    switch command[1] {
    case 0x84, 0x2A: true
    case 0x47: command[2] == 0x80
    default: false
    }
  }

  /// A signature must be by the key that the card itself shows.
  private static func verifySignature(
    _ answer: [UInt8], _ command: [UInt8], _ card: VirtualCard, _ comment: Comment
  ) throws {
    guard command.starts(with: [0x00, 0x2A, 0x9E, 0x9A]) else { return }
    let digest = Array(command[5..<(5 + Int(command[4]))])
    let hash: HashAlgorithm = digest.count == 32 ? .sha256 : digest.count == 48 ? .sha384 : .sha512
    let publicKey = try #require(try card.loadedKeys[.signing]?.key.publicKey())
    let isGood = publicKey.verify(Array(answer.dropLast(2)).span, of: digest.span, hash: hash)
    #expect(isGood, comment)
  }

  /// The client that imported a key computed its fingerprint itself: ours must give the same one.
  private static func verifyFingerprint(
    _ command: [UInt8], _ card: VirtualCard, isImport: Bool, _ comment: Comment
  ) throws {
    guard isImport, command.starts(with: [0, 0xDA, 0]), (0xC7...0xC8).contains(command[3]) else {
      return
    }
    let slot: Slot = command[3] == 0xC7 ? .signing : .decryption
    let key = try card.key(in: slot, otherwise: Hex([0, 0])).key.publicKey()
    let material = [4] + card.state[slot].time.bytes + Self.material(key)
    let packet = [0x99, UInt8(material.count >> 8), UInt8(material.count & 0xFF)] + material
    #expect(
      hex(try digest(.sha1, of: packet.span)) == hex(Array(command.suffix(20))), comment)
  }

  /// A public key as the recording client hashed it: for curves not as RFC 9580 §5.5.5 has it (no
  /// length before the OID, one set of KDF parameters for all, nothing but the point for EdDSA).
  private static func material(_ key: PublicKey) -> [UInt8] {
    func number(_ bytes: [UInt8]) -> [UInt8] {
      let bits = bytes.count * 8 - (bytes.first?.leadingZeroBitCount ?? 0)
      return [UInt8(bits >> 8), UInt8(bits & 0xFF)] + bytes
    }
    switch key {
    case .rsa(let modulus, let exponent): return [1] + number(modulus) + number(exponent)
    case .ecdsa(let curve, let point): return [19] + curve.oid + number(point) + [3, 1, 10, 9]
    case .ecdh(let curve, let point): return [18] + curve.oid + number(point) + [3, 1, 10, 9]
    case .eddsa(_, let point): return [22] + point
    }
  }
}
