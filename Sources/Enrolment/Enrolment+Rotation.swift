import CSystem
public import DiskKey
public import Secrets

extension Enrolment {
  /// How a volume's key is come by.
  public enum Opening: Equatable, Sendable {
    /// By a passphrase; the keyslot that it opens is a person's.
    case passphrase
    /// By the key that a dongle brought out of the blob from before.
    case dongle
  }

  /// What was done when the last dongle was taken out.
  public struct Removal: Equatable, Sendable {
    /// The dongles' keyslot, which is gone; nil if it was gone before.
    public let removedSlot: Int?
    /// The keyslot that the passphrase opened.
    public let personSlot: Int
    /// Where the header's backup is.
    public let backup: String
  }

  /// Gives the dongles of an enrolled volume a new key; the keyslot of the old one goes in the end. An
  /// interrupted run is finished or taken back first.
  /// - Parameters:
  ///   - dongles: who may open it from now on.
  ///   - opening: what the secret is.
  ///   - secret: what opens the volume now.
  ///   - mustRemove: refuse if the old keyslot can't be removed, as when a dongle is revoked.
  ///   - ask: as in ``enroll(_:passphrase:ask:)``.
  /// - Throws: ``EnrolmentError``. Volume and files are then as before, but after
  ///   ``EnrolmentError/initramfs(_:_:)``, where only the end is missing.
  public func rotate(
    to dongles: [Record.Dongle], by opening: Opening, _ secret: borrowing SecretBytes,
    mustRemove: Bool = false, ask: Ask
  ) throws(EnrolmentError) -> Outcome {
    try Self.check(dongles)
    return try changing { (header, uuid) throws(EnrolmentError) in
      guard let known = known(uuid) else { throw .notEnrolled }
      var volumeKey = SecretBytes(capacity: 128)
      var personSlot: Int?
      switch opening {
      case .passphrase:
        personSlot = header.openKeyslot(nil, with: secret, volumeKey: &volumeKey)
        guard personSlot != nil else { throw .wrongPassphrase }
        guard personSlot != known.volume.keyslot else { throw .passphraseOfDongles }
      case .dongle:
        let slot = known.volume.keyslot
        guard header.openKeyslot(slot, with: secret, volumeKey: &volumeKey) == slot else {
          throw .keyRefused
        }
      }
      let old = Self.old(known, header, personSlot: personSlot, isProven: opening == .dongle)
      if mustRemove, let kept = old.kept { throw .unprovenKeyslot(kept) }
      return try addKey(
        header, uuid, dongles, volumeKey: volumeKey, personSlot: personSlot, known: known, old: old,
        ask)
    }
  }

  /// Takes the last dongle out: keyslot, blob, record and token go, and passphrases are left.
  /// - Parameter passphrase: opens a keyslot that stays, which this run proves by it.
  /// - Throws: as ``rotate(to:by:_:mustRemove:ask:)``.
  public func removeDongles(
    passphrase: borrowing SecretBytes
  ) throws(EnrolmentError) -> Removal {
    return try changing { (header, uuid) throws(EnrolmentError) in
      guard let known = known(uuid) else { throw .notEnrolled }
      var volumeKey = SecretBytes(capacity: 128)
      guard let personSlot = header.openKeyslot(nil, with: passphrase, volumeKey: &volumeKey) else {
        throw .wrongPassphrase
      }
      guard personSlot != known.volume.keyslot else { throw .passphraseOfDongles }
      let old = Self.old(known, header, personSlot: personSlot, isProven: false)
      if let kept = old.kept { throw .unprovenKeyslot(kept) }
      try step(.backup)
      let backup = try HeaderBackup.write(header, uuid, to: places.backups)
      try step(.journal)
      let journal = Journal(
        phase: .tested, keyslot: nil, isAdded: false, replaced: old.removable,
        rounds: old.removable.flatMap { header.rounds(of: $0) } ?? 0)
      try journal.write(places.journal(uuid))
      try finish(journal, header, uuid)
      return Removal(removedSlot: old.removable, personSlot: personSlot, backup: backup)
    }
  }

  /// The header backups of a volume that this system has, oldest first: each opens by every key and
  /// passphrase that the volume had then.
  public func backups(of uuid: VolumeUUID) -> [String] {
    HeaderBackup.all(uuid, in: places.backups)
  }
}
