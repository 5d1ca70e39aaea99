import BootChanges
import BootManifest

/// What differs from what was signed, with causes, in words and for JSON.
struct ChangesReport: Encodable {
  /// What verifying came to.
  private let signature: BootReport
  /// As `verify` says it.
  let verdict: String
  let summary: String
  /// How many have no cause.
  let unexplained: Int
  /// Those without a cause first.
  let changes: [Change]

  /// One difference.
  struct Change: Encodable {
    let change: BootReport.Change
    let isExplained: Bool
    /// `package`, `update-initramfs`, `grub-mkconfig`, `latchkey`, `kernel-link`, `removed`,
    /// `not-as-shipped`, `not-as-recorded`, `unknown`.
    let cause: String
    /// The package that ships the file, or did.
    let package: String?
    let version: String?
    /// When it came or went, by dpkg's log, in the machine's own time.
    let at: String?
    /// The sentence for people.
    let words: String
  }

  /// Of a verdict about a /boot that was hashed: what differs, and why. `latchkey changes` shows it, and
  /// `latchkey sign` before it asks.
  init(
    of boot: BootVerdict, _ hashed: HashedBoot, at site: BootSite, _ options: GlobalOptions
  ) {
    var differences: [BootChange] = []
    if case .signed(_, _, let found) = boot { differences = found }
    let finder = CauseFinder(root: options.sysroot, boot: site.path)
    self.init(
      BootReport(boot, at: site.path), differences.map { ($0, finder.cause(of: $0)) })
  }

  private init(_ report: BootReport, _ found: [(BootChange, BootCause)]) {
    signature = report
    verdict = report.verdict
    let all = found.map { Change(BootReport.Change($0.0), $0.1) }
    changes = all.filter { !$0.isExplained } + all.filter(\.isExplained)
    unexplained = all.count { !$0.isExplained }
    summary =
      found.isEmpty || unexplained == 0
      ? report.summary
      : report.summary + ", \(unexplained) of them without a cause that this system knows"
  }

  private enum CodingKeys: String, CodingKey {
    case verdict, summary, unexplained, changes
  }

  /// The lines for people.
  var lines: [String] {
    guard holds else { return signature.lines }
    var lines = [summary + "."]
    for change in changes {
      lines.append("  " + change.change.line)
      lines.append("               " + change.words)
    }
    if !changes.isEmpty, unexplained == 0 { lines.append(advice) }
    return lines
  }

  /// Whether the signature holds, so that there is something to compare with.
  var holds: Bool { ["good", "changed"].contains(verdict) }

  /// What to do.
  var advice: String {
    guard holds else { return signature.advice }
    return unexplained == 0
      ? "If you did that, sign it: latchkey sign."
      : "Don't sign what you can't explain. If the change is yours, sign it: latchkey sign."
  }
}

extension ChangesReport.Change {
  init(_ change: BootReport.Change, _ found: BootCause) {
    self.change = change
    isExplained = found.explains
    var file: PackageFile?
    var event: PackageEvent?
    switch found {
    case .shipped(let shipped):
      cause = "package"
      file = shipped
      words = "as \(shipped.words) ships it"
    case .notAsShipped(let shipped):
      cause = "not-as-shipped"
      file = shipped
      words = "NOT as \(shipped.words) ships it"
    case .updateInitramfs(let kernel):
      cause = "update-initramfs"
      words = "made by update-initramfs for \(Escaped.text(kernel))"
    case .notAsRecorded(let kernel):
      cause = "not-as-recorded"
      words = "NOT what update-initramfs made for \(Escaped.text(kernel))"
    case .grubMkconfig:
      cause = "grub-mkconfig"
      words = "says that update-grub made it; look at its entries"
    case .latchkey:
      cause = "latchkey"
      words = "the same as root's own copy in /etc/latchkey"
    case .kernelLink(let target):
      cause = "kernel-link"
      words = "a link to \(Escaped.text(target)), which is explained"
    case .removed(let removal):
      cause = "removed"
      event = removal
      words = "\(Escaped.text(removal.package)) was removed on \(removal.time)"
    case .unknown:
      cause = "unknown"
      words = "nothing that this system knows of explains it"
    }
    event = event ?? file?.event
    package = file?.package ?? event?.package
    version = file.map(\.version)
    at = event?.time
  }
}

extension PackageFile {
  /// The package, its version and its coming, in words.
  fileprivate var words: String {
    var text = Escaped.text(package)
    if !version.isEmpty { text += " " + Escaped.text(version) }
    guard let event else { return text }
    let verb = event.action == .upgrade ? "upgraded" : "installed"
    return text + " (\(verb) on \(event.time))"
  }
}
