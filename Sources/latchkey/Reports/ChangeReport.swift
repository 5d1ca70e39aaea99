import DiskKey
import Enrolment
import OpenPGPCard

/// What `enroll`, `rotate` or `revoke` did to a volume.
struct ChangeReport: Encodable {
  let device: String
  let uuid: String
  /// The keyslot that the dongles open; nil if there are none left.
  let keyslot: Int?
  let replacedKeyslot: Int?
  /// One that was recorded as the dongles' and stays.
  let keptKeyslot: Int?
  let passphraseKeyslot: Int?
  let headerBackup: String
  /// On /boot.
  let folder: String
  /// The number of the header's token.
  let token: Int?
  private let hasNoRoomForToken: Bool
  /// The command that made the initramfs.
  let initramfs: String?
  let dongles: [Dongle]
  /// The dongle that was taken out.
  var revoked: String?
  /// All backups of the header that this system has, where one keeps a revoked key alive.
  var headerBackups: [String]?
  /// Whether /boot is signed as it is now.
  var signed = false

  /// A dongle that may open it.
  struct Dongle: Encodable {
    let serial: String
    let model: String
    let tested: Bool
  }

  /// Of a new key, or an adopted one.
  init(_ outcome: Enrolment.Outcome, of volume: ChangingVolume) {
    device = volume.name
    uuid = String(decoding: outcome.record.volume.uuid.text, as: UTF8.self)
    keyslot = outcome.keyslot
    replacedKeyslot = outcome.replacedSlot
    keptKeyslot = outcome.keptSlot
    passphraseKeyslot = outcome.personSlot
    headerBackup = Escaped.text(outcome.backup)
    folder = Escaped.text(outcome.bootFolder)
    if case .written(let number) = outcome.token { token = number } else { token = nil }
    hasNoRoomForToken = outcome.token == .noRoom
    initramfs = volume.enrolment.initramfs.map { Escaped.text($0.command) }
    dongles = outcome.record.dongles.map {
      Dongle(
        serial: String(decoding: $0.pinned.identifier.text, as: UTF8.self),
        model: "\($0.pinned.identifier.brand)", tested: $0.isTested)
    }
  }

  /// Of the last dongle's going.
  init(_ removal: Enrolment.Removal, of volume: ChangingVolume) {
    device = volume.name
    uuid = String(decoding: volume.status.uuid.text, as: UTF8.self)
    keyslot = nil
    replacedKeyslot = removal.removedSlot
    keptKeyslot = nil
    passphraseKeyslot = removal.personSlot
    headerBackup = Escaped.text(removal.backup)
    folder = Escaped.text(volume.enrolment.places.bootFolder(volume.status.uuid))
    token = nil
    hasNoRoomForToken = false
    initramfs = volume.enrolment.initramfs.map { Escaped.text($0.command) }
    dongles = []
  }

  private enum CodingKeys: CodingKey {
    case device, uuid, keyslot, replacedKeyslot, keptKeyslot, passphraseKeyslot, headerBackup,
      folder
    case token, initramfs, dongles, revoked, headerBackups, signed
  }

  /// The lines for people.
  var lines: [String] {
    var lines: [String] = []
    if let keyslot {
      let names = dongles.map { "\($0.model) \($0.serial)" }.joined(separator: ", ")
      lines.append("\(device) opens with \(names) now (keyslot \(keyslot)).")
    } else {
      lines.append("\(device) opens with no dongle any more, only by its passphrases.")
    }
    if let revoked { lines.append("  revoked    \(revoked)") }
    if let replacedKeyslot {
      lines.append("  replaced   the key from before, keyslot \(replacedKeyslot)")
    }
    if let keptKeyslot {
      lines.append(
        "  kept       keyslot \(keptKeyslot), the one from before: no dongle proved that it is "
          + "theirs. If it is: cryptsetup luksKillSlot \(device) \(keptKeyslot)")
    }
    if let passphraseKeyslot {
      lines.append("  passphrase keyslot \(passphraseKeyslot), as it was")
    }
    lines.append("  backup     of the old header: \(headerBackup)")
    if keyslot != nil { lines.append("  key        \(folder)") }
    if let token { lines.append("  token      \(token), for cryptsetup open --token-only") }
    if hasNoRoomForToken {
      lines.append(
        "  token      none: the header has no room for \(dongles.count) dongles; only cryptsetup open "
          + "--token-only needs it")
    }
    if let initramfs { lines.append("  initramfs  made anew: \(initramfs)") }
    for dongle in dongles where !dongle.tested {
      lines.append(
        "  untested   \(dongle.serial) was not there; try it when it is: "
          + "latchkey unlock \(device) --test")
    }
    if let headerBackups {
      lines.append(
        "A header's backup keeps the old key alive: who has one, and a revoked dongle with its PIN, "
          + "opens the volume. These are here; destroy them when the volume opens, and any copies:")
      lines += headerBackups.map { "  shred -u \($0)" }
    }
    return lines
  }
}
