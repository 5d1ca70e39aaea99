public import LibCrypto
public import Secrets
internal import SmartCard

extension Authorization where Use == Administration {
  /// Makes a new key on the card (GENERATE 80, §7.2.14), after setting the slot's attributes where they
  /// differ. The host still has to write fingerprint and creation time; only ``refresh()`` shows these,
  /// and where the key came from, in ``application``. RSA may take minutes.
  /// - Throws: ``CardError/unsupportedAlgorithm`` before anything is changed;
  ///   ``CardError/wrongKey(_:)`` if the card made another kind or size.
  public mutating func generateKey(
    in slot: KeySlot, _ algorithm: KeyAlgorithm
  ) throws(CardError) -> PublicKey {
    try session.setAttributes(of: slot, algorithm)
    let template = [slot.template, 0x00]
    try session.require(.generate(upTo: algorithm.answerSize), template.span)
    let key = try session.channel.response.withBytes { answer throws(CardError) in
      try readPublicKey(in: answer, of: algorithm, slot)
    }
    session.forgetConfirmation()
    return key
  }

  /// Asks the card for 6E again, after something has changed.
  public mutating func refresh() throws(CardError) {
    try session.refresh()
  }

  /// Sets what kind of key a slot is for (C1 to C3). On many cards this deletes the key in it.
  /// - Throws: ``CardError/unsupportedAlgorithm`` before anything is changed.
  public mutating func setAttributes(
    of slot: KeySlot, _ algorithm: KeyAlgorithm
  ) throws(CardError) {
    try session.setAttributes(of: slot, algorithm)
  }

  /// Writes the version 4 fingerprint of a slot's key, 20 bytes.
  public mutating func setFingerprint(
    of slot: KeySlot, _ fingerprint: Span<UInt8>
  ) throws(CardError) {
    guard fingerprint.count == 20 else { throw .wrongData }
    try session.require(.putData(slot.fingerprintTag), fingerprint)
  }

  /// Writes when a slot's key was made, in seconds since 1970.
  public mutating func setCreationTime(of slot: KeySlot, _ time: UInt32) throws(CardError) {
    let bytes = [
      UInt8(time >> 24), UInt8(time >> 16 & 0xFF), UInt8(time >> 8 & 0xFF), UInt8(time & 0xFF),
    ]
    try session.require(.putData(slot.creationTimeTag), bytes.span)
  }

  /// Sets when a slot's key must be touched for. A fixed policy can't be undone but by a factory reset.
  public mutating func setTouchPolicy(
    of slot: KeySlot, _ policy: TouchPolicy
  ) throws(CardError) {
    guard let now = application.touchPolicy(of: slot) else { throw .unsupported(.touch) }
    guard !now.isFixed || now == policy else { throw .unsupported(.fixedTouch) }
    // The second byte names the means, 20 a button (§4.4.3.6).
    let flag = [policy.rawValue, 0x20]
    try session.require(.putData(slot.touchTag), flag.span)
    try session.refresh()
  }

  /// Whether one VERIFY is good for many signatures, or each needs its own (C4, first byte).
  public mutating func setAllowsManySignatures(_ many: Bool) throws(CardError) {
    let byte: [UInt8] = [many ? 0x01 : 0x00]
    try session.require(.putData(0xC4), byte.span)
    try session.refreshPINStatus()
  }

  /// How many tries each PIN gets (Yubico's own command; it also sets the PINs back to the factory's on
  /// old firmware). Other cards refuse with `noSuchInstruction`.
  public mutating func setRetries(
    user: UInt8, resetCode: UInt8, admin: UInt8
  ) throws(CardError) {
    guard user > 0, resetCode > 0, admin > 0 else { throw .wrongData }
    let tries = [user, resetCode, admin]
    try session.require(.setRetries, tries.span)
    try session.refreshPINStatus()
  }

  /// Sets the resetting code (D3), or takes it away with an empty one.
  /// - Throws: ``CardError/impossiblePIN`` without sending it.
  public mutating func setResetCode(
    _ code: borrowing SecretBytes, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    var sent = SecretBytes(capacity: max(1, derivation.derivedSize ?? code.count))
    if !code.isEmpty {
      try session.checkPossible(code, .resetCode, derivation)
      try derivation.derive(code, for: .resetCode, into: &sent)
    }
    try session.require(.putData(0xD3), sent.bytes)
    try session.refreshPINStatus()
  }

  /// Sets a new user PIN, blocked or not, and gives it its tries back (RESET RETRY COUNTER, §7.2.4).
  /// - Throws: ``CardError/impossiblePIN`` without sending it.
  public mutating func setUserPIN(
    _ pin: borrowing SecretBytes, derivedBy derivation: KeyDerivation
  ) throws(CardError) {
    try session.checkPossible(pin, .user, derivation)
    var sent = SecretBytes(capacity: derivation.derivedSize ?? pin.count)
    try derivation.derive(pin, for: .user, into: &sent)
    try session.require(.resetRetryByAdmin, sent.bytes)
    try session.refreshPINStatus()
  }

  /// Keeps an X.509 certificate for a slot (7F21).
  public mutating func putCertificate(
    _ certificate: Span<UInt8>, of slot: KeySlot
  ) throws(CardError) {
    try session.selectCertificate(of: slot)
    try session.require(.putData(0x7F21), certificate)
  }

  /// Empties the card: no keys, no data, factory PINs (TERMINATE DF, ACTIVATE FILE). This authorization
  /// is gone then.
  public consuming func factoryReset() throws(CardError) {
    try session.require(.terminate)
    try session.require(.activate)
    try session.selectAgain()
  }
}

extension Session {
  /// FA's content, asked for once in a visit; empty if the card has none.
  private func readAlgorithmInformation() throws(CardError) -> [UInt8] {
    if let algorithmInformation { return algorithmInformation }
    var content: [UInt8] = []
    if try send(.getData(0xFA, upTo: 4096)) == .success {
      content = channel.response.withBytes { [UInt8](copying: unwrapped($0, 0xFA)) }
    }
    // Yubikeys count the status word into FA's own length: it can only be stepped over.
    if content.count > 1, content[0] == 0xFA {
      content.removeFirst(min(content.count, content[1] < 0x80 ? 2 : 2 + Int(content[1] & 0x7F)))
    }
    algorithmInformation = content
    return content
  }

  /// FA's entries for a slot; empty if the card has no FA or none that can be read.
  func offeredAlgorithms(for slot: KeySlot) throws(CardError) -> [AlgorithmAttributes] {
    let content = try readAlgorithmInformation()
    var offered: [AlgorithmAttributes] = []
    do throws(TLVError) {
      var reader = TLVReader(content.span)
      while let element = try reader.next() {
        guard element.tag == slot.attributesTag else { continue }
        offered.append(AlgorithmAttributes(encoded: [UInt8](copying: element.value)))
      }
    } catch {
      return offered
    }
    return offered
  }

  /// Makes the slot ready for a key of `algorithm`. Some brands answer an import with "bad PIN" where
  /// this was not done first.
  func setAttributes(of slot: KeySlot, _ algorithm: KeyAlgorithm) throws(CardError) {
    let current = application.attributes(of: slot)
    if current?.algorithm == algorithm { return }
    guard fits(algorithm, slot), application.capabilities.canChangeAttributes else {
      throw .unsupportedAlgorithm
    }
    let offered = try offeredAlgorithms(for: slot)
    var wanted: AlgorithmAttributes?
    for entry in offered where entry.algorithm == algorithm && wanted == nil {
      wanted = entry.corrected
    }
    if offered.isEmpty {
      wanted = AlgorithmAttributes.curve(algorithm)
      if case .rsa(let bits) = algorithm {
        // The exponent's size and the import's form are copied from what the card has.
        for other in [slot] + KeySlot.allCases where wanted == nil {
          wanted = application.attributes(of: other)?.resized(toBits: bits)
        }
      }
    }
    guard let wanted else { throw .unsupportedAlgorithm }
    do throws(CardError) {
      try require(.putData(slot.attributesTag), wanted.encoded.span)
    } catch {
      // A card without FA says only by refusing what it doesn't have.
      if offered.isEmpty, case .status(let status, _) = error, status != .notAuthorized {
        throw .unsupportedAlgorithm
      }
      throw error
    }
    note(wanted, of: slot)
  }

  /// Whether such a key can do the slot's work.
  private func fits(_ algorithm: KeyAlgorithm, _ slot: KeySlot) -> Bool {
    switch algorithm {
    case .rsa: true
    case .ecdh: slot == .decryption
    case .ecdsa, .eddsa: slot != .decryption
    }
  }
}
