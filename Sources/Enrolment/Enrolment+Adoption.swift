import CSystem
public import DiskKey
public import Secrets

extension Enrolment {
  /// How a message that was made elsewhere is opened: nil if that dongle isn't there, or the message
  /// isn't for it.
  public typealias Open = (AnyKeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?

  /// The fewest bytes of an adopted key that is taken for random, and needs no stretching.
  static var leastAdoptedKey: Int { 32 }

  /// Makes a key that another program gave the volume, and encrypted to its dongles, the dongles' key:
  /// its keyslot stays, the key goes into a blob of ours. A LUKS2 keyslot is derived anew, by the
  /// smallest PBKDF2.
  /// - Parameters:
  ///   - message: an OpenPGP message, as PureBoot's `cryptkey.gpg`; it is only read.
  ///   - dongles: who may open the volume from now on.
  ///   - passphrase: opens a keyslot, which is marked as a person's.
  ///   - open: opens the message. Called for each dongle until one does.
  ///   - ask: as in ``enroll(_:passphrase:ask:)``.
  /// - Throws: ``EnrolmentError``, as ``enroll(_:passphrase:ask:)``.
  public func adopt(
    _ message: AnyKeyBlob, for dongles: [Record.Dongle], passphrase: borrowing SecretBytes,
    open: Open, ask: Ask
  ) throws(EnrolmentError) -> Outcome {
    try Self.check(dongles)
    return try changing { (header, uuid) throws(EnrolmentError) in
      var volumeKey = SecretBytes(capacity: 128)
      guard let personSlot = header.openKeyslot(nil, with: passphrase, volumeKey: &volumeKey) else {
        throw .wrongPassphrase
      }
      let key = try Self.key(message, dongles, open)
      guard let keyslot = header.openKeyslot(nil, with: key, volumeKey: &volumeKey) else {
        throw .adoptedKeyOpensNothing
      }
      guard keyslot != personSlot else { throw .passphraseOfDongles }
      if header.rounds(of: keyslot) == nil, key.count < Self.leastAdoptedKey {
        throw .adoptedKeyTooShort(key.count)
      }
      let known = known(uuid)
      var old = Self.old(known, header, personSlot: personSlot, isProven: false)
      if old.slot == keyslot { old = OldKeyslot() }
      return try change(
        header, uuid, dongles, key, in: keyslot, isAdded: false, volumeKey: volumeKey,
        personSlot: personSlot, known: known, old: old, ask)
    }
  }

  private static func key(
    _ message: AnyKeyBlob, _ dongles: [Record.Dongle], _ open: Open
  ) throws(EnrolmentError) -> SecretBytes {
    do throws(DiskKeyError) {
      for dongle in dongles {
        if let key = try open(message, dongle) { return key }
      }
    } catch {
      throw .diskKey(error)
    }
    throw .notForAnyDongle
  }
}
