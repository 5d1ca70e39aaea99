import ArgumentParser
import Keyring

/// `latchkey keyring import`
struct KeyringImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Put the dongle's certificate and the stubs of its keys into gpg's keyring.",
    discussion: """
      The certificate comes from --trusted, else from /etc/latchkey/trusted.d, else from the file that the \
      dongle's URL names. The stubs are those of gpg --card-status: they tell gpg which card has a key. \
      gpg's keyring is that of GNUPGHOME, else of who runs this; under sudo, of who called sudo.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var keyring: KeyringOptions

  @Flag(help: "Tell gpg that the key is your own (ultimate ownertrust).")
  var own = false

  func run() throws {
    let place = try DongleInKeyring(options, trusted: keyring.trusted)
    try place.importCertificate(own: own)
    try place.makeStubs()
    let report = try KeyringReport(place)
    if options.json {
      try Output.document("keyring import", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.problems.isEmpty else {
      throw Failure(.doesNotHold, "", next: report.advice)
    }
  }
}
