import ArgumentParser
import DiskKey
import Enrolment
import OpenPGPCard

/// `latchkey revoke`
struct RevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take a dongle out of a volume; the others stay.",
    discussion: """
      As the dongle may have brought the key out before, the others get a new one, and the old \
      keyslot goes. The revoked dongle need not be there; one that stays must be.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var change: VolumeChangeOptions

  @Argument(help: "The block device, or an image.", completion: .file())
  var device: String

  @Flag(help: "Take the last dongle out too: the volume is left with passphrases only.")
  var last = false

  func run() throws {
    let identifier = try revoked()
    let serial = String(decoding: identifier.text, as: UTF8.self)
    let volume = try ChangingVolume(device, boot, options, change)
    if case .finished = volume.recovery,
      volume.status.record?.dongles.contains(where: { $0.pinned.identifier == identifier }) != true
    {
      return try volume.end(
        "revoke", "\(volume.name) does not open with \(serial) any more.")
    }
    let record = try volume.enrolled()
    let remaining = record.dongles.filter { $0.pinned.identifier != identifier }
    guard remaining.count < record.dongles.count else {
      throw Failure(
        .noDongle, "\(serial) is none of the dongles of \(volume.name)",
        next: "Nothing was changed. They are: "
          + record.dongles.map { String(decoding: $0.pinned.identifier.text, as: UTF8.self) }
          .joined(separator: ", ") + ".")
    }
    try volume.checkNextBoot(leavesKey: !remaining.isEmpty)
    volume.describe()
    guard remaining.isEmpty else { return try revoke(serial, leaving: remaining, of: volume) }
    guard last else {
      throw Failure(
        .wrongUse, "\(serial) is the only dongle of \(volume.name)",
        next:
          "Nothing was changed. Enroll another one in its place: latchkey enroll \(volume.name). "
          + "Or add --last, which leaves it with its passphrases only.")
    }
    try removeLast(serial, of: volume)
  }

  private func revoke(
    _ serial: String, leaving remaining: [Record.Dongle], of volume: ChangingVolume
  ) throws {
    let dongles = try VolumeDongles(recorded: remaining, options, change, device: device)
    try Question.confirm(
      "Take \(serial) out, and give \(dongles.names) a new key?", assumed: options.yes)
    var options = options
    options.card = []
    let outcome = try Rotation(volume, dongles, boot, options, change).run(mustRemove: true)
    try show(ChangeReport(outcome, of: volume), serial, volume, dongles.dongles)
  }

  private func removeLast(_ serial: String, of volume: ChangingVolume) throws {
    try Question.confirm(
      "Take \(serial) out? Then \(volume.name) opens by its passphrases only.",
      assumed: options.yes)
    let passphrase = try change.passphrase.read(
      prompt: "A passphrase that opens \(volume.name), and goes on opening it: ")
    let removal: Enrolment.Removal
    do throws(EnrolmentError) {
      removal = try volume.enrolment.removeDongles(passphrase: passphrase)
    } catch {
      throw Failure(error, device: device, dongle: serial)
    }
    try show(ChangeReport(removal, of: volume), serial, volume, [])
  }

  private func show(
    _ report: ChangeReport, _ serial: String, _ volume: ChangingVolume,
    _ dongles: [EnrollingDongle]
  ) throws {
    var report = report
    report.revoked = serial
    report.headerBackups = volume.enrolment.backups(of: volume.status.uuid).map(Escaped.text)
    try volume.finish(report, "revoke", dongles)
  }

  /// The dongle that `--card` names.
  private func revoked() throws(Failure) -> CardIdentifier {
    guard options.card.count == 1, let text = options.card.first,
      let identifier = CardIdentifier(text: Array(text.utf8).span)
    else {
      throw Failure(
        .wrongUse, "the dongle to take out is not named",
        next: "Name one with --card MMMM:SSSSSSSS; latchkey status shows those of the volume.")
    }
    return identifier
  }
}
