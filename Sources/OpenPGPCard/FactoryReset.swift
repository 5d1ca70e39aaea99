internal import LibCrypto
internal import Secrets
internal import SmartCard

extension OpenPGPCard {
  /// Empties a card whose admin PIN nobody knows: no keys, no data, factory PINs. **Everything on it is
  /// lost.** The user and the admin PIN are blocked with random wrong ones first, as the card asks
  /// (§7.2.16), then TERMINATE DF and ACTIVATE FILE.
  /// - Throws: ``CardError/unsupported(_:)`` if the card can't be reset; its PINs may be blocked then.
  public mutating func factoryReset() throws(CardError) {
    session.resetAtEnd()
    if try session.send(.terminate) != .success {
      // A Ledger is reset only by its admin PIN, blocked or not: its PINs would be lost for nothing.
      guard application.identifier.manufacturer != 0x2C97 else { throw .unsupported(.factoryReset) }
      try session.block(.user)
      try session.block(.admin)
      switch try session.send(.terminate) {
      case .success: break
      case .noSuchInstruction, .noSuchClass: throw .unsupported(.factoryReset)
      case let status: throw .status(status, ins: 0xE6)
      }
    }
    try session.require(.activate)
    try session.selectAgain()
  }
}

extension Session {
  /// Uses up a PIN's tries.
  func block(_ which: PIN) throws(CardError) {
    let derivation = try keyDerivation()
    try refreshPINStatus()
    var rounds = 0
    while application.pinStatus.triesLeft(which) > 0 {
      // 255 tries is what a byte holds.
      guard rounds < 256 else { throw .unsupported(.factoryReset) }
      rounds += 1
      var wrong = SecretBytes(capacity: derivation.derivedSize ?? 8)
      do throws(CryptoError) { try wrong.appendRandom(wrong.capacity) } catch {
        throw .crypto(error)
      }
      let before = application.pinStatus.triesLeft(which)
      _ = try send(.verify(which.reference), wrong.bytes)
      try refreshPINStatus()
      guard application.pinStatus.triesLeft(which) < before else {
        throw .unsupported(.factoryReset)
      }
    }
  }
}
