import CCryptsetup
import CSystem
import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import Storage

extension Enrolment {
  static func check(_ dongles: [Record.Dongle]) throws(EnrolmentError) {
    guard (1...Record.maximumDongles).contains(dongles.count) else {
      throw .dongleCount(dongles.count)
    }
    for (index, dongle) in dongles.enumerated() {
      for other in dongles[..<index] where other.pinned.identifier == dongle.pinned.identifier {
        throw .sameDongleTwice
      }
    }
  }

  /// One run at a time. A process that ends lets go, however it ends.
  func lock() throws(EnrolmentError) -> Int32 {
    do throws(StorageError) {
      try DurableFile.makeFolder(places.journals, mode: 0o700)
    } catch {
      throw .storage(error)
    }
    let path = places.journals + "/lock"
    // Safe: a C string for the call.
    let opened = unsafe system_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw .storage(StorageError("open", path, code: system_errno())) }
    guard system_lock(opened) == 0 else {
      close(opened)
      throw .busy
    }
    return opened
  }

  func openHeader() throws(EnrolmentError) -> CryptDevice {
    // Safe: a C string for the call. Writable, so that a device that isn't is known before anything.
    let opened = unsafe system_open(device, O_RDWR | O_NOCTTY | O_NONBLOCK, 0)
    guard opened >= 0 else {
      switch system_errno() {
      case EROFS, EACCES, EPERM: throw .readOnlyDevice
      case let code: throw .device(errno: code)
      }
    }
    close(opened)
    let header: CryptDevice
    do throws(HeaderFault) {
      header = try CryptDevice(header: devicePath)
    } catch {
      throw .notLUKS
    }
    return header
  }

  /// The record from before, if root's own is there.
  func known(_ uuid: VolumeUUID) -> Record? {
    do throws(DiskKeyError) {
      let folder = Array(places.installedFolder(uuid).utf8)
      return try TrustedRecord.installed(in: folder).record
    } catch {
      return nil
    }
  }

  /// The dongles' keyslot from before.
  struct OldKeyslot {
    /// Its number; nil if there is none.
    var slot: Int?
    /// Whether it is known to be the dongles', and so may go.
    var isOurs = false
    /// What is to be removed.
    var removable: Int? { isOurs ? slot : nil }
    /// What stays for want of a proof.
    var kept: Int? { isOurs ? nil : slot }
  }

  /// The dongles' keyslot from before: the recorded one, if it is no person's. It is known to be theirs
  /// if a dongle's key opened it in this run, or if it looks as ours do.
  static func old(
    _ known: Record?, _ header: borrowing CryptDevice, personSlot: Int?, isProven: Bool
  ) -> OldKeyslot {
    guard let volume = known?.volume, volume.keyslot != personSlot,
      volume.personSlots & 1 << UInt32(volume.keyslot) == 0, header.isInUse(volume.keyslot)
    else { return OldKeyslot() }
    return OldKeyslot(
      slot: volume.keyslot, isOurs: isProven || header.looksLikeOurs(volume.keyslot))
  }

  /// Those of the marked slots that are still in use.
  static func inUse(_ slots: UInt32, _ header: borrowing CryptDevice) -> UInt32 {
    var kept: UInt32 = 0
    for slot in 0..<32 where slots & 1 << UInt32(slot) != 0 && header.isInUse(slot) {
      kept |= 1 << UInt32(slot)
    }
    return kept
  }

  func facts(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID, keyslot: Int,
    volumeKey: borrowing SecretBytes, blob: [UInt8]
  ) throws(EnrolmentError) -> Record.Volume {
    guard header.cipher + [UInt8(ascii: "-")] + header.mode == Array("aes-xts-plain64".utf8) else {
      throw .header(.cipher(.segment))
    }
    guard header.dataOffset > 0 else { throw .header(.dataOffset) }
    do throws(DiskKeyError) {
      return Record.Volume(
        uuid: uuid, luksVersion: header.version ?? 0, keyslot: keyslot, cipher: header.cipher,
        mode: header.mode, keySize: header.volumeKeySize, sectorSize: header.sectorSize,
        dataOffset: header.dataOffset, digest: try header.volumeKeyDigest(of: devicePath),
        volumeKeyDigest: try volumeKey.withBytes { bytes throws(DiskKeyError) in
          try sha256(bytes)
        },
        blobDigest: try sha256(blob.span), personSlots: 0)
    } catch {
      throw .diskKey(error)
    }
  }
}
