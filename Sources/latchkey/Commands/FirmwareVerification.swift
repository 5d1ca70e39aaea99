import BootManifest

/// `latchkey verify --as-heads`
struct FirmwareVerification {
  let site: BootSite
  let options: GlobalOptions

  func run() throws(Failure) {
    let look = try site.step { () throws(BootError) in
      try site.folder.lookAsFirmware(trusted: site.trusted, now: Moment.now)
    }
    let report = FirmwareReport(look, entry: DefaultEntryLook(of: site.path))
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
