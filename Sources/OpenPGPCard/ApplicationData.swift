public import SmartCard

/// What a card says of itself to anyone: the application related data 6E (OpenPGP card 3.4.1 §4.4.1).
///
/// Read leniently, as five cards write it five ways: with the tag 6E or without, lengths longer than
/// they need be, everything inside 73, children in any order. What it says is only the card's word.
public struct ApplicationData: Equatable, Sendable {
  /// Manufacturer and serial number.
  public let identifier: CardIdentifier
  /// The specification's version, as in `0x0304`.
  public let version: UInt16
  /// 5F52; empty where the card has none.
  public let historicalBytes: [UInt8]
  /// C0.
  public let capabilities: Capabilities
  /// C4, as of the last time it was read.
  public internal(set) var pinStatus: PINStatus
  /// How long commands and answers may be, from 5F52 and 7F66.
  public let limits: CardLimits

  /// By the slots' order.
  var attributes: [AlgorithmAttributes?]
  private let fingerprints: [UInt8]
  private let creationTimes: [UInt8]
  private let keyInformation: [UInt8]
  private let touch: [TouchPolicy?]

  /// The objects nobody can do without; a card whose 6E lacks them is asked for each.
  static var needed: [UInt16] { [0x4F, 0x5F52, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5] }

  /// Reads the answer to GET DATA 6E.
  /// - Throws: ``CardError/malformed(tag:)``, naming the object that is missing or wrong.
  public init(parsing content: Span<UInt8>) throws(CardError) {
    try self.init(try Self.objects(in: content))
  }

  static func objects(in content: Span<UInt8>) throws(CardError) -> ObjectList {
    var objects = ObjectList()
    do throws(TLVError) {
      try objects.append(parsing: content, opening: [0x6E, 0x73])
    } catch {
      throw .malformed(tag: 0x6E)
    }
    return objects
  }

  init(_ objects: ObjectList) throws(CardError) {
    // RID D276000124, application 01, version (2), manufacturer (2), serial (4), two bytes unused.
    guard let aid = objects[0x4F], aid.count >= 14, isPrefix(applicationIdentifier, of: aid) else {
      throw .malformed(tag: 0x4F)
    }
    version = UInt16(aid[6]) << 8 | UInt16(aid[7])
    identifier = CardIdentifier(
      manufacturer: UInt16(aid[8]) << 8 | UInt16(aid[9]),
      serial: UInt32(aid[10]) << 24 | UInt32(aid[11]) << 16 | UInt32(aid[12]) << 8 | UInt32(aid[13])
    )
    historicalBytes = objects[0x5F52] ?? []
    guard let bits = objects[0xC0], let capabilities = Capabilities(bits.span, version: version)
    else { throw .malformed(tag: 0xC0) }
    self.capabilities = capabilities
    guard let status = objects[0xC4], let pinStatus = PINStatus(status.span) else {
      throw .malformed(tag: 0xC4)
    }
    self.pinStatus = pinStatus
    limits = CardLimits(
      historicalBytes, objects[0x7F66], version < 0x0300 ? bits : [])
    fingerprints = objects[0xC5] ?? []
    guard fingerprints.isEmpty || fingerprints.count >= 60 else { throw .malformed(tag: 0xC5) }
    creationTimes = objects[0xCD] ?? []
    keyInformation = objects[0xDE] ?? []
    var attributes: [AlgorithmAttributes?] = []
    var touch: [TouchPolicy?] = []
    for slot in KeySlot.allCases {
      if let encoded = objects[slot.attributesTag] {
        attributes.append(AlgorithmAttributes(encoded: encoded))
      } else {
        attributes.append(nil)
      }
      touch.append(objects[slot.touchTag]?.first.flatMap { TouchPolicy(rawValue: $0) })
    }
    self.attributes = attributes
    self.touch = touch
  }

  /// The algorithm attributes of a slot, C1 to C3; nil if the card doesn't say.
  public func attributes(of slot: KeySlot) -> AlgorithmAttributes? { attributes[slot.index] }

  /// The fingerprint of a slot's key, 20 bytes; nil if it is all zeros, as where there is no key.
  public func fingerprint(of slot: KeySlot) -> [UInt8]? {
    guard fingerprints.count >= 60 else { return nil }
    let own = [UInt8](fingerprints[(20 * slot.index)..<(20 * slot.index + 20)])
    for byte in own where byte != 0 { return own }
    return nil
  }

  /// When a slot's key was made, in seconds since 1970; 0 where there is no key or the card doesn't say.
  public func creationTime(of slot: KeySlot) -> UInt32 {
    guard creationTimes.count >= 12 else { return 0 }
    var time: UInt32 = 0
    for index in 0..<4 { time = time << 8 | UInt32(creationTimes[4 * slot.index + index]) }
    return time
  }

  /// Where a slot's key came from; nil if the card doesn't say, as before version 3.4.
  public func keyOrigin(of slot: KeySlot) -> KeyOrigin? {
    // Pairs of a key's number, 01 to 03, and its state.
    var index = 0
    while index + 1 < keyInformation.count {
      if Int(keyInformation[index]) == slot.index + 1 {
        return KeyOrigin(rawValue: keyInformation[index + 1])
      }
      index += 2
    }
    return nil
  }

  /// When a slot's key must be touched for; nil if the card doesn't say, as one without a button.
  public func touchPolicy(of slot: KeySlot) -> TouchPolicy? { touch[slot.index] }
}

private func isPrefix(_ prefix: [UInt8], of bytes: [UInt8]) -> Bool {
  guard bytes.count >= prefix.count else { return false }
  for index in prefix.indices where bytes[index] != prefix[index] { return false }
  return true
}
