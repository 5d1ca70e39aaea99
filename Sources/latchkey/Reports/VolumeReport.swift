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

  init(_ status: VolumeStatus, device: String) {
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
    if status.isInterrupted {
      missing.append("An enrolment of \(name) was interrupted: run latchkey enroll again.")
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
        "  opened by   \($0.model) \($0.serial)" + ($0.tested ? "" : " (untested)")
      }
  }
}
