import ArgumentParser
import BootManifest

/// `latchkey sign`
struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign /boot, so that Heads and PureBoot accept it.",
    discussion: """
      Shows first what changed since it was last signed, and the manifest's digest. Signing vouches for \
      what this system shows; so every signature asks for the PIN.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var pin: UserPINOptions
  @OptionGroup var signer: SignerChoice

  @Option(
    help: ArgumentHelp(
      "How the signed list names its files: relative for Heads since 2026-03-31, absolute for older "
        + "Heads and PureBoot. Without it, as in the set that is there."))
  var names: Names?

  /// The dialects.
  enum Names: String, ExpressibleByArgument, CaseIterable {
    case relative
    case absolute
  }

  func run() throws {
    let signing = try BootSigning(boot, options, gpgKey: signer.gpgKey)
    let dialect: Dialect? =
      switch names {
      case .relative: .relative
      case .absolute: .absolute
      case nil: nil
      }
    let report = try signing.sign(pin: pin.source, names: dialect, assumed: options.yes)
    if options.json {
      try Output.document("sign", report)
    } else {
      Output.result("\(Escaped.text(boot.boot)) is signed by \(signing.signer.name).")
      report.lines.dropFirst().forEach(Output.result)
    }
  }
}
