import ArgumentParser
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets

/// `latchkey card import`
struct CardImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Bring one key of an OpenPGP secret key file to the dongle.",
    discussion: """
      The file is what gpg --export-secret-keys writes. It stays as it is: whoever has it has the \
      key, so destroy it or lock it away.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The place on the dongle: signature, decryption or authentication.")
  var key: SlotArgument
  @Argument(help: "The secret key's file, or - for stdin.", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp(
      "Which key of the file, by its fingerprint; by default the only one that is meant for this.",
      valueName: "fingerprint"))
  var subkey: String?
  @Option(
    name: .customLong("passphrase-file"), help: "Read the file's passphrase from this file.",
    completion: .file())
  var passphraseFile: String?
  @Option(name: .customLong("passphrase-fd"), help: "Read it from this descriptor.")
  var passphraseDescriptor: Int32?
  @OptionGroup var adminPIN: AdminPINOptions

  func run() throws {
    let slot = key.slot
    let secrets = try read()
    let chosen = try choose(from: secrets)
    let managed = try ManagedDongle(options)
    try managed.confirmLoss(of: slot)
    let privateKey = try open(chosen, in: secrets)
    let description = chosen.key
    try managed.authorize(.administration, with: adminPIN.source, for: "to import a key") {
      (card) throws(CardError) in
      _ = try card.importKey(privateKey, into: slot)
      try card.setFingerprint(of: slot, description.fingerprint.span)
      try card.setCreationTime(of: slot, description.creationTime)
    }
    try managed.renewRecord()
    let report = KeyReport(
      slot: slot.words, algorithm: description.publicKey.algorithm.words,
      fingerprint: Hexadecimal.text(description.fingerprint),
      created: Moment.text(description.creationTime))
    if options.json { return try Output.document("card import", report) }
    Output.result("\(managed.name) has the key as its \(slot.words) key.")
    Output.result("  \(report.algorithm)  \(report.fingerprint)  \(report.created)")
    Output.note("Whoever has \(Escaped.text(file)) has the key too: destroy it or lock it away.")
  }

  private func read() throws(Failure) -> SecretKeyFile {
    let content = try DataFile.readSecret(file, limit: 1 << 18)
    do throws(OpenPGPError) {
      return try SecretKeyFile(parsing: content.bytes)
    } catch {
      throw Failure(
        .wrongUse, "\(Escaped.text(file)) is no OpenPGP secret key: \(error.words)",
        next: "Export it: gpg --export-secret-keys KEY.")
    }
  }

  /// The key that was named, or the one that is meant for this slot.
  private func choose(
    from secrets: borrowing SecretKeyFile
  ) throws(Failure) -> SecretKeyFile.SecretKey {
    let keys = secrets.keys
    if let subkey {
      let digits = subkey.filter { $0 != " " }.uppercased()
      guard
        let named = keys.first(where: { Hexadecimal.text($0.key.fingerprint) == digits })
      else {
        throw Failure(
          .wrongUse, "\(Escaped.text(file)) has no key \(Escaped.text(subkey))",
          next: "It has \(Self.list(keys)).")
      }
      return named
    }
    let certificate = secrets.certificate
    let fitting = keys.filter {
      certificate.problem(with: $0.key.fingerprint, for: key.purpose, at: Moment.now) == nil
    }
    guard let only = fitting.first, fitting.count == 1 else {
      throw Failure(
        .wrongUse,
        "\(Escaped.text(file)) has \(fitting.count) keys that are meant for \(key.rawValue)",
        next: "Name one with --subkey. It has \(Self.list(keys)).")
    }
    return only
  }

  private static func list(_ keys: [SecretKeyFile.SecretKey]) -> String {
    keys.map {
      "\(Hexadecimal.text($0.key.fingerprint)) (\($0.key.publicKey.algorithm.words))"
    }.joined(separator: ", ")
  }

  private func open(
    _ chosen: SecretKeyFile.SecretKey, in secrets: borrowing SecretKeyFile
  ) throws(Failure) -> PrivateKey {
    do throws(OpenPGPError) {
      guard chosen.usage != 0 else { return try secrets.privateKey(chosen.key.fingerprint) }
    } catch {
      throw failure(error)
    }
    let passphrase = try SecretSource(
      name: "passphrase", option: "passphrase", file: passphraseFile,
      descriptor: passphraseDescriptor
    ).read(prompt: "The passphrase of \(Escaped.text(file)): ")
    do throws(OpenPGPError) {
      return try secrets.privateKey(chosen.key.fingerprint, passphrase: passphrase)
    } catch {
      throw failure(error)
    }
  }

  private func failure(_ error: OpenPGPError) -> Failure {
    switch error {
    case .cannotDecrypt:
      Failure(
        .doesNotHold, "wrong passphrase for \(Escaped.text(file))", next: "Nothing was changed.")
    case .protectedKey:
      Failure(
        .wrongUse,
        "the secret half is not in \(Escaped.text(file)), or is protected in a way that isn't "
          + "read here", next: "Is it on another dongle? Nothing was changed.")
    default:
      Failure(
        .wrongUse, "the key in \(Escaped.text(file)) can't be used: \(error.words)",
        next: "Nothing was changed.")
    }
  }
}

extension SlotArgument {
  /// What a certificate must say that a key is for.
  fileprivate var purpose: KeyPurpose {
    switch self {
    case .signature: .signing
    case .decryption: .decryption
    case .authentication: .authentication
    }
  }
}
