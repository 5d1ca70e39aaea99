import ArgumentParser
import BootManifest

/// `latchkey verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check /boot against its signed set, or files against their signatures.",
    discussion: """
      Exactly one good signature by a trusted, unrevoked key; then every file, link and mode. Exit code \
      0 means that /boot is just as it was signed. With --as-heads, what the firmware will say at the next \
      boot: 0 means that it accepts. With --root, the root's files by kexec_root_hashes.txt, too.

      With FILEs, the signature beside each, FILE.sig or else FILE.asc, as Heads does before it boots an ISO \
      image from a USB stick.
      """)

  @Argument(help: "Files to verify instead of /boot.", completion: .file())
  var files: [String] = []

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var media: MediaOptions

  @Option(
    help: ArgumentHelp("FILE's signature, if it isn't beside it.", valueName: "file"),
    completion: .file())
  var signature: String?

  @Option(
    help: ArgumentHelp(
      "gpg: have gpg verify the signature as well, with a keyring of the trusted certificates only; "
        + "where the two differ, that is an error."))
  var engine = Engine.latchkey

  @Flag(help: "Say what the firmware will say at the next boot, by its own, laxer rules.")
  var asHeads = false

  @Option(
    help: "Check the files of the root at this folder, whose hashes the firmware had signed.",
    completion: .directory)
  var root: String?

  func validate() throws {
    if asHeads, root != nil {
      throw ValidationError("--as-heads and --root are two questions: ask them one by one.")
    }
    if asHeads || root != nil, !files.isEmpty || engine != .latchkey {
      throw ValidationError("--as-heads and --root are about /boot alone: ask the rest by itself.")
    }
  }

  func run() throws {
    try media.check(files, boot, onlyOne: ("--signature", signature))
    guard files.isEmpty else {
      return try MediaVerifying(media, signature: signature, boot, options, engine: engine)
        .run(files, json: options.json)
    }
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let site = try BootSite(boot, options.folders, trust)
    if asHeads { return try FirmwareVerification(site: site, options: options).run() }
    if let root { return try RootVerification(root: root, site: site, options: options).run() }
    let verdict = try site.verify()
    if engine == .gpg { try Witness(trust).check(site, verdict) }
    let report = BootReport(verdict, at: boot.boot, trust)
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
  @Option(help: "The folder that is, or stands for, /boot.", completion: .directory)
  var boot = "/boot"

  @Option(
    help: "Trust the certificates in this file instead of those in /etc/latchkey/trusted.d.",
    completion: .file())
  var trusted: [String] = []
}
