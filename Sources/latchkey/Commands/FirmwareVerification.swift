import BootManifest

/// `latchkey verify --as-heads`
struct FirmwareVerification {
  let site: BootSite
  let options: GlobalOptions

  func run() throws(Failure) {
    // Each reads what it compares, and so nothing that was added.
    let look = try site.step { () throws(BootError) in
      try site.folder.lookAsFirmware(trusted: site.trusted, now: Moment.now)
    }
    let verdict = try site.verify()
    let report = FirmwareReport(
      look, entry: DefaultEntryLook(of: site.path), verdict, try site.report(verdict))
    if options.json {
      try Output.document("verify --as-heads", report)
    } else {
      report.lines.forEach(Output.result)
    }
    guard report.accepts else {
      throw Failure(
        .doesNotHold, "",
        next: report.names == nil
          ? "No firmware that trusts these certificates accepts this signature."
          : "The firmware that it was signed for will not accept it as it is.")
    }
  }
}
