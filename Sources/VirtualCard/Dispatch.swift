import LibCrypto
import SmartCard

extension VirtualCard {
  /// Runs a complete command and gives the answer's data.
  func run(_ apdu: APDU) throws(Refusal) -> [UInt8] {
    if case .other(let application) = session.application, apdu.ins != 0xA4 {
      guard let answer = application.answers[Hex([apdu.ins]).text] else {
        throw Refusal(.noSuchInstruction)
      }
      return answer.bytes
    }
    let command = try CardCommand(apdu, on: state.profile)
    if case .select(let identifier) = command { return try select(identifier) }
    guard session.application == .openPGP else { throw Refusal(.conditionsNotSatisfied) }
    guard !state.isTerminated || command == .activate || command == .terminate else {
      throw state.profile.habits.terminatedCommand.map { Refusal($0) }
        ?? Refusal(.conditionsNotSatisfied)
    }
    return try run(command)
  }

  private func run(_ command: CardCommand) throws(Refusal) -> [UInt8] {
    switch command {
    case .select(let identifier): return try select(identifier)
    case .selectData(let occurrence, let tag): try selectData(occurrence, tag)
    case .getData(let tag): return try getData(tag)
    case .getNextData(let tag): return try getNextData(tag)
    case .putData(let tag, let value): try putData(tag, value)
    case .importKey(let key): try importKey(key)
    case .verify(let reference, let value): try verify(reference, value)
    case .verificationStatus(let reference): try verificationStatus(reference)
    case .dropVerification(let reference): session.verified.remove(reference)
    case .changePIN(let pin, let values): try changePIN(pin, values)
    case .resetRetryCounter(true, let value): try resetRetryCounter(byAdmin: value)
    case .resetRetryCounter(false, let values): try resetRetryCounter(byCode: values)
    case .generate(let slot): return try generate(slot)
    case .readPublicKey(let slot): return try readPublicKey(slot)
    case .sign(let input): return try sign(input)
    case .decipher(let cryptogram): return try decipher(cryptogram)
    case .encipher(let plain): return try encipher(plain)
    case .authenticate(let input): return try authenticate(input)
    case .challenge(let count): return try challenge(count)
    case .manageEnvironment(.authentication, let key): session.authenticateKey = key
    case .manageEnvironment(_, let key): session.decipherKey = key
    case .terminate: try terminate()
    case .activate: activate()
    case .firmwareVersion: return state.profile.firmwareVersion?.bytes ?? []
    case .setTries(let tries): try setTries(tries)
    case .attest(let slot): try attest(slot)
    case .readAttestationKey: return try readAttestationKey()
    }
    return []
  }

  /// SELECT by application identifier, whole or its beginning (§7.2.1). Whatever was verified no
  /// longer is.
  private func select(_ identifier: [UInt8]) throws(Refusal) -> [UInt8] {
    if let other = state.profile.otherApplications?.first(where: {
      $0.identifier.bytes == identifier
    }) {
      session = Session()
      session.application = .other(other)
      return other.selected.bytes
    }
    guard identifier.count >= 6, state.identifier.starts(with: identifier) else {
      throw Refusal(.notFound)
    }
    session = Session()
    session.application = .openPGP
    let terminated = state.profile.habits.terminatedSelect?.number ?? StatusWord.terminated.rawValue
    guard !state.isTerminated || terminated == StatusWord.success.rawValue else {
      throw Refusal(StatusWord(rawValue: terminated))
    }
    return []
  }

  /// GET CHALLENGE (§7.2.15).
  private func challenge(_ count: Int) throws(Refusal) -> [UInt8] {
    guard count <= state.profile.maximumChallenge else { throw Refusal(.wrongLength) }
    do throws(CryptoError) {
      return try randomBytes(count)
    } catch {
      throw Refusal(.memoryFailure)
    }
  }

  /// TERMINATE DF (§7.2.16): with PW3, or once PW3 is blocked.
  private func terminate() throws(Refusal) {
    let habits = state.profile.habits
    guard
      session.verified.contains(.admin)
        || state[.admin].tries == 0 && habits.terminateNeedsPIN != true
    else { throw Refusal(habits.terminateRefused) }
    state.isTerminated = true
  }

  /// ACTIVATE FILE (§7.2.17): a terminated application comes back as from the factory.
  private func activate() {
    guard state.isTerminated else { return }
    // A Yubikey's attestation key stays, and with it one that a person brought.
    let attestation = state.attestation
    state = CardState(profile: state.profile, serial: state.serial)
    state.attestation = attestation
    loadedKeys = [:]
    let verified = state.profile.habits.keepsVerification ? session.verified : []
    session = Session()
    session.application = .openPGP
    session.verified = verified
  }
}
