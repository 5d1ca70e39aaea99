import ArgumentParser

/// `latchkey keyring`
struct KeyringCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keyring", abstract: "The dongle's certificate and stubs in the user's gpg.",
    subcommands: [KeyringImport.self, KeyringCheck.self])
}

/// Whose certificate counts as the dongle's.
struct KeyringOptions: ParsableArguments {
  @Option(
    help: "Take the certificates in this file instead of those in /etc/latchkey/trusted.d.",
    completion: .file())
  var trusted: [String] = []
}
