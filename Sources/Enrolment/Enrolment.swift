import CCryptsetup
import CSystem
public import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
public import Secrets
import Storage

/// Gives a LUKS volume a new random key that only dongles can bring out.
///
/// The header is backed up first. The key goes to a free keyslot and, encrypted to the dongles, into a
/// blob; both count only when the volume was opened through a dongle. Then files, token and initramfs
/// follow. Other keyslots are never touched, but for the dongles' own from before: it goes last, when
/// the initramfs that still has its key is no more. A journal lets the next run finish or take back
/// what was cut.
public struct Enrolment: Sendable {
  /// The device's path, or the image's.
  public let device: String
  /// Where files go.
  public let places: EnrolmentPlaces
  /// What makes the initramfs anew, if it holds this volume's key; nil if it doesn't.
  public var initramfs: Initramfs?

  /// Called at each step a cut may come before; false cuts there, and nothing is taken back.
  package var goesOn: @Sendable (Step) -> Bool = { _ in true }

  /// The steps, in their order.
  package enum Step: CaseIterable, Sendable {
    /// Before the header's backup.
    case backup
    /// Before the journal, with the backup there.
    case journal
    /// Before the files are staged.
    case stage
    /// Before the keyslot is added, or one that is adopted gets another key derivation.
    case add
    /// Before the dongle is asked.
    case test
    /// Before the journal says that all is tested.
    case tested
    /// Before the first file takes its place.
    case commit
    /// Before the record on /boot takes its place.
    case commitRecord
    /// Before the files under /etc take their place.
    case install
    /// Before the header's token.
    case token
    /// Before the journal says that the files are in place.
    case installed
    /// Before the initramfs is made.
    case renew
    /// Before the journal says that the initramfs was made.
    case renewed
    /// Before the replaced keyslot goes.
    case removeReplaced
    /// Before the journal goes.
    case finish
  }

  /// What was done.
  public struct Outcome: Equatable, Sendable {
    /// The record as it was written.
    public let record: Record
    /// The keyslot that the dongles open.
    public let keyslot: Int
    /// The keyslot that the passphrase opened; nil if none was given.
    public let personSlot: Int?
    /// The dongles' keyslot from before, which is gone.
    public let replacedSlot: Int?
    /// The keyslot that was recorded as the dongles', and stays: nothing in this run proved that it is.
    public let keptSlot: Int?
    /// What became of the header's token.
    public let token: TokenOutcome
    /// Where the header's backup is.
    public let backup: String
    /// The volume's folder on /boot, which changed: /boot must be signed.
    public let bootFolder: String
  }

  /// What became of an interrupted run.
  public enum Recovery: Equatable, Sendable {
    /// There was none.
    case nothing
    /// Its keyslot, untested, was removed, and its files with it. (One that was to be adopted stays.)
    case takenBack(keyslot: Int)
    /// Its keyslot had been tested: all is in place now. Nil where the last dongle was taken out.
    case finished(keyslot: Int?)
  }

  /// An enrolment of that device.
  public init(of device: String, places: EnrolmentPlaces) {
    self.device = device
    self.places = places
  }

  var devicePath: [UInt8] { Array(device.utf8) }

  /// Enrols the volume. An interrupted run is finished or taken back first.
  /// - Parameters:
  ///   - dongles: who may open it from now on; whether they are tested is found out here.
  ///   - passphrase: opens a keyslot, which is marked as a person's.
  ///   - ask: opens the blob on a dongle, with its PIN; nil if that dongle isn't there. Called once for
  ///     each dongle.
  /// - Throws: ``EnrolmentError``; volume and files are then as before.
  public func enroll(
    _ dongles: [Record.Dongle], passphrase: borrowing SecretBytes,
    ask: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?
  ) throws(EnrolmentError) -> Outcome {
    try Self.check(dongles)
    return try changing { (header, uuid) throws(EnrolmentError) in
      var volumeKey = SecretBytes(capacity: 128)
      guard let personSlot = header.openKeyslot(nil, with: passphrase, volumeKey: &volumeKey) else {
        throw .wrongPassphrase
      }
      let known = known(uuid)
      let old = Self.old(known, header, personSlot: personSlot, isProven: false)
      return try addKey(
        header, uuid, dongles, volumeKey: volumeKey, personSlot: personSlot, known: known, old: old,
        ask)
    }
  }
}
