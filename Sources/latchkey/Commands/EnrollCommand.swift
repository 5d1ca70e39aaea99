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

  @Argument(help: "The block device, or an image.")
  var device: String

  @Option(help: "A spare dongle that isn't there, by its certificate.")
  var recipient: [String] = []

  @Option(name: .customLong("pin-file"), help: "Read the PIN from this file; one for each dongle.")
  var pinFiles: [String] = []
  @Option(name: .customLong("pin-fd"), help: "Read the PIN from this descriptor.")
  var pinDescriptor: Int32?
  @Option(name: .customLong("passphrase-file"), help: "Read the passphrase from this file.")
  var passphraseFile: String?
  @Option(name: .customLong("passphrase-fd"), help: "Read the passphrase from this descriptor.")
  var passphraseDescriptor: Int32?

  func run() throws {
    let enrolment = Enrolment(of: device, places: places)
    let status = try step { () throws(EnrolmentError) in
      try VolumeStatus(of: device, places: places)
    }
    let present = try chosen()
    let trust = try TrustStore(files: boot.trusted, folders: options.folders)
    var dongles: [EnrollingDongle] = []
    for (index, dongle) in present.enumerated() {
      dongles.append(
        try EnrollingDongle(
          dongle, pin: pinSource(index, of: present.count), trust: trust, folders: options.folders,
          device: device))
    }
    for path in recipient {
      dongles.append(try EnrollingDongle(certificate: path, folders: options.folders))
    }
    let names = dongles.map(\.name).joined(separator: ", ")
    Output.note(
      "\(Escaped.text(device)) is LUKS\(status.luksVersion), "
        + "\(String(decoding: status.uuid.text, as: UTF8.self)), with "
        + "\(status.keyslots.count) keyslot\(status.keyslots.count == 1 ? "" : "s") in use.")
    if status.record != nil {
      Output.note("It is enrolled already: the key from before goes when the new one works.")
    }
    try Question.confirm("Add a key for \(names)?", assumed: options.yes)
    let passphrase = try SecretSource(
      name: "passphrase", option: "passphrase", file: passphraseFile,
      descriptor: passphraseDescriptor
    ).read(prompt: "A passphrase that opens \(Escaped.text(device)) now: ")

    let outcome = try step(names) { () throws(EnrolmentError) in
      try enrolment.enroll(dongles.map(\.recorded), passphrase: passphrase) {
        (blob, recorded) throws(DiskKeyError) in
        guard let dongle = dongles.first(where: { $0.recorded.pinned == recorded.pinned }) else {
          return nil
        }
        return try dongle.open(blob)
      }
    }
    try show(outcome, names)
  }

  private var places: EnrolmentPlaces {
    EnrolmentPlaces(
      boot: boot.boot, installed: options.folders.configuration,
      backups: options.folders.state + "/headers", journals: options.folders.state + "/journal")
  }

  /// The dongles named, else the only one there.
  private func chosen() throws(Failure) -> [Dongle] {
    let dongles = try Dongles.look(options)
    let able = dongles.found.filter { $0.application.fingerprint(of: .decryption) != nil }
    if able.count > 1, !options.card.isEmpty || !options.virtualCard.isEmpty { return able }
    return [
      try dongles.one("with a decryption key") {
        $0.application.fingerprint(of: .decryption) != nil
      }
    ]
  }

  /// A PIN file goes to one dongle only: a PIN of one, sent to another, would use a try.
  private func pinSource(_ index: Int, of count: Int) throws(Failure) -> SecretSource {
    guard pinFiles.isEmpty || pinFiles.count == count else {
      throw Failure(
        .wrongUse, "\(pinFiles.count) PIN files for \(count) dongles",
        next: "Give --pin-file once for each dongle, in their order.")
    }
    guard pinDescriptor == nil || count == 1 else {
      throw Failure(
        .wrongUse, "one PIN descriptor for \(count) dongles",
        next: "Give --pin-file once for each dongle, in their order.")
    }
    return SecretSource(
      name: "PIN", option: "pin", file: pinFiles.isEmpty ? nil : pinFiles[index],
      descriptor: pinDescriptor)
  }

  private func step<Result>(
    _ dongles: String = "", _ body: () throws(EnrolmentError) -> Result
  ) throws(Failure) -> Result {
    do throws(EnrolmentError) {
      return try body()
    } catch {
      throw Failure(error, device: device, dongle: dongles)
    }
  }

  private func show(_ outcome: Enrolment.Outcome, _ names: String) throws(Failure) {
    let report = Report(
      device: Escaped.text(device),
      uuid: String(decoding: outcome.record.volume.uuid.text, as: UTF8.self),
      keyslot: outcome.keyslot, replacedKeyslot: outcome.replacedSlot,
      passphraseKeyslot: outcome.personSlot, headerBackup: Escaped.text(outcome.backup),
      folder: Escaped.text(outcome.bootFolder),
      dongles: outcome.record.dongles.map {
        Report.Dongle(
          serial: String(decoding: $0.pinned.identifier.text, as: UTF8.self), tested: $0.isTested)
      })
    if options.json { return try Output.document("enroll", report) }
    Output.result("\(report.device) opens with \(names) now (keyslot \(report.keyslot)).")
    if let replaced = report.replacedKeyslot {
      Output.result("  replaced   the key from before, keyslot \(replaced)")
    }
    Output.result("  passphrase keyslot \(report.passphraseKeyslot), as it was")
    Output.result("  backup     of the old header: \(report.headerBackup)")
    Output.result("  key        \(report.folder)")
    for dongle in report.dongles where !dongle.tested {
      Output.result(
        "  untested   \(dongle.serial) was not there; try it when it is: "
          + "latchkey unlock \(report.device) --test")
    }
    Output.note("\(Escaped.text(boot.boot)) must be signed: run latchkey sign.")
  }

  private struct Report: Encodable {
    let device: String
    let uuid: String
    let keyslot: Int
    let replacedKeyslot: Int?
    let passphraseKeyslot: Int
    let headerBackup: String
    let folder: String
    let dongles: [Dongle]

    struct Dongle: Encodable {
      let serial: String
      let tested: Bool
    }
  }
}
