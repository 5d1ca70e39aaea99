import ArgumentParser
import Keyring

/// `latchkey keyring check`
struct KeyringCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Whether gpg's keyring has the dongle's certificate and the stubs of its keys.",
    discussion: "Changes nothing. Exit code 1 means that something is missing, old or different.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var keyring: KeyringOptions

  func run() throws {
    let report = try KeyringReport(try DongleInKeyring(options, trusted: keyring.trusted))
    if options.json {
      try Output.document("keyring check", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.problems.isEmpty else {
      throw Failure(.doesNotHold, "", next: report.advice)
    }
  }
}
