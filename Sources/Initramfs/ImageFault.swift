public import DiskKey

/// Something that keeps an initramfs from opening a volume, or that its owner should know.
public enum ImageFault: Equatable, Sendable {
  /// What every image needs.
  public enum Part: Equatable, Sendable {
    /// `latchkey-unlock`.
    case program
    /// What the scripts share.
    case functions
    /// pcscd.
    case daemon
    /// libccid.
    case driver
    /// libccid's list of readers.
    case driverList
    /// A library, by the name's beginning, as in `libgcc_s.so.`.
    case library(String)
    /// One of Latchkey's scripts or units, by its path.
    case script(String)
  }

  /// Which of a volume's two files.
  public enum File: String, Sendable {
    case record
    case blob = "key.pgp"
  }

  /// No enrolled volume is in the image.
  case noVolume
  /// Something isn't in it.
  case missing(Part)
  /// A program can't be run.
  case notExecutable(String)
  /// A script runs after one that it must run before.
  case order(String, before: String)
  /// No driver for any USB controller.
  case noUSB
  /// A kernel module isn't there, nor built in.
  case noModule(String)
  /// A volume's file isn't there.
  case noFile(File)
  /// Others than root could have written a volume's file.
  case writableByOthers(File)
  /// The record can't be read.
  case record(RecordFault)
  /// The record is another volume's.
  case otherVolume
  /// The blob isn't the record's, or isn't a message that the initramfs reads.
  case blob(DiskKeyError)
  /// The file on this system is another by now: the image was made before.
  case stale(File)
  /// The volume isn't enrolled on this system any more.
  case notEnrolled
  /// Nothing in the image maps it: it isn't in the image's crypttab.
  case notInCrypttab
  /// The blob isn't of the sizes that Latchkey's are: gpg may have compressed it. Only the dongle can tell.
  case mayBeCompressed
  /// A volume that is enrolled on this system isn't in the image.
  case leftOut(uuid: String)

  /// Whether it is only worth knowing: the volume opens all the same.
  public var isNote: Bool {
    switch self {
    case .mayBeCompressed, .leftOut: true
    default: false
    }
  }
}
