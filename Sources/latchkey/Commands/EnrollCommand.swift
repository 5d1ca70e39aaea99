import ArgumentParser
import DiskKey
import Enrolment
import OpenPGPCard
import Secrets

/// `latchkey enroll`
struct EnrollCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll",
    abstract: "Give a LUKS volume a new random key that only dongles bring out.",
    discussion: """
      The header is backed up first, and the new keyslot counts only when it was opened through the \
      dongle. Every keyslot that was there stays, the passphrase's too.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var change: VolumeChangeOptions

  @Argument(help: "The block device, or an image.", completion: .file())
  var device: String

  @Option(help: "A spare dongle that isn't there, by its certificate.", completion: .file())
  var recipient: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take over the key in this OpenPGP message, as PureBoot's cryptkey.gpg; its keyslot stays.",
      valueName: "file"), completion: .file())
  var adopt: String?

  @Flag(help: "With --adopt: give the dongles a new key at once, and take the adopted one out.")
  var rotate = false

  func run() throws {
    guard adopt != nil || !rotate else {
      throw Failure(
        .wrongUse, "--rotate goes with --adopt", next: "Run latchkey rotate for a new key.")
    }
    let volume = try ChangingVolume(device, boot, options, change)
    if rotate || (adopt == nil && volume.status.record != nil) { try volume.checkNextBoot() }
    let trust = try TrustStore(files: boot.trusted, folders: options.folders)
    let dongles = try VolumeDongles(
      choosing: options, spares: recipient, trust: trust, change, device: device)
    volume.describe()
    if volume.status.record != nil {
      Output.note("It is enrolled already: the key from before goes when the new one works.")
    }
    if let adopt {
      let adoption = try Adoption(of: adopt, volume, dongles, trust)
      adoption.describe()
      try Question.confirm("Make its key that of \(dongles.names)?", assumed: options.yes)
      let secret = try passphrase(volume)
      let done = try adoption.run(
        secret, rotating: rotate, boot: boot, options, change)
      adoption.advise(rotated: done.rotated)
      return try volume.finish(
        ChangeReport(done.outcome, of: volume), "enroll", dongles.dongles)
    }
    try Question.confirm("Add a key for \(dongles.names)?", assumed: options.yes)
    let secret = try passphrase(volume)
    let outcome = try volume.step(dongles.dongles) { () throws(EnrolmentError) in
      try volume.enrolment.enroll(dongles.recorded, passphrase: secret) {
        (blob, recorded) throws(DiskKeyError) in try dongles.open(blob, recorded)
      }
    }
    try volume.finish(ChangeReport(outcome, of: volume), "enroll", dongles.dongles)
  }

  private func passphrase(_ volume: ChangingVolume) throws(Failure) -> SecretBytes {
    try change.passphrase.read(prompt: "A passphrase that opens \(volume.name) now: ")
  }
}
