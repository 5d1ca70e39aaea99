import ArgumentParser
import DiskKey
import OpenPGPCard
import Provisioning
import Secrets

/// `latchkey card pin`
struct CardPIN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pin", abstract: "Change PINs, and bring blocked ones back.",
    subcommands: [
      Change.self, Unblock.self, SetResetCode.self, Retries.self, Forget.self,
    ])

  /// Tells how it went, with the tries as they are now.
  private static func show(
    _ what: String, _ command: String, _ managed: ManagedDongle, _ status: PINStatus,
    _ options: GlobalOptions
  ) throws(Failure) {
    let tries = DongleReport.Tries(
      user: status.triesLeft(.user), resetCode: status.triesLeft(.resetCode),
      admin: status.triesLeft(.admin))
    if options.json {
      return try Output.document(command, Report(dongle: managed.dongle.serial, triesLeft: tries))
    }
    Output.result("\(what) of \(managed.name).")
    Output.result(
      "  tries left  PIN \(tries.user), reset code \(tries.resetCode), admin PIN \(tries.admin)")
  }

  private struct Report: Encodable {
    let dongle: String
    let triesLeft: DongleReport.Tries
  }

  /// `latchkey card pin change`
  struct Change: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "change", abstract: "A new PIN, or with --admin a new admin PIN.")

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Change the admin PIN.")
    var admin = false
    @OptionGroup var pin: UserPINOptions
    @OptionGroup var adminPIN: AdminPINOptions
    @OptionGroup var new: NewPINOptions

    func run() throws {
      let managed = try ManagedDongle(options)
      let which = admin ? PIN.admin : .user
      let source = admin ? adminPIN.source : pin.source
      let derivation = managed.derivation
      if !new.source(which.words).isGiven,
        let instruction = PINEntry.padInstruction(
          changing: which, of: managed.dongle, from: source, derivedBy: derivation)
      {
        return try changeOnPad(which, managed, source, instruction)
      }
      let old = try managed.ask(which, from: source, for: "as it is now")
      let chosen = try NewPIN.read(which, of: managed.dongle, from: new.source(which.words))
      let status = try managed.visit(with: old) { (card) throws(CardError) in
        try old.change(to: chosen.secret, on: &card, derivedBy: derivation)
        try card.refreshPINStatus()
        return card.application.pinStatus
      }
      try show(managed, status)
    }

    private func changeOnPad(
      _ which: PIN, _ managed: ManagedDongle, _ source: SecretSource, _ instruction: String
    ) throws(Failure) {
      let old = try managed.ask(which, from: source, for: "", onPad: instruction)
      let status = try managed.visit(with: old) { (card) throws(CardError) in
        try old.changeOnPad(on: &card, derivedBy: managed.derivation)
        return card.application.pinStatus
      }
      try show(managed, status)
    }

    private func show(_ managed: ManagedDongle, _ status: PINStatus) throws(Failure) {
      try CardPIN.show(
        admin ? "New admin PIN" : "New PIN", "card pin change", managed, status, options)
    }
  }

  /// `latchkey card pin unblock`
  struct Unblock: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "unblock",
      abstract: "A new PIN by the admin PIN or the reset code, blocked or not.")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("by-reset-code"), help: "By the reset code, not the admin PIN.")
    var byResetCode = false
    @OptionGroup var code: ResetCodeOptions
    @OptionGroup var adminPIN: AdminPINOptions
    @OptionGroup var new: NewPINOptions

    func run() throws {
      let managed = try ManagedDongle(options)
      let isByCode = byResetCode || code.source.isGiven
      let given = try managed.ask(
        isByCode ? .resetCode : .admin, from: isByCode ? code.source : adminPIN.source,
        for: "to set a new PIN")
      let chosen = try NewPIN.read(.user, of: managed.dongle, from: new.source("PIN"))
      let derivation = managed.derivation
      let status = try managed.visit(with: given) { (card) throws(CardError) in
        if isByCode {
          try given.resetUserPIN(to: chosen.secret, on: &card, derivedBy: derivation)
        } else {
          var administration = try given.authorize(
            .administration, on: &card, derivedBy: derivation)
          try administration.setUserPIN(chosen.secret, derivedBy: derivation)
        }
        return card.application.pinStatus
      }
      managed.memory.forget(.user, of: managed.dongle.identifier)
      try CardPIN.show("New PIN", "card pin unblock", managed, status, options)
    }
  }

  /// `latchkey card pin set-reset-code`
  struct SetResetCode: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set-reset-code",
      abstract: "A code that sets a new PIN without the admin PIN; with --remove, none.")

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Take the reset code away.")
    var remove = false
    @OptionGroup var code: ResetCodeOptions
    @OptionGroup var adminPIN: AdminPINOptions

    func run() throws {
      let managed = try ManagedDongle(options)
      let given = try managed.ask(
        .admin, from: adminPIN.source, for: "to set the reset code")
      let chosen =
        remove
        ? SecretHolder(SecretBytes(capacity: 1))
        : try NewPIN.read(.resetCode, of: managed.dongle, from: code.source)
      let derivation = managed.derivation
      let status = try managed.visit(with: given) { (card) throws(CardError) in
        var administration = try given.authorize(
          .administration, on: &card, derivedBy: derivation)
        try administration.setResetCode(chosen.secret, derivedBy: derivation)
        return administration.application.pinStatus
      }
      managed.memory.forget(.resetCode, of: managed.dongle.identifier)
      try CardPIN.show(
        remove ? "No reset code" : "New reset code", "card pin set-reset-code", managed, status,
        options)
    }
  }

  /// `latchkey card pin retries`
  struct Retries: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retries", abstract: "How many tries each PIN gets; only Yubikeys do this.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Tries of the PIN, 1 to 15.")
    var user: UInt8
    @Argument(help: "Tries of the reset code.")
    var resetCode: UInt8
    @Argument(help: "Tries of the admin PIN.")
    var admin: UInt8
    @OptionGroup var adminPIN: AdminPINOptions

    func validate() throws {
      guard [user, resetCode, admin].allSatisfy({ (1...15).contains($0) }) else {
        throw ValidationError("Each number of tries is 1 to 15.")
      }
    }

    func run() throws {
      let managed = try ManagedDongle(options)
      try managed.confirm(
        "Give the PINs of \(managed.name) \(user), \(resetCode) and \(admin) tries? "
          + "Old Yubikeys also set the PINs back to 123456 and 12345678 then. Go on?")
      let status = try managed.authorize(
        .administration, with: adminPIN.source, for: "to set the tries"
      ) { (administration) throws(CardError) in
        try administration.setRetries(user: user, resetCode: resetCode, admin: admin)
        return administration.application.pinStatus
      }
      // Old Yubikeys have the factory's PINs now.
      managed.memory.forgetAll(of: managed.dongle.identifier)
      try CardPIN.show("New numbers of tries", "card pin retries", managed, status, options)
    }
  }
  /// `latchkey card pin forget`
  struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "forget",
      abstract: "Forget which PINs failed on a dongle, as after another program changed them.",
      discussion: """
        A PIN that failed, or got no answer, is not sent to that dongle again until the next boot. \
        No PIN is sent by this, and other dongles' stay remembered.
        """)

    @OptionGroup var options: GlobalOptions

    func run() throws {
      let dongle = try Dongles.look(options).one("that fits")
      let memory = FailedPINs(options.folders)
      memory.forgetAll(of: dongle.identifier)
      if let problem = memory.problem {
        throw Failure(problem, folder: FailedPINs.folder(options.folders))
      }
      if options.json {
        return try Output.document("card pin forget", Report(dongle: dongle.serial))
      }
      Output.result("No PIN counts as failed on \(dongle.name) any more.")
    }

    private struct Report: Encodable {
      let dongle: String
    }
  }
}
