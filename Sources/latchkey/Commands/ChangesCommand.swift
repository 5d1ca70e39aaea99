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
    let verdict = try BootSite(boot, options.folders, trust).verify()
    guard case .signed(_, _, let differences) = verdict else {
      let report = BootReport(verdict, at: boot.boot)
      if options.json {
        try Output.document("changes", ChangesReport(report, []))
      } else {
        report.lines.forEach(Output.result)
      }
      throw Failure(.doesNotHold, "", next: report.advice)
    }
    let finder = CauseFinder(root: options.sysroot, boot: boot.boot)
    let report = ChangesReport(
      BootReport(verdict, at: boot.boot), differences.map { ($0, finder.cause(of: $0)) })
    if options.json {
      try Output.document("changes", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.unexplained == 0 else {
      throw Failure(.doesNotHold, "", next: report.advice)
    }
  }
}
