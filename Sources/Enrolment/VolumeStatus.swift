import CSystem
public import DiskKey
import LibCrypto
import Storage

/// What can be told of a LUKS volume without opening it.
public struct VolumeStatus: Equatable, Sendable {
  /// Whose key a keyslot holds, as far as the record tells.
  public enum Owner: Equatable, Sendable {
    /// The blob's.
    case dongles
    /// A person's: a passphrase opened it when the volume was enrolled.
    case person
    /// Not known: a passphrase, a recovery key, another program's.
    case unknown
  }

  /// One keyslot in use.
  public struct Keyslot: Equatable, Sendable {
    /// Its number.
    public let number: Int
    /// Whose key it holds.
    public let owner: Owner
  }

  /// How a copy of the blob stands to the record.
  public enum Blob: Equatable, Sendable {
    /// It is the recorded one.
    case matches
    /// There is none.
    case missing
    /// It is another one, or can't be read.
    case differs
  }

  /// Where an interrupted run stands.
  public enum Interruption: Equatable, Sendable {
    /// Its keyslot has opened nothing yet: the next run takes it back.
    case toTakeBack
    /// Its keyslot was tested, or is to go: the next run puts all in place.
    case toFinish
    /// The initramfs must be made, and then the old keyslot goes.
    case toRenew
    /// Only /boot must be signed.
    case toSign
  }

  /// The volume's UUID.
  public let uuid: VolumeUUID
  /// 1 or 2.
  public let luksVersion: Int
  /// The keyslots in use, in their order.
  public let keyslots: [Keyslot]
  /// Root's record, which says which dongles may open it; nil if the volume isn't enrolled.
  public let record: Record?
  /// Why root's record can't be used, where there is one that can't.
  public let recordError: DiskKeyError?
  /// The first thing in the header that isn't as recorded: no key would be given to it.
  public let headerFault: DiskKeyError?
  /// The blob under `/etc/latchkey`.
  public let installedBlob: Blob
  /// The blob on /boot.
  public let bootBlob: Blob
  /// Whether the record on /boot is the same as root's.
  public let bootRecordMatches: Bool
  /// Where an interrupted run stands, if there was one.
  public let interruption: Interruption?
  /// Whether a run was interrupted that `Enrolment.recover()` ends.
  public var isInterrupted: Bool { interruption != nil && interruption != .toSign }

  /// Looks at a device or image.
  /// - Throws: ``EnrolmentError/notLUKS``, ``EnrolmentError/device(errno:)``,
  ///   ``EnrolmentError/damagedJournal(path:)``.
  public init(of device: String, places: EnrolmentPlaces) throws(EnrolmentError) {
    let path = Array(device.utf8)
    // Safe: a C string for the call.
    guard unsafe access(device, R_OK) == 0 else { throw .device(errno: system_errno()) }
    let header = try Self.open(path)
    guard let uuid = header.uuid, let version = header.version else { throw .notLUKS }
    self.uuid = uuid
    luksVersion = Int(version)
    interruption =
      switch try Journal.read(places.journal(uuid))?.phase {
      case .adding: .toTakeBack
      case .tested: .toFinish
      case .installed, .renewed: .toRenew
      case .unsigned: .toSign
      case nil: nil
      }

    let folder = places.installedFolder(uuid)
    var trusted: TrustedRecord?
    var recordError: DiskKeyError?
    do throws(DiskKeyError) {
      trusted = try TrustedRecord.installed(in: Array(folder.utf8))
    } catch {
      if error != .file(.record, errno: ENOENT) { recordError = error }
    }
    self.recordError = recordError
    record = trusted?.record
    headerFault = trusted.flatMap { Self.fault(path, $0) }
    installedBlob = Self.blob(folder, record)
    bootBlob = Self.blob(places.bootFolder(uuid), record)
    bootRecordMatches =
      record != nil
      && Self.read(places.bootFolder(uuid) + "/record", Record.maximumSize) == record?.encoded

    var keyslots: [Keyslot] = []
    for slot in 0..<header.keyslotCount where header.isInUse(slot) {
      let owner: Owner
      if let volume = record?.volume, volume.keyslot == slot {
        owner = .dongles
      } else if let volume = record?.volume, volume.personSlots & 1 << UInt32(slot) != 0 {
        owner = .person
      } else {
        owner = .unknown
      }
      keyslots.append(Keyslot(number: slot, owner: owner))
    }
    self.keyslots = keyslots
  }

  private static func open(_ path: [UInt8]) throws(EnrolmentError) -> CryptDevice {
    do throws(HeaderFault) {
      return try CryptDevice(header: path)
    } catch {
      throw .notLUKS
    }
  }

  private static func fault(_ path: [UInt8], _ trusted: TrustedRecord) -> DiskKeyError? {
    do throws(DiskKeyError) {
      _ = try CheckedHeader(of: path, for: trusted)
      return nil
    } catch {
      return error
    }
  }

  private static func blob(_ folder: String, _ record: Record?) -> Blob {
    guard let bytes = read(folder + "/key.pgp", KeyBlob.maximumSize) else { return .missing }
    guard let record, let digest = try? sha256(bytes.span) else { return .differs }
    return digest == record.volume.blobDigest ? .matches : .differs
  }

  /// Nil where it isn't there or can't be read.
  private static func read(_ path: String, _ limit: Int) -> [UInt8]? {
    do throws(StorageError) {
      return try DurableFile.read(path, limit: limit)
    } catch {
      return []
    }
  }
}
