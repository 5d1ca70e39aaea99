import ArgumentParser
import BootManifest

/// `latchkey sign`
struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign /boot, or files such as ISO images, so that Heads and PureBoot accept them.",
    discussion: """
      Shows first what changed since it was last signed and why, what of Heads' own files is renewed, and \
      the manifest's digest. What nothing explains is not signed unless you say so. Signing vouches for \
      what this system shows; so every signature asks for the PIN.

      With FILEs, each gets its signature beside it, FILE.sig, as Heads wants it to boot an ISO image from \
      a USB stick.
      """)

  @Argument(help: "Files to sign instead of /boot.", completion: .file())
  var files: [String] = []

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var pin: UserPINOptions
  @OptionGroup var signer: SignerChoice
  @OptionGroup var media: MediaOptions

  @Option(
    help: ArgumentHelp("Where FILE's signature goes, instead of FILE.sig.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "How the signed list names its files: relative for Heads since 2026-03-31, absolute for older "
        + "Heads and PureBoot. Without it, as in the set that is there."))
  var names: Names?

  @Flag(
    help: "Sign also what nothing on this system explains, and where the old set does not hold.")
  var unexplained = false

  /// The dialects.
  enum Names: String, ExpressibleByArgument, CaseIterable {
    case relative
    case absolute
  }

  func run() throws {
    try media.check(files, boot, onlyOne: ("--output", output))
    guard files.isEmpty else { return try signFiles() }
    let signing = try BootSigning(boot, options, gpgKey: signer.gpgKey)
    let dialect: Dialect? =
      switch names {
      case .relative: .relative
      case .absolute: .absolute
      case nil: nil
      }
    let report = try signing.sign(
      BootSigning.Wishes(
        pin: pin.source, names: dialect, yes: options.yes, unexplained: unexplained))
    if options.json {
      try Output.document("sign", report)
    } else {
      Output.result("\(Escaped.text(boot.boot)) is signed by \(signing.signer.name).")
      report.lines.dropFirst().forEach(Output.result)
    }
  }

  private func signFiles() throws {
    guard names == nil else {
      throw Failure(.wrongUse, "--names is about /boot, not about files", next: "Leave it out.")
    }
    try MediaSigning(media, output: output, boot, options, with: signer)
      .run(files, pin: pin.source)
  }
}
