import DiskKey
import Enrolment
import OpenPGPCard
import Secrets

/// A new key for some dongles, opened for by one of them where that can be.
struct Rotation {
  private let volume: ChangingVolume
  private let dongles: VolumeDongles
  private let boot: BootOptions
  private let options: GlobalOptions
  private let change: VolumeChangeOptions

  init(
    _ volume: ChangingVolume, _ dongles: VolumeDongles, _ boot: BootOptions,
    _ options: GlobalOptions, _ change: VolumeChangeOptions
  ) {
    self.volume = volume
    self.dongles = dongles
    self.boot = boot
    self.options = options
    self.change = change
  }

  /// - Parameters:
  ///   - mustRemove: refuse if the old keyslot can't go.
  ///   - byDongle: open it by a dongle, though a passphrase is given.
  func run(
    mustRemove: Bool = false, byDongle: Bool = false
  ) throws(Failure) -> Enrolment.Outcome {
    let site = try VolumeSite(volume.device, boot: boot, options: options)
    if byDongle || !change.passphrase.isGiven, let key = try oldKey(site) {
      return try rotate(by: .dongle, key, mustRemove)
    }
    let passphrase = try change.passphrase.read(
      prompt: "A passphrase that opens \(volume.name) now: ")
    return try rotate(by: .passphrase, passphrase, mustRemove)
  }

  private func rotate(
    by opening: Enrolment.Opening, _ secret: borrowing SecretBytes, _ mustRemove: Bool
  ) throws(Failure) -> Enrolment.Outcome {
    do throws(EnrolmentError) {
      return try volume.enrolment.rotate(
        to: dongles.recorded, by: opening, secret, mustRemove: mustRemove
      ) { (blob, recorded) throws(DiskKeyError) in try dongles.open(blob, recorded) }
    } catch {
      throw Failure(error, device: volume.device, dongle: dongles.names)
    }
  }

  /// The key from before, by one of the dongles whose PIN is known already; nil if none of them is
  /// recorded. The header is checked before it gets one.
  private func oldKey(_ site: VolumeSite) throws(Failure) -> SecretBytes? {
    for dongle in dongles.dongles where dongle.entry != nil {
      guard let known = site.blob.dongle(dongle.recorded.pinned.identifier),
        known.pinned.fingerprint == dongle.recorded.pinned.fingerprint
      else { continue }
      _ = try site.checkedHeader()
      do throws(DiskKeyError) {
        if let key = try dongle.open(site.blob, as: known) { return key }
      } catch {
        throw Failure(error, device: volume.device, dongle: dongle.name)
      }
    }
    return nil
  }
}
