import ArgumentParser
import BootChanges
import BootManifest

/// `latchkey changes`
struct ChangesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "changes",
    abstract: "What differs from what was signed, and why.",
    discussion: """
      Each difference with its likely cause: the package that ships the file and when it came, \
      update-initramfs, grub-mkconfig, Latchkey itself. What nothing explains comes first. The causes are \
      what this system says of itself. Exit code 0 means that each has one, 1 that some have not, or that \
      the signature does not hold.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions

  func run() throws {
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let site = try BootSite(boot, options.folders, trust)
    let verdict = try site.verify()
    let report = ChangesReport(of: verdict, at: site, options)
    // Signed by the firmware, or elsewhere, and as it was signed: from here on it is known, if this is root.
    if verdict.holds, !report.entriesCompared { site.keepUnlessKept(verdict) }
    if options.json {
      try Output.document("changes", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.holds, report.unexplained == 0 else {
      throw Failure(.doesNotHold, "", next: report.advice)
    }
  }
}
