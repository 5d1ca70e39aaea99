internal import SmartCard

extension Authorization where Use == Signing {
  /// Has a Yubikey of firmware 5.2 or later say, by a certificate that Yubico's key signs, that a slot's
  /// key was made on it (Yubico's own ATTEST KEY). The card keeps the certificate as the slot's, in the
  /// place of what was there.
  /// - Returns: the X.509 certificate in DER.
  /// - Throws: ``CardError/status(_:ins:)`` with `noSuchInstruction` or `noSuchClass` from other cards;
  ///   ``CardError/touchTimedOut``.
  public mutating func attest(_ slot: KeySlot) throws(CardError) -> [UInt8] {
    try session.require(.attest(slot))
    try session.selectCertificate(of: slot)
    return try session.readObject(0x7F21)
  }
}

extension Command {
  /// Yubico's own. The slot's number is 1 to 3.
  fileprivate static func attest(_ slot: KeySlot) -> Command {
    Command(cla: 0x80, ins: 0xFB, p1: slot.rawValue + 1, p2: 0x00)
  }
}
