import DiskKey
import Enrolment
import OpenPGPCard

/// A LUKS volume's state, in words and for JSON.
struct VolumeReport: Encodable {
  let device: String
  let uuid: String
  let luks: Int
  let keyslots: [Keyslot]
  let dongles: [Dongle]
  /// What crypttab has asked for the key, where it isn't a person.
  let keyscript: String?
  /// Images on /boot that are older than the record.
  let staleImages: [String]
  /// Where an interrupted run stands: `toTakeBack`, `toFinish`, `toRenew`, `toSign`.
  let interruption: String?
  /// What keeps it from being opened by a dongle; empty when nothing does.
  let missing: [String]

  /// A keyslot in use.
  struct Keyslot: Encodable {
    let number: Int
    /// `dongles`, `person`, `unknown`.
    let owner: String
  }

  /// A dongle that may open it.
  struct Dongle: Encodable {
    let serial: String
    let model: String
    let tested: Bool
  }

  /// - Parameters:
  ///   - keyscript: what crypttab names for it.
  ///   - staleImages: names of images on /boot that are older than the record.
  ///   - isBootGood: whether /boot is as it was signed.
  init(
    _ status: VolumeStatus, device: String, keyscript: String?, staleImages: [String],
    isBootGood: Bool
  ) {
    self.keyscript = keyscript.map(Escaped.text)
    self.staleImages = staleImages.map(Escaped.text)
    interruption = status.interruption.map { "\($0)" }
    self.device = Escaped.text(device)
    uuid = String(decoding: status.uuid.text, as: UTF8.self)
    luks = status.luksVersion
    keyslots = status.keyslots.map { Keyslot(number: $0.number, owner: "\($0.owner)") }
    dongles = (status.record?.dongles ?? []).map {
      Dongle(
        serial: String(decoding: $0.pinned.identifier.text, as: UTF8.self),
        model: "\($0.pinned.identifier.brand)", tested: $0.isTested)
    }
    let name = Escaped.text(device)
    var missing: [String] = []
    switch status.interruption {
    case .toTakeBack:
      missing.append(
        "A change of \(name) was interrupted before its key was tried: the next latchkey enroll, "
          + "rotate or revoke takes it back.")
    case .toFinish, .toRenew:
      missing.append(
        "A change of \(name) was interrupted"
          + (status.interruption == .toRenew ? ", with the initramfs still to be made" : "")
          + ": latchkey rotate \(name) finishes it.")
    case .toSign where !isBootGood:
      missing.append(
        "The keys of \(name) were changed, and /boot is not signed since: latchkey sign")
    case .toSign, nil: break
    }
    if let error = status.recordError {
      missing.append(Failure(error, device: device, dongle: "").what + ".")
    } else if status.record == nil {
      missing.append("\(name) is not enrolled: latchkey enroll \(name)")
    } else {
      if let fault = status.headerFault {
        missing.append(Failure(fault, device: device, dongle: "").what + ".")
      }
      if status.bootBlob != .matches || !status.bootRecordMatches {
        missing.append("The key of \(name) on /boot is missing or another: latchkey enroll \(name)")
      }
      if !staleImages.isEmpty {
        missing.append(
          "Older than the key of \(name), and so without it: "
            + self.staleImages.joined(separator: ", ") + ". Make them anew, then sign: "
            + "update-initramfs -u -k all, or dracut --force --regenerate-all, or mkinitcpio -P")
      }
      if !status.keyslots.contains(where: { $0.owner == .person }) {
        missing.append("\(name) has no passphrase that is known to open it: keep one.")
      }
    }
    self.missing = missing
  }

  /// The lines for people.
  var lines: [String] {
    let slots = keyslots.map { slot in
      switch slot.owner {
      case "dongles": "\(slot.number) dongle"
      case "person": "\(slot.number) passphrase"
      default: "\(slot.number) not known"
      }
    }
    return ["\(device), LUKS\(luks) \(uuid)", "  keyslots    \(slots.joined(separator: ", "))"]
      + dongles.map {
        "  opened by   \($0.model) \($0.serial)"
          + ($0.tested
            ? "" : " (untested: plug it in, and try it: latchkey unlock \(device) --test)")
      } + (keyscript.map { ["  keyscript   \($0): \(Self.checks($0))"] } ?? [])
  }

  /// What a keyscript of crypttab makes sure of.
  private static func checks(_ keyscript: String) -> String {
    switch keyscript.split(separator: "/").last ?? "" {
    case "decrypt_gnupg-sc":
      "checks nothing, neither the dongle before it gets the PIN nor the volume before it gets the "
        + "key, shows no tries, and has no way to the passphrase"
    case "decrypt_gnupg", "decrypt_opensc": "checks nothing of dongle and volume"
    case "latchkey", "latchkey-keyscript", "keyscript":
      "checks the dongle, but not the volume's header, which cryptsetup reads again"
    default: "not one of Latchkey's"
    }
  }
}
