import ArgumentParser
import CSystem
import Secrets
import Storage

/// The command: asks, shows, and says by its exit code how it went.
@main
enum Main {
  static func main() {
    // Before the first secret is read; a kernel that refuses is older than any that Latchkey runs on.
    _ = hardenProcess()
    system_ignore_broken_pipes()
    var status = run()
    if Output.loss != 0 {
      Failure(StorageError("write", "stdout", code: Output.loss)).show()
      if status == .done { status = .system }
    }
    wipeStack()
    exit(status.rawValue)
  }

  /// Runs to the end, so that every scope that holds a secret has ended before the process exits.
  private static func run() -> ExitStatus {
    do {
      var command = try parsed(Array(CommandLine.arguments.dropFirst()))
      try command.run()
      return .done
    } catch let failure as Failure {
      failure.show()
      return failure.status
    } catch {
      let text = Latchkey.fullMessage(for: error)
      guard Latchkey.exitCode(for: error) != .success else {
        Output.result(text)
        return .done
      }
      Output.note(text)
      return .wrongUse
    }
  }
}

extension Main {
  /// The command that the arguments are. The parser looks at a whole tree before it begins, so it gets the branch
  /// that they name; what isn't well there is read from the root, by which help and errors go.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    var branch: any ParsableCommand.Type = Latchkey.self
    var rest = arguments[...]
    while let name = rest.first,
      let next = branch.configuration.subcommands.first(where: { $0._commandName == name })
    {
      branch = next
      rest = rest.dropFirst()
    }
    // Help that is asked for comes as a command too, of another type.
    guard branch.configuration.subcommands.isEmpty,
      let command = try? branch.parseAsRoot(Array(rest)), type(of: command) == branch
    else { return try Latchkey.parseAsRoot(arguments) }
    return command
  }
}

/// The tree of commands.
struct Latchkey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latchkey",
    abstract: "Sign /boot and open disks with an OpenPGP dongle.",
    discussion: """
      Exit codes:
        0  done
        1  what was checked does not hold: changed, a bad signature, a wrong PIN
        2  wrong use
        3  no dongle, or not the one asked for
        4  the dongle refuses: blocked, touch timed out
        5  the system: disk, reader, permissions
      """,
    version: "latchkey 0.1.0",
    subcommands: [
      StatusCommand.self, ProvisionCommand.self, SignCommand.self, VerifyCommand.self,
      ChangesCommand.self, EntriesCommand.self, EnrollCommand.self, RotateCommand.self,
      RevokeCommand.self,
      UnlockCommand.self, InitramfsCommand.self, CardCommand.self, KeyringCommand.self,
      AfterUpgradeCommand.self, ImageMadeCommand.self, NoticeCommand.self,
    ])
}
