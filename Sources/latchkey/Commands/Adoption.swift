import DiskKey
import Enrolment
import OpenPGP
import OpenPGPCard
import Secrets

/// Another program's key file for a volume, about to become ours: `enroll --adopt`.
struct Adoption {
  private let path: String
  private let volume: ChangingVolume
  private let dongles: VolumeDongles
  private let message: AnyKeyBlob
  /// Whom it is encrypted to, a line each.
  private let recipients: [String]
  /// How many of them nobody here knows.
  private let unknown: Int

  /// Reads the file, which is never written.
  init(
    of path: String, _ volume: ChangingVolume, _ dongles: VolumeDongles, _ trust: TrustStore
  ) throws(Failure) {
    self.path = Escaped.text(path)
    self.volume = volume
    self.dongles = dongles
    let bytes = try DataFile.read(path, limit: AnyKeyBlob.maximumSize)
    do throws(OpenPGPError) {
      message = try AnyKeyBlob(adopting: bytes.span, for: dongles.recorded)
    } catch {
      throw Failure(EnrolmentError.message(error), device: volume.device, dongle: "")
    }
    var recipients: [String] = []
    var unknown = 0
    for keyID in message.keyIDs {
      let name = Self.name(keyID, dongles, trust)
      if name == nil { unknown += 1 }
      let number = keyID == 0 ? "hidden" : Self.text(keyID)
      recipients.append("  \(number.padded(to: 18))\(name ?? "not known here")")
    }
    self.recipients = recipients
    self.unknown = unknown
  }

  /// Shows whom the file is encrypted to.
  func describe() {
    Output.note("\(path) is encrypted to:")
    recipients.forEach(Output.note)
  }

  /// Adopts the key, and rotates it where that is wanted: always with `rotating`, else if the person
  /// says so, who is asked only where there is a key that nobody here knows.
  func run(
    _ passphrase: borrowing SecretBytes, rotating: Bool, boot: BootOptions,
    _ options: GlobalOptions, _ change: VolumeChangeOptions
  ) throws(Failure) -> (outcome: Enrolment.Outcome, rotated: Bool) {
    let rotates = rotating || wantsRotation(options)
    var enrolment = volume.enrolment
    // It is made once, in the end.
    if rotates { enrolment.initramfs = nil }
    let adopted: Enrolment.Outcome
    do throws(EnrolmentError) {
      adopted = try enrolment.adopt(
        message, for: dongles.recorded, passphrase: passphrase
      ) { (message, recorded) throws(DiskKeyError) in
        try dongles.open(message, recorded)
      } ask: { (blob, recorded) throws(DiskKeyError) in
        try dongles.open(blob, recorded)
      }
    } catch {
      throw Failure(error, device: volume.device, dongle: dongles.names)
    }
    guard rotates else { return (adopted, false) }
    do throws(Failure) {
      let rotation = Rotation(volume, dongles, boot, options, change)
      return (try rotation.run(byDongle: true), true)
    } catch {
      Output.note(
        "The key of \(path) was adopted (keyslot \(adopted.keyslot)), but there is no new one yet: "
          + "run latchkey rotate \(volume.name).")
      throw error
    }
  }

  /// What is left to do by hand.
  func advise(rotated: Bool) {
    if let keyscript = volume.atBoot.entry?.keyscript {
      Output.note(
        "crypttab still opens \(volume.name) by \(Escaped.text(keyscript)). To have Latchkey ask for the "
          + "PIN, with the passphrase behind it, make its line this:\n    \(volume.atBoot.plainLine)"
      )
    }
    guard !rotated else { return Output.note("\(path) opens nothing any more: remove it.") }
    Output.note(
      "\(path) still opens \(volume.name), for everyone it is encrypted to. A new key ends that: "
        + "latchkey rotate \(volume.name)")
  }

  private func wantsRotation(_ options: GlobalOptions) -> Bool {
    // crypttab may still need the key; what to do then is said in the end.
    guard unknown > 0, !options.yes, (try? volume.checkNextBoot()) != nil else { return false }
    let keys =
      unknown == 1
      ? "A key that is not known here opens" : "\(unknown) keys that are not known here open"
    let answer = Question.ask(
      "\(keys) it too. Give the dongles a new key at once, and take this one out? [y/N] ")
    return ["y", "yes"].contains(answer?.lowercased() ?? "")
  }

  /// Whose key that is, as far as this system knows.
  private static func name(_ keyID: UInt64, _ dongles: VolumeDongles, _ trust: TrustStore)
    -> String?
  {
    guard keyID != 0 else { return nil }
    for dongle in dongles.dongles where dongle.recorded.recipient.keyID == keyID {
      return dongle.name
    }
    for certificate in trust.certificates {
      let keys = [certificate.primary] + certificate.subkeys.map(\.key)
      guard keys.contains(where: { Self.keyID($0.fingerprint) == keyID }) else { continue }
      let owner = certificate.userIDs.first.map { Escaped.name($0.bytes) }
      return "\(owner ?? "a certificate without a name"), trusted here"
    }
    return nil
  }

  private static func keyID(_ fingerprint: [UInt8]) -> UInt64 {
    fingerprint.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func text(_ keyID: UInt64) -> String {
    Hexadecimal.text((0..<8).map { UInt8(truncatingIfNeeded: keyID >> (56 - 8 * $0)) })
  }
}
