import LibCrypto
import SmartCard

/// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (OpenPGP card 3.4.1 §7.2.2–7.2.4).
extension VirtualCard {
  private var habits: CardProfile.Habits { state.profile.habits }

  /// Refuses unless VERIFY with this reference holds.
  func require(_ reference: PINReference) throws(Refusal) {
    guard session.verified.contains(reference) else { throw Refusal(.notAuthorized) }
  }

  func verify(_ reference: PINReference, _ value: [UInt8]) throws(Refusal) {
    try check(reference.pin, value, otherwise: habits.wrongPIN)
    session.verified.insert(reference)
  }

  /// VERIFY without data: 9000 where it holds, else 63Cx, whatever a wrong PIN gets here.
  func verificationStatus(_ reference: PINReference) throws(Refusal) {
    if let habit = habits.noVerificationStatus { throw Refusal(habit) }
    if session.verified.contains(reference) { return }
    let tries = state[reference.pin].tries
    throw tries == 0
      ? Refusal(triesLeft(0, habits.blockedPIN)) : Refusal(.wrongPIN(triesLeft: tries))
  }

  func changePIN(_ pin: PIN, _ values: [UInt8]) throws(Refusal) {
    let oldLength = state[pin].value?.bytes.count ?? 0
    try check(pin, Array(values.prefix(oldLength)), otherwise: habits.wrongOldPIN)
    let new = Array(values.dropFirst(oldLength))
    try requireLength(new, of: pin)
    if pin == .user { try requireKeyForUserPIN() }
    set(pin, to: new)
  }

  private func requireKeyForUserPIN() throws(Refusal) {
    guard habits.needsKeyForUserPIN != true || hasKeys else {
      throw Refusal(.conditionsNotSatisfied)
    }
  }

  private var hasKeys: Bool { state.keys.contains { $0.material != nil } }

  /// Where the user PIN hangs on the keys: with the last of them it is gone.
  func forgetUserPINWithoutKeys() {
    guard habits.needsKeyForUserPIN == true, !hasKeys else { return }
    set(.user, to: initialHash(0x87) ?? CardState.factoryPIN.bytes)
    state[.resetCode].value = nil
    session.verified.subtract([.signing, .other])
  }

  private func initialHash(_ tag: UInt16) -> [UInt8]? {
    (try? DataList(state[object: 0xF9]))?.elements.first { $0.tag == tag }?.value
  }

  func resetRetryCounter(byAdmin new: [UInt8]) throws(Refusal) {
    try require(.admin)
    try requireLength(new, of: .user)
    try requireKeyForUserPIN()
    set(.user, to: new)
    session.verified.subtract([.signing, .other])
  }

  func resetRetryCounter(byCode values: [UInt8]) throws(Refusal) {
    guard let code = state[.resetCode].value else { throw Refusal(.notAuthorized) }
    let length = code.bytes.count
    try check(.resetCode, Array(values.prefix(length)), otherwise: habits.wrongResetCode)
    let new = Array(values.dropFirst(length))
    try requireLength(new, of: .user)
    set(.user, to: new)
    session.verified.subtract([.signing, .other])
  }

  /// PUT DATA D3 (§4.3.4): an empty one takes the reset code away.
  func putResetCode(_ value: [UInt8]) throws(Refusal) {
    if value.isEmpty {
      state[.resetCode].value = nil
      state[.resetCode].tries = 0
    } else {
      try requireLength(value, of: .resetCode)
      set(.resetCode, to: value)
    }
  }

  /// PUT DATA F9 (§4.3.2). On cards that do so the initial hashes in 87 and 88 become the PINs.
  func putKeyDerivation(_ value: [UInt8]) throws(Refusal) {
    var list = try DataList(value)
    if list.elements.first?.tag == 0xF9 { list = try DataList(try list.only(0xF9)) }
    var algorithm = list.elements.first { $0.tag == 0x81 }?.value
    if habits.derivationWithoutKeys == true {
      guard !hasKeys, value.isEmpty || algorithm == [3] else {
        throw Refusal(StatusWord(rawValue: 0x6F00))
      }
      if value.isEmpty { algorithm = [0] }
    }
    guard algorithm == [0] || algorithm == [3] else { throw Refusal(.wrongData) }
    state[object: 0xF9] = value
    guard habits.derivationSetsPINs else { return }
    func hash(_ tag: UInt16) -> [UInt8]? { list.elements.first { $0.tag == tag }?.value }
    if algorithm == [0] {
      set(.user, to: CardState.factoryPIN.bytes)
      set(.admin, to: CardState.factoryAdminPIN.bytes)
    } else {
      if let user = hash(0x87) { set(.user, to: user) }
      if let admin = hash(0x88) { set(.admin, to: admin) }
    }
    try putResetCode([])
    session.verified = []
  }

  /// INS F2 of Yubikeys: how many tries each PIN has from now on.
  func setTries(_ tries: [UInt8]) throws(Refusal) {
    try require(.admin)
    guard tries.count == 3, tries.allSatisfy({ (1...15).contains($0) }) else {
      throw Refusal(.wrongData)
    }
    for (index, tries) in tries.enumerated() {
      state.pins[index].maximumTries = Int(tries)
      state.pins[index].tries = state.pins[index].value == nil ? 0 : Int(tries)
    }
  }

  /// Uses one try for a wrong value, and gives them all back for the right one.
  private func check(_ pin: PIN, _ value: [UInt8], otherwise status: Hex) throws(Refusal) {
    guard state[pin].tries > 0, let right = state[pin].value else {
      throw Refusal(triesLeft(0, habits.blockedPIN))
    }
    if let refusal = habits.badPINLength, !allowedLengths(of: pin).contains(value.count) {
      throw Refusal(refusal)
    }
    guard equalInConstantTime(value.span, right.bytes.span) else {
      state[pin].tries -= 1
      switch pin {
      case .user: session.verified.subtract([.signing, .other])
      case .admin: session.verified.remove(.admin)
      case .resetCode: break
      }
      throw Refusal(triesLeft(state[pin].tries, status))
    }
    state[pin].tries = state[pin].maximumTries
  }

  private func set(_ pin: PIN, to value: [UInt8]) {
    state[pin].value = Hex(value)
    state[pin].tries = state[pin].maximumTries
  }

  private func allowedLengths(of pin: PIN) -> ClosedRange<Int> {
    let rules = state.profile.pins
    let minimum = rules.minimum[pin.rawValue]
    return minimum...max(minimum, rules.maximum[pin.rawValue])
  }

  private func requireLength(_ value: [UInt8], of pin: PIN) throws(Refusal) {
    guard allowedLengths(of: pin).contains(value.count) else {
      throw Refusal(habits.badNewPINLength)
    }
  }

  /// The habit's status word, 63C0 filled in.
  private func triesLeft(_ tries: Int, _ habit: Hex) -> StatusWord {
    habit.number == 0x63C0
      ? .wrongPIN(triesLeft: tries) : StatusWord(rawValue: habit.number ?? 0x6F00)
  }
}
