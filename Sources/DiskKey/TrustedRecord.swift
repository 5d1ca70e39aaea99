import CSystem
import LibCrypto
import Secrets

/// A record that may be acted on, and why. There is no way to one but through a source that vouches
/// for it: `key.pgp` alone proves nothing, as anyone can encrypt to a dongle.
public struct TrustedRecord: Equatable, Sendable {
  /// Who vouches.
  public enum Source: Equatable, Sendable {
    /// A folder that only root (or this user) can write, as `/etc/latchkey/<UUID>`.
    case installed
    /// The running initramfs.
    case initramfs
    /// A /boot whose signature was checked.
    case signedBoot
    /// The run that makes it.
    case enrolment
  }

  /// The record.
  public let record: Record
  /// Who vouches for it.
  public let source: Source

  /// The record in a folder that only root, or the user of this process, can write; so must the
  /// folder's parents be, which is the caller's to know.
  /// - Parameter folder: the path of the volume's own folder, as `/etc/latchkey/<UUID>`.
  /// - Throws: ``DiskKeyError/writableByOthers(_:)`` if others could have written it,
  ///   ``DiskKeyError/file(_:errno:)``, ``DiskKeyError/record(_:)``.
  public static func installed(in folder: [UInt8]) throws(DiskKeyError) -> TrustedRecord {
    try read(in: folder, source: .installed)
  }

  /// The record in a folder of the running initramfs.
  /// - Throws: as ``installed(in:)``.
  public static func initramfs(in folder: [UInt8]) throws(DiskKeyError) -> TrustedRecord {
    try read(in: folder, source: .initramfs)
  }

  /// A record from a /boot whose signature was checked.
  /// - Parameters:
  ///   - bytes: the record's file.
  ///   - digest: the SHA-256 that the verified manifest lists for it.
  /// - Throws: ``DiskKeyError/recordNotVouchedFor`` if the bytes have another digest,
  ///   ``DiskKeyError/record(_:)``.
  public static func signedBoot(
    _ bytes: Span<UInt8>, listedAs digest: [UInt8]
  ) throws(DiskKeyError) -> TrustedRecord {
    guard try sha256(bytes) == digest else { throw .recordNotVouchedFor }
    return TrustedRecord(record: try parse(bytes), source: .signedBoot)
  }

  /// A record that this process just made, to try the new key by.
  package static func fresh(_ record: Record) -> TrustedRecord {
    TrustedRecord(record: record, source: .enrolment)
  }

  /// A record of an image that isn't running, only to look at it: nobody is asked for a PIN by it.
  package static func looked(at record: Record) -> TrustedRecord {
    TrustedRecord(record: record, source: .initramfs)
  }

  private static func read(
    in folder: [UInt8], source: Source
  ) throws(DiskKeyError) -> TrustedRecord {
    let directory = try OpenFile(reading: folder, as: .record)
    // Safe: a constant C string, relative to a descriptor that is open.
    let opened = unsafe system_openat(
      directory.descriptor, StaticString("record").cString, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard opened >= 0 else { throw .file(.record, errno: system_errno()) }
    let file = OpenFile(owning: opened)
    for status in [try directory.status(as: .record), try file.status(as: .record)] {
      guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
        throw .writableByOthers(.record)
      }
    }
    let bytes = try file.bytes(limit: Record.maximumSize, as: .record)
    return TrustedRecord(record: try parse(bytes.span), source: source)
  }

  private static func parse(_ bytes: Span<UInt8>) throws(DiskKeyError) -> Record {
    do throws(RecordFault) {
      return try Record(parsing: bytes)
    } catch {
      throw .record(error)
    }
  }
}

/// SHA-256, with this module's error.
package func sha256(_ bytes: Span<UInt8>) throws(DiskKeyError) -> [UInt8] {
  do throws(CryptoError) {
    return try digest(.sha256, of: bytes)
  } catch {
    throw .crypto
  }
}
