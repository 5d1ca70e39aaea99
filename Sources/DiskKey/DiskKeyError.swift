public import OpenPGP
public import OpenPGPCard

/// Why a volume's key did not come out, or did not get in.
public enum DiskKeyError: Error, Equatable, Sendable {
  /// What a file was to hold.
  public enum File: Equatable, Sendable {
    /// The record.
    case record
    /// The blob.
    case blob
    /// The device, or the image.
    case device
    /// The list of PINs that failed.
    case failedPINs
  }

  /// The file could not be read or written; errno.
  case file(File, errno: Int32)
  /// The file is larger than it can be.
  case fileTooLarge(File)
  /// Someone else than root (or this user) may write the file or its folder.
  case writableByOthers(File)
  /// The file's bytes are no record.
  case record(RecordFault)
  /// The record isn't the one that was vouched for.
  case recordNotVouchedFor
  /// The blob isn't the one of the record.
  case blobChanged
  /// The blob isn't encrypted to this dongle.
  case notForThisDongle
  /// The blob is no message that this program reads.
  case message(OpenPGPError)
  /// The card refused, or isn't the recorded one.
  case card(CardError)
  /// The card took the PIN and could not decrypt: it did not prove itself. The PIN must be changed.
  case unproven
  /// The header isn't as recorded.
  case header(HeaderFault)
  /// libcryptsetup could not map the volume; errno.
  case activation(errno: Int32)
  /// libcrypto failed.
  case crypto
}
