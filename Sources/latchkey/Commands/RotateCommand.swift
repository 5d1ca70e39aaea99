import ArgumentParser
import DiskKey
import Enrolment
import OpenPGPCard
import Secrets

/// `latchkey rotate`
struct RotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Give a volume's dongles a new key, then take the old one out.",
    discussion: """
      The volume is opened by a dongle and its PIN, or by a passphrase. The header is backed up first; \
      the old keyslot goes when the new one was opened through the dongles, and the initramfs has it.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var change: VolumeChangeOptions

  @Argument(help: "The block device, or an image.", completion: .file())
  var device: String

  @Option(help: "A spare dongle that isn't there, by its certificate.", completion: .file())
  var recipient: [String] = []

  func run() throws {
    let volume = try ChangingVolume(device, boot, options, change)
    if case .finished = volume.recovery {
      return try volume.end(
        "rotate", "\(volume.name) has its new key. Run this again for another.")
    }
    let record = try volume.enrolled()
    try volume.checkNextBoot()
    volume.describe()
    let dongles: VolumeDongles
    if options.card.isEmpty, recipient.isEmpty {
      dongles = try VolumeDongles(
        recorded: record.dongles, options, change, device: device)
    } else {
      dongles = try VolumeDongles(
        choosing: options, spares: recipient,
        trust: try TrustStore(files: boot.trusted, folders: options.folders), change,
        device: device)
    }
    try Question.confirm("Give \(dongles.names) a new key?", assumed: options.yes)
    let outcome = try Rotation(volume, dongles, boot, options, change).run()
    try volume.finish(ChangeReport(outcome, of: volume), "rotate", dongles.dongles)
  }
}

extension ChangingVolume {
  /// The record of a volume that is enrolled.
  func enrolled() throws(Failure) -> Record {
    if let error = status.recordError { throw Failure(error, device: device, dongle: "") }
    guard let record = status.record else {
      throw Failure(EnrolmentError.notEnrolled, device: device, dongle: "")
    }
    return record
  }
}
