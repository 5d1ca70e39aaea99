import ArgumentParser
import BootManifest

/// `latchkey verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check /boot against its signed set.",
    discussion: """
      Exactly one good signature by a trusted, unrevoked key; then every file, link and mode. Exit code \
      0 means that /boot is just as it was signed. With --as-heads, what the firmware will say at the next \
      boot: 0 means that it accepts. With --root, the root's files by kexec_root_hashes.txt, too.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions

  @Flag(help: "Say what the firmware will say at the next boot, by its own, laxer rules.")
  var asHeads = false

  @Option(help: "Check the files of the root at this folder, whose hashes the firmware had signed.")
  var root: String?

  func validate() throws {
    if asHeads, root != nil {
      throw ValidationError("--as-heads and --root are two questions: ask them one by one.")
    }
  }

  func run() throws {
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let site = try BootSite(boot, options.folders, trust)
    if asHeads { return try FirmwareVerification(site: site, options: options).run() }
    if let root { return try RootVerification(root: root, site: site, options: options).run() }
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
