import BootChanges
import BootManifest

/// `latchkey verify --root DIR`
struct RootVerification {
  let root: String
  let site: BootSite
  let options: GlobalOptions

  func run() throws(Failure) {
    let verdict = try site.verify()
    guard case .signed(let by, _, let differences) = verdict else {
      let report = try site.report(verdict)
      if options.json {
        try Output.document("verify", report)
      } else {
        report.lines.forEach(Output.result)
      }
      throw Failure(.doesNotHold, "", next: report.advice)
    }
    if !differences.isEmpty {
      Output.note(
        "latchkey: \(try site.report(verdict).summary). The signature holds, and with it the hashes "
          + "of the root.")
    }
    let list = try list(of: by)
    let changes: [RootChange]
    do throws(BootError) {
      changes = try RootFolder(path: root).changes(from: list)
    } catch {
      throw Failure(error, root: root)
    }
    let report = RootReport(
      RootExplanation(of: changes, root: root), listed: list.entries.count, at: root)
    if options.json {
      try Output.document("verify --root", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.holds else { throw Failure(.doesNotHold, "", next: report.advice) }
  }

  private func list(of by: SignedBy) throws(Failure) -> RootHashList {
    let hashes = try site.step { () throws(BootError) in
      try site.folder.rootHashes(of: by, trusted: site.trusted, now: Moment.now)
    }
    switch hashes {
    case .list(let list): return list
    case .absent:
      throw Failure(
        .doesNotHold, "\(Escaped.text(site.path)) has no kexec_root_hashes.txt",
        next:
          "Have the firmware make it (Create root hashes, in its menu), or look for who removed it."
      )
    case .malformed(let error):
      throw Failure(
        .doesNotHold, "\(error.file) is not a list (entry \(error.entry): \(error.problem.words))",
        next: "Have the firmware make it anew (Update root hashes, in its menu).")
    }
  }
}

extension Failure {
  /// Why a root can't be looked at.
  fileprivate init(_ error: BootError, root: String) {
    switch error {
    case .noFolder(let name, let code):
      self.init(
        .system, "the root \(name) can't be opened: \(SystemError(code))",
        next: Self.isForbidden(code) ? "Run this as root." : "Give its folder with --root.")
    default: self.init(error, at: root)
    }
  }
}
