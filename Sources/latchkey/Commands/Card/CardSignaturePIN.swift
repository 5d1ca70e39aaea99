import ArgumentParser
import OpenPGPCard

/// `latchkey card signature-pin`
struct CardSignaturePIN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signature-pin",
    abstract: "Whether each signature needs the PIN anew: shown, or set.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "always: each signature needs it; once: one PIN is good for many.")
  var rule: Rule?
  @OptionGroup var adminPIN: AdminPINOptions

  /// How often the PIN is needed.
  enum Rule: String, ExpressibleByArgument, CaseIterable {
    case once
    case always
  }

  func run() throws {
    let managed = try ManagedDongle(options)
    if let rule {
      guard managed.application.capabilities.canChangePINStatus else {
        throw Failure(
          .dongleRefuses, "\(managed.name) can't change when it wants its PIN",
          next: "Nothing was changed.")
      }
      try managed.authorize(
        .administration, with: adminPIN.source, for: "to set when it wants its PIN"
      ) { (card) throws(CardError) in try card.setAllowsManySignatures(rule == .once) }
    }
    let now = try managed.read { (card) throws(CardError) in
      card.application.pinStatus.allowsManySignatures ? Rule.once : .always
    }
    if options.json {
      return try Output.document("card signature-pin", Report(signaturePIN: now.rawValue))
    }
    Output.result(
      now == .always
        ? "always: each signature needs the PIN" : "once: one PIN is good for many signatures")
  }

  private struct Report: Encodable {
    let signaturePIN: String
  }
}
