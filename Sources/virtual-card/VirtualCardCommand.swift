import ArgumentParser
import VirtualCard

/// `virtual-card`: makes, runs and shows virtual OpenPGP cards.
@main
struct VirtualCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virtual-card",
    abstract: "An OpenPGP card in software, for development and tests.",
    discussion: """
      Its keys lie in a file in the clear: use it for nothing you would miss.

        virtual-card create --profile cards/nitrokey-3.json dongle.card
        virtual-card run dongle.card
        virtual-card run --usb-redir card.sock dongle.card

      Exit codes: 0 done; 2 wrong use; 3 no reader or machine to connect to; 5 the file or the system.
      """,
    subcommands: [Create.self, Run.self, Show.self])

  /// Runs the command; wrong use ends with 2.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Report.note(fullMessage(for: error))
      exit(withError: ExitCode(2))
    }
  }
}
