public import DiskKey
public import OpenPGP
public import Storage

/// Why a volume was not enrolled. It then is as it was before, and so are the files.
public enum EnrolmentError: Error, Equatable, Sendable {
  /// The device could not be opened; errno.
  case device(errno: Int32)
  /// The device, or the image, can only be read.
  case readOnlyDevice
  /// There is no LUKS header on it.
  case notLUKS
  /// The header isn't one that would get a key, by this fault.
  case header(HeaderFault)
  /// The passphrase opens no keyslot.
  case wrongPassphrase
  /// All keyslots are in use.
  case noFreeKeyslot
  /// The header has no room for a keyslot more.
  case noRoomInHeader
  /// libcryptsetup refused a change of the header; errno.
  case keyslot(errno: Int32)
  /// The header could not be backed up; errno. Nothing was changed.
  case backup(errno: Int32)
  /// A file could not be written, such as on a full or read-only /boot.
  case storage(StorageError)
  /// No dongle, or more than ``Record/maximumDongles``.
  case dongleCount(Int)
  /// The same dongle twice.
  case sameDongleTwice
  /// None of the dongles was there to open the new keyslot.
  case noDongleTested
  /// What the card part of the test said.
  case diskKey(DiskKeyError)
  /// A dongle gave another key than it should.
  case wrongKeyFromDongle
  /// The key could not be encrypted.
  case encryption(OpenPGPError)
  /// libcrypto failed.
  case crypto
  /// The volume has no record under `/etc/latchkey`: no dongle is enrolled.
  case notEnrolled
  /// The dongle's key doesn't open the recorded keyslot.
  case keyRefused
  /// Nothing in this run proved that the keyslot recorded as the dongles' is theirs, so it can't be
  /// removed; its number.
  case unprovenKeyslot(Int)
  /// The passphrase opens the very keyslot that is to go.
  case passphraseOfDongles
  /// The message to adopt can't be read.
  case message(OpenPGPError)
  /// None of the dongles that are there opens the message to adopt.
  case notForAnyDongle
  /// What the message holds opens no keyslot.
  case adoptedKeyOpensNothing
  /// What the message holds is so short that it may be a person's, and its keyslot isn't PBKDF2's; bytes.
  case adoptedKeyTooShort(Int)
  /// The initramfs could not be made anew. All else is in place, the old key still opens, and the next
  /// run goes on from there.
  case initramfs(Initramfs, Initramfs.Failure)
  /// Another run is changing this system's volumes.
  case busy
  /// The journal of an interrupted run is damaged; its path. Nothing was changed.
  case damagedJournal(path: String)
  /// A test cut the run here, as a loss of power would.
  case cut
}
