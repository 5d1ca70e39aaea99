import ArgumentParser
import BootManifest

/// `latchkey verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check /boot against its signed set.",
    discussion: """
      Exactly one good signature by a trusted, unrevoked key; then every file, link and mode. Exit code \
      0 means that /boot is just as it was signed.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions

  func run() throws {
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let site = try BootSite(boot, options.folders, trust)
    let verdict = try site.verify()
    let report = BootReport(verdict, at: boot.boot)
    if options.json {
      try Output.document("verify", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard verdict.holds else {
      throw Failure(.doesNotHold, "", next: report.advice)
    }
    site.accept(verdict)
  }
}

/// Where /boot is, and whom to trust.
struct BootOptions: ParsableArguments {
  @Option(help: "The folder that is, or stands for, /boot.")
  var boot = "/boot"

  @Option(help: "Trust the certificates in this file instead of those in /etc/latchkey/trusted.d.")
  var trusted: [String] = []
}
