import SmartCard

/// SELECT DATA, GET DATA, GET NEXT DATA, PUT DATA (OpenPGP card 3.4.1 §7.2.5–7.2.8).
extension VirtualCard {
  private var noSuchObject: Refusal { Refusal(state.profile.habits.noSuchObject) }

  func selectData(_ occurrence: Int, _ tag: UInt16) throws(Refusal) {
    guard tag == 0x7F21 else { throw noSuchObject }
    session.certificate = occurrence
  }

  func getData(_ tag: UInt16) throws(Refusal) -> [UInt8] {
    guard let object = DataObject.tagged(tag) else { throw noSuchObject }
    switch object.read {
    case .always: break
    case .never: throw noSuchObject
    case .user: try require(.other)
    case .admin: try require(.admin)
    }
    guard let value = value(of: tag) else { throw noSuchObject }
    let habits = state.profile.habits
    let isTagged =
      habits.ownTags.map { $0.contains(Hex(tag.bytes)) }
      ?? (habits.taggedObjects && [0x6E, 0x65, 0x7A, 0x73, 0xFA].contains(tag))
    guard isTagged else { return value }
    let excess = tag == 0xFA ? habits.excessAlgorithmLength : 0
    return TLVWriter.header(tag, length: value.count + excess) + value
  }

  func getNextData(_ tag: UInt16) throws(Refusal) -> [UInt8] {
    guard tag == 0x7F21 else { throw noSuchObject }
    guard session.certificate < 2 else { throw Refusal(state.profile.habits.noNextObject) }
    session.certificate += 1
    return try getData(tag)
  }

  func putData(_ tag: UInt16, _ value: [UInt8]) throws(Refusal) {
    guard let object = DataObject.tagged(tag), self.value(of: tag) != nil || object.read == .never
    else { throw noSuchObject }
    switch object.write {
    case .always: break
    case .never: throw Refusal(.notAuthorized)
    case .user: try require(.other)
    case .admin: try require(.admin)
    }
    switch object.form {
    case .computed: throw Refusal(.notAuthorized)
    case .stored(let most): try store(tag, value, atMost: most)
    case .special: try store(tag, value, atMost: state.profile.maximumObject)
    case .certificate:
      guard value.count <= state.profile.maximumCertificate else { throw Refusal(.wrongLength) }
      state.certificates[session.certificate] = Hex(value)
    case .keyDerivation: try putKeyDerivation(value)
    case .attributes(let slot): try putAttributes(slot, value)
    case .pinStatus: try putPINStatus(value)
    case .fingerprint(let slot):
      try requireCount(value, 20)
      state[slot].fingerprint = Hex(value)
    case .caFingerprint(let slot):
      try requireCount(value, 20)
      state[slot].caFingerprint = Hex(value)
    case .time(let slot):
      try requireCount(value, 4)
      state[slot].time = Hex(value)
    case .touch(let slot):
      state[slot].touch = try newTouch(value, insteadOf: state[slot].touch)
    case .attestation: try putAttestation(tag, value)
    case .resetCode: try putResetCode(value)
    case .symmetricKey:
      guard state.profile.hasSymmetricKey else { throw noSuchObject }
      guard value.count == 16 || value.count == 32 else { throw Refusal(.wrongLength) }
      state.symmetricKey = Hex(value)
    }
  }

  func requireCount(_ value: [UInt8], _ count: Int) throws(Refusal) {
    guard value.count == count else { throw Refusal(.wrongLength) }
  }

  private func store(_ tag: UInt16, _ value: [UInt8], atMost most: Int) throws(Refusal) {
    guard value.count <= most else { throw Refusal(.wrongLength) }
    state[object: tag] = value
  }

  /// C4: the first byte alone, or with the three lengths, which must be as they are.
  private func putPINStatus(_ value: [UInt8]) throws(Refusal) {
    guard state.profile.hasChangeablePINStatus else { throw Refusal(.notAuthorized) }
    guard value.count == 1 || value.count == 4 else { throw Refusal(.wrongLength) }
    guard value[0] <= 1, value.dropFirst().elementsEqual(value.count == 1 ? [] : maximumLengths)
    else { throw Refusal(.wrongData) }
    state.manySignatures = value[0] == 1
  }

  /// D6–D8 (§4.4.3.6): 00 off, 01 on, 02 on for good; 03 and 04 are a Yubikey's cached ones. What
  /// ``TouchHabit`` says is awaited then.
  func newTouch(_ value: [UInt8], insteadOf old: UInt8) throws(Refusal) -> UInt8 {
    try requireCount(value, 2)
    let highest: UInt8 = state.profile.firmwareVersion == nil ? 2 : 4
    guard value[0] <= highest, value[1] == touchButton else { throw Refusal(.wrongData) }
    guard ![2, 4].contains(old) else { throw Refusal(.conditionsNotSatisfied) }
    return value[0]
  }

  private var maximumLengths: [UInt8] { state.profile.pins.maximum.map { UInt8($0) } }

  /// The button's kind as 7F74 says it: `81 01 xx`.
  var touchButton: UInt8 { state.profile.featureManagement?.bytes.last ?? 0x20 }

  /// Before version 3 a card could have the flags without 7F74.
  private var hasTouch: Bool {
    state.profile.featureManagement != nil
      || state.profile.discretionaryData.contains(Hex([0xD6]))
  }

  private var shownTries: [UInt8] {
    var tries = state.pins.map { UInt8($0.tries) }
    if state.profile.habits.countsUnsetResetCode == true, state[.resetCode].value == nil {
      tries[1] = UInt8(state[.resetCode].maximumTries)
    }
    return tries
  }

  /// An object's value; nil for one this model doesn't have.
  private func value(of tag: UInt16) -> [UInt8]? {
    let profile = state.profile
    switch tag {
    case 0x4F: return state.identifier
    case 0x5F52: return historicalBytes
    case 0x65: return elements([Hex([0x5B]), Hex([0x5F, 0x2D]), Hex([0x5F, 0x35])])
    case 0x6E: return elements(profile.applicationData)
    case 0x73: return elements(profile.discretionaryData)
    case 0x7A: return elements([Hex([0x93])])
    case 0x7F21 where profile.habits.certificates == 0: return nil
    case 0x7F21: return state.certificates[session.certificate].bytes
    case 0x7F66: return profile.isThird ? lengthInformation : nil
    case 0x7F74: return profile.featureManagement?.bytes
    case 0x93: return [16, 8, 0].map { UInt8(state.signatureCount >> $0 & 0xFF) }
    case 0xC0: return profile.extendedCapabilities.bytes
    case 0xC1...0xC3: return state.keys[Int(tag) - 0xC1].attributes.bytes
    case 0xC4:
      let many = profile.habits.manySignaturesByte?.bytes.first ?? 1
      return [state.manySignatures ? many : 0] + maximumLengths + shownTries
    case 0xC5:
      return state.keys.flatMap(\.fingerprint.bytes)
        + (attestation?.fingerprint.bytes ?? [])
    case 0xC6:
      return state.keys.flatMap(\.caFingerprint.bytes)
        + (attestation?.caFingerprint.bytes ?? [])
    case 0xCD: return state.keys.flatMap(\.time.bytes) + (attestation?.time.bytes ?? [])
    case 0xD6...0xD8:
      return hasTouch ? [state.keys[Int(tag) - 0xD6].touch, touchButton] : nil
    case 0xD9, 0xDA, 0xFC: return attestationValue(tag)
    case 0xDE:
      // Since version 3.4; some show it on its own only.
      guard profile.version.number ?? 0 >= 0x0304 || profile.discretionaryData.contains(Hex([0xDE]))
      else { return nil }
      return Slot.allCases.flatMap { [$0.reference, state[$0].origin] }
        + (attestation.map { [0x81, $0.origin] } ?? [])
    case 0xF9: return profile.hasKeyDerivation ? state[object: tag] : nil
    case 0xFA: return profile.habits.hidesAlgorithms == true ? nil : algorithmInformation
    case 0x0101...0x0104: return profile.hasPrivateObjects ? state[object: tag] : nil
    default: return DataObject.tagged(tag)?.read == .never ? nil : state[object: tag]
    }
  }

  private func elements(_ tags: [Hex]) -> [UInt8] {
    tags.flatMap { hex -> [UInt8] in
      guard let tag = hex.number, let value = value(of: tag) else { return [] }
      return TLVWriter.element(tag, value)
    }
  }

  private var historicalBytes: [UInt8] {
    var bytes = state.profile.historicalBytes.bytes
    // The life cycle (§6.1): 03 terminated, 05 in use. A model that has no such byte has 00 there.
    if bytes[bytes.count - 3] == 5 { bytes[bytes.count - 3] = state.isTerminated ? 3 : 5 }
    return bytes
  }

  private var lengthInformation: [UInt8]? {
    state.profile.lengths.map {
      [
        2, 2, UInt8($0.command >> 8), UInt8($0.command & 0xFF),
        2, 2, UInt8($0.response >> 8), UInt8($0.response & 0xFF),
      ]
    }
  }

  private var algorithmInformation: [UInt8] {
    state.profile.algorithms.flatMap { row in
      row.attributes.flatMap { TLVWriter.element(row.tag.number ?? 0, $0.bytes) }
    }
  }
}
