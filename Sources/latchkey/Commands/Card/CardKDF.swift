import ArgumentParser
import LibCrypto
import OpenPGPCard
import Provisioning
import Secrets
import Storage

/// `latchkey card kdf`
struct CardKDF: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kdf", abstract: "Whether PINs go to the dongle as typed, or derived (KDF-DO).",
    subcommands: [Setup.self, Show.self, Off.self])

  /// `latchkey card kdf setup`
  struct Setup: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "setup", abstract: "Have the dongle take derived PINs from now on.")

    @OptionGroup var options: GlobalOptions
    @Option(help: "Bytes that are hashed for a PIN.")
    var count = 100_000
    @OptionGroup var pin: UserPINOptions
    @OptionGroup var adminPIN: AdminPINOptions

    func validate() throws {
      guard (1024...KeyDerivation.maximumCount).contains(count) else {
        throw ValidationError("--count is 1024 to \(KeyDerivation.maximumCount).")
      }
    }

    func run() throws {
      let change = try Change(options, pin.source, adminPIN.source, "derived PINs")
      guard !change.managed.derivation.isActive else {
        throw Failure(
          .wrongUse, "\(change.managed.name) takes derived PINs already",
          next: "latchkey card kdf show says how.")
      }
      try change.run { (card, user, admin) throws(CardError) in
        try card.setUpKeyDerivation(
          .sha256, count: count, user: user.text.secret, under: user.terms,
          admin: admin.text.secret,
          under: admin.terms)
      }
      try CardKDF.show(options, "card kdf setup")
    }
  }

  /// `latchkey card kdf off`
  struct Off: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "off", abstract: "Have the dongle take PINs as they are typed again.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var pin: UserPINOptions
    @OptionGroup var adminPIN: AdminPINOptions

    func run() throws {
      let change = try Change(options, pin.source, adminPIN.source, "PINs as they are typed")
      let derivation = change.managed.derivation
      guard derivation.isActive else {
        throw Failure(
          .wrongUse, "\(change.managed.name) takes PINs as they are typed already",
          next: "Nothing was changed.")
      }
      try change.run { (card, user, admin) throws(CardError) in
        try card.removeKeyDerivation(
          derivation, user: user.text.secret, under: user.terms, admin: admin.text.secret,
          under: admin.terms)
        return .plain
      }
      try CardKDF.show(options, "card kdf off")
    }
  }

  /// `latchkey card kdf show`
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "How PINs are derived.")

    @OptionGroup var options: GlobalOptions

    func run() throws { try CardKDF.show(options, "card kdf show") }
  }

  private static func show(_ options: GlobalOptions, _ command: String) throws(Failure) {
    let dongle = try Dongles.look(options).one("that fits")
    var card = try dongle.visit()
    let derivation: KeyDerivation
    do throws(CardError) {
      derivation = try card.keyDerivation()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    let report = Report(
      derivation, isAvailable: dongle.application.capabilities.hasKeyDerivation,
      recorded: try DongleStore(options.folders).known(dongle.identifier)?.keyDerivation)
    if options.json { return try Output.document(command, report) }
    report.lines.forEach(Output.result)
  }

  private struct Report: Encodable {
    /// Whether the dongle could have a KDF-DO.
    let available: Bool
    let active: Bool
    let hash: String?
    let count: Int?
    /// Whether it is as this system recorded it; nothing where nothing is recorded.
    let asRecorded: Bool?

    init(_ derivation: KeyDerivation, isAvailable: Bool, recorded: KeyDerivation?) {
      available = isAvailable
      active = derivation.isActive
      switch derivation.method {
      case .plain: (hash, count) = (nil, nil)
      case .iteratedSalted(let function, let number): (hash, count) = ("\(function)", number)
      }
      asRecorded = recorded.map { $0 == derivation }
    }

    var lines: [String] {
      var lines = [
        active
          ? "PINs are derived: iterated and salted, \(hash ?? ""), \(count ?? 0) bytes"
          : available
            ? "PINs go to the dongle as they are typed"
            : "PINs go to the dongle as they are typed; it can't have a KDF-DO"
      ]
      if asRecorded == false { lines.append("This is not what this system recorded.") }
      return lines
    }
  }

  /// What `setup` and `off` share: both PINs, a question, and the record.
  private struct Change {
    let managed: ManagedDongle
    private let user: PINEntry
    private let admin: PINEntry

    init(
      _ options: GlobalOptions, _ pin: SecretSource, _ adminPIN: SecretSource, _ what: String
    ) throws(Failure) {
      managed = try ManagedDongle(options)
      guard managed.application.capabilities.hasKeyDerivation else {
        throw Failure(
          .dongleRefuses, "\(managed.name) can't have a KDF-DO", next: "Nothing was changed.")
      }
      // Where something is recorded, the record must be changed along: without it, no command takes
      // the dongle any more.
      if let known = try managed.store.known(managed.dongle.identifier) {
        try managed.store.save(known)
      }
      try managed.confirm(
        "Have \(managed.name) take \(what)? If it is pulled out meanwhile, only a reset helps; "
          + "it deletes the keys.")
      user = try managed.ask(.user, from: pin, for: "as it is now")
      admin = try managed.ask(.admin, from: adminPIN, for: "as it is now")
    }

    func run(
      _ body: (
        inout OpenPGPCard<ReaderTransport>, PINEntry, PINEntry
      ) throws(CardError) -> KeyDerivation
    ) throws(Failure) {
      let new = try managed.visit(with: admin) { (card) throws(CardError) in
        try body(&card, user, admin)
      }
      managed.store.remember(managed.dongle, new)
      Output.note("Volumes that it opens must be enrolled again: latchkey enroll DEVICE.")
    }
  }
}
