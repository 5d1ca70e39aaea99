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
  /// Another run is changing this system's volumes.
  case busy
  /// The journal of an interrupted run is damaged; its path. Nothing was changed.
  case damagedJournal(path: String)
  /// A test cut the run here, as a loss of power would.
  case cut
}
