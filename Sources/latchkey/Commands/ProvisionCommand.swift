import ArgumentParser
import DiskKey
import LibCrypto
import OpenPGPCard
import Provisioning
import Secrets
import SmartCard
import Storage

/// `latchkey provision`
struct ProvisionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provision",
    abstract: "Make a new dongle ready: keys made on it, PINs, certificate.",
    discussion: """
      The keys never leave the dongle. The certificate and its revocation are exported, and the \
      certificate is trusted on this system from then on.
      """)

  @OptionGroup var options: GlobalOptions

  @Option(help: "The owner's name.")
  var name: String

  @Option(help: "The owner's address.")
  var email = ""

  @Option(help: "The kind of keys; the best the dongle has by default.")
  var algorithm: Kind?

  @Option(
    help: ArgumentHelp(
      "Write the certificate here, and the revocation certificate beside it as NAME-revocation.asc.",
      valueName: "file"), completion: .file())
  var export: String?

  @Option(
    name: .customLong("expire-days"), help: "Days after which the keys expire; never by default.")
  var expireDays: UInt32?

  @Flag(help: "Empty a dongle that has keys. They are lost for good.")
  var reset = false

  @OptionGroup var pin: UserPINOptions

  @Option(
    name: .customLong("admin-pin-file"), help: "Read the new admin PIN from this file.",
    completion: .file())
  var adminFile: String?
  @Option(name: .customLong("admin-pin-fd"), help: "Read the new admin PIN from this descriptor.")
  var adminDescriptor: Int32?
  @Option(
    name: .customLong("current-pin-file"),
    help: "Read the PIN as it is now from this file; the factory's 123456 by default.",
    completion: .file())
  var currentFile: String?
  @Option(name: .customLong("current-pin-fd"), help: "The same from this descriptor.")
  var currentDescriptor: Int32?
  @Option(
    name: .customLong("current-admin-pin-file"),
    help: "Read the admin PIN as it is now from this file; the factory's 12345678 by default.",
    completion: .file())
  var currentAdminFile: String?
  @Option(name: .customLong("current-admin-pin-fd"), help: "The same from this descriptor.")
  var currentAdminDescriptor: Int32?

  /// The kinds of keys.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case curve25519
    case curve448
    case nistp256
    case nistp384
    case nistp521
    case brainpool256
    case brainpool384
    case brainpool512
    case secp256k1
    case rsa2048
    case rsa3072
    case rsa4096

    var kind: ProvisioningPlan.KeyKind {
      switch self {
      case .curve25519: .curve25519
      case .curve448: .curve448
      case .nistp256: .nistP256
      case .nistp384: .nistP384
      case .nistp521: .nistP521
      case .brainpool256: .brainpool256
      case .brainpool384: .brainpool384
      case .brainpool512: .brainpool512
      case .secp256k1: .secp256k1
      case .rsa2048: .rsa2048
      case .rsa3072: .rsa3072
      case .rsa4096: .rsa4096
      }
    }
  }

  func run() throws {
    let dongle = try Dongles.look(options).one("to make ready")
    let provisioning = try step(dongle) { () throws(ProvisioningError) in
      try Provisioning(
        ProvisioningPlan(
          name: Array(name.utf8), email: Array(email.utf8), keys: algorithm?.kind,
          lifetime: expireDays.map { $0 &* 86400 }, isReset: reset, time: Moment.now))
    }
    if !reset { try checkTries(dongle) }
    try checkExport()
    DongleReport(dongle).lines.forEach(Output.note)
    let user = try pins(
      .user, dongle, new: pin.source, file: currentFile, descriptor: currentDescriptor)
    let admin = try pins(
      .admin, dongle,
      new: SecretSource(
        name: "admin PIN", option: "admin-pin", file: adminFile, descriptor: adminDescriptor),
      file: currentAdminFile, descriptor: currentAdminDescriptor)
    try Question.confirm(
      reset
        ? "Delete everything on \(dongle.name), and make it ready for \(Escaped.text(name))?"
        : "Make \(dongle.name) ready for \(Escaped.text(name))?", assumed: options.yes)

    let made = try makeKeys(on: dongle, provisioning, user.old, admin.old)
    // What failed before the reset may be right now; without one, both PINs were.
    FailedPINs(options.folders).forgetAll(of: dongle.identifier)
    let files = try write(made)
    try setPINs(on: dongle, made, user, admin)
    try show(made, dongle, files)
  }

  /// A PIN as it is and as it shall be. Without a file for the first, it is the factory's. The question
  /// that names the dongle comes behind it, before anything is sent.
  private func pins(
    _ pin: PIN, _ dongle: Dongle, new: SecretSource, file: String?, descriptor: Int32?
  ) throws(Failure) -> (old: PINEntry, new: SecretHolder) {
    let old: PINEntry
    if reset {
      old = try .factory(pin, of: dongle, options)
    } else {
      let isGiven = file != nil || descriptor != nil
      let source =
        isGiven
        ? SecretSource(
          name: "current \(pin.words)", option: "current-\(pin == .user ? "pin" : "admin-pin")",
          file: file, descriptor: descriptor)
        : .factory(pin)
      old = try .ask(
        pin, of: dongle, from: source, for: "as it is now",
        derivedBy: nil, isNew: false, options)
    }
    return (old, try NewPIN.read(pin, of: dongle, from: new))
  }

  /// Before anybody types: a blocked PIN ends it.
  private func checkTries(_ dongle: Dongle) throws(Failure) {
    for pin in [PIN.user, .admin] where dongle.application.pinStatus.triesLeft(pin) == 0 {
      throw Failure(CardError.blocked(pin), dongle: dongle.name)
    }
  }

  /// Before anything is made: a file that is there already is not overwritten.
  private func checkExport() throws(Failure) {
    for path in [export, export.map(revocationPath)].compactMap({ $0 }) {
      do throws(StorageError) {
        guard try DurableFile.read(path, limit: 1 << 20) == nil else {
          throw StorageError("create", path, code: 17)
        }
      } catch {
        guard error.code == 17 else { throw Failure(error) }
        throw Failure(
          .wrongUse, "\(Escaped.text(path)) is there already",
          next: "Nothing was changed. Choose another name for --export.")
      }
    }
  }

  private func makeKeys(
    on dongle: Dongle, _ provisioning: Provisioning, _ user: PINEntry, _ admin: PINEntry
  ) throws(Failure) -> Provisioning.Made {
    let transport: ReaderTransport
    do throws(Dongle.ConnectionError) {
      transport = try dongle.place.connect()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    do throws(ProvisioningError) {
      return try provisioning.makeKeys(
        on: transport, within: dongle.limits, user: user.text.secret, under: user.terms,
        admin: admin.text.secret, under: admin.terms, progress: Self.show)
    } catch {
      user.warn()
      admin.warn()
      throw Failure(error, dongle: dongle.name)
    }
  }

  private static func show(_ stage: Provisioning.Stage) {
    switch stage {
    case .resetting: Output.note("Emptying the dongle …")
    case .generating(let slot, let algorithm):
      Output.note("Making the \(slot.words) key, \(algorithm.words) …")
    case .certifying: Output.note("Writing the certificate …")
    }
  }

  private func setPINs(
    on dongle: Dongle, _ made: Provisioning.Made, _ user: (old: PINEntry, new: SecretHolder),
    _ admin: (old: PINEntry, new: SecretHolder)
  ) throws(Failure) {
    let transport: ReaderTransport
    do throws(Dongle.ConnectionError) {
      transport = try dongle.place.connect()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    try step(dongle) { () throws(ProvisioningError) in
      try Provisioning.setPINs(
        on: transport, within: dongle.limits, made: made,
        user: (user.old.text, user.new), under: user.old.terms,
        admin: (admin.old.text, admin.new), under: admin.old.terms)
    }
  }

  private func step<Result>(
    _ dongle: Dongle, _ body: () throws(ProvisioningError) -> Result
  ) throws(Failure) -> Result {
    do throws(ProvisioningError) {
      return try body()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
  }

  /// Writes what was exported and what this system shall know. Only the export must succeed: without
  /// root, the system's own folders can't be written, and that is said.
  private func write(_ made: Provisioning.Made) throws(Failure) -> [String] {
    var files: [String] = []
    if let export {
      do throws(StorageError) {
        try DurableFile.write(made.certificate, to: export, mode: 0o644, replacing: false)
        try DurableFile.write(
          made.revocation, to: revocationPath(export), mode: 0o600, replacing: false)
      } catch {
        throw Failure(error)
      }
      files = [export, revocationPath(export)]
    }
    let folders = options.folders
    let trusted = folders.trusted + "/\(Hexadecimal.text(made.fingerprint)).asc"
    do throws(StorageError) {
      try DurableFile.makeFolder(folders.trusted, mode: 0o755)
      try DurableFile.write(made.certificate, to: trusted, mode: 0o644)
      try made.dongle.save(to: folders.dongles)
      files.append(trusted)
    } catch {
      Output.note("latchkey: \(Failure(error).what), so this system does not trust the dongle yet.")
      Output.note("  As root: install -D -m 644 CERTIFICATE \(Escaped.text(trusted))")
    }
    return files
  }

  private func revocationPath(_ path: String) -> String {
    (path.hasSuffix(".asc") ? String(path.dropLast(4)) : path) + "-revocation.asc"
  }

  private func show(_ made: Provisioning.Made, _ dongle: Dongle, _ files: [String]) throws(Failure)
  {
    let report = Report(
      dongle: dongle.serial, model: dongle.model,
      fingerprint: Hexadecimal.text(made.fingerprint),
      algorithms: made.algorithms.map(\.words), files: files.map(Escaped.text))
    if options.json { return try Output.document("provision", report) }
    Output.result("\(dongle.name) is ready.")
    Output.result("  fingerprint  \(report.fingerprint)")
    Output.result("  keys         \(report.algorithms.joined(separator: ", "))")
    for file in report.files { Output.result("  written      \(file)") }
    Output.note("Put the revocation certificate away where nobody finds it and it can't burn with")
    Output.note("the dongle. Next: latchkey enroll DEVICE, latchkey sign.")
  }

  private struct Report: Encodable {
    let dongle: String
    let model: String
    let fingerprint: String
    let algorithms: [String]
    let files: [String]
  }
}
