import BootChanges
import BootManifest
import Enrolment
import OpenPGPCard
import Secrets

/// A /boot and who signs it.
struct BootSigning {
  let signer: Signer
  private let site: BootSite
  private let options: GlobalOptions

  /// Looks for who signs: by default, the dongle that is there and whose signature key is trusted.
  init(
    _ boot: BootOptions, _ options: GlobalOptions, gpgKey: [UInt8]? = nil
  ) throws(Failure) {
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    // Before the site is looked at, which knows this system by it.
    try SystemIdentity(options.folders).make()
    signer = try Signer(gpgKey: gpgKey, options, trust: trust)
    site = try BootSite(boot, options.folders, trust)
    self.options = options
  }

  /// What a signing is told beside who signs what.
  struct Wishes {
    /// Where the PIN comes from.
    let pin: SecretSource
    /// The dialect; nil for the one of the set that is there.
    var names: Dialect?
    /// Whether every question is answered with yes.
    let yes: Bool
    /// Whether to sign also what nothing explains.
    var unexplained = false
    /// The images that a generator made anew in this very run, if one did.
    var made: [ImageRecord] = []
  }

  /// Shows how /boot is beside what was signed, with causes, what of Heads'
  /// own files is renewed, and the digest; asks, signs, and checks what was written.
  /// - Returns: what verifying it came to afterwards.
  func sign(_ wishes: Wishes) throws(Failure) -> BootReport {
    let hashed = try site.step { () throws(BootError) in
      try site.folder.hash(try site.folder.scan())
    }
    let review = try BootReview(of: site, hashed, options, made: wishes.made)
    review.lines.forEach(Output.note)
    let heads = try HeadsFiles(site, hashed, options.folders, assumed: wishes.yes)
    heads.lines.forEach(Output.note)
    try review.confirm(
      hasUnexplainedHeader: heads.hasUnexplainedHeader, told: wishes.unexplained,
      assumed: wishes.yes)
    let systems = try site.systems(after: review.verdict)
    let draft = try site.step { () throws(BootError) in
      try site.folder.draft(
        hashed, dialect: try dialect(wishes.names, review.verdict, assumed: wishes.yes),
        renewals: heads.renewals, systems: systems)
    }
    Output.note("Manifest to sign: \(Hexadecimal.text(draft.digestToShow))")
    try Question.confirm("Sign \(Escaped.text(site.path)) as it is now?", assumed: wishes.yes)

    let armored = try signer.sign(draft, pin: wishes.pin)
    let (by, scan) = try WritableBoot(site.path).whileWriting { () throws(Failure) in
      try site.step { () throws(BootError) in
        try site.folder.writeAndScan(
          draft, signature: armored, trusted: site.trusted, now: Moment.now, memory: site.memory)
      }
    }
    site.accept(by)
    // Read again, all of it: a change that left no trace in the file system's times would be seen.
    let after = try site.verify(
      try site.step { () throws(BootError) in try site.folder.hash(scan) })
    guard after.holds else {
      throw Failure(
        .doesNotHold, try site.report(after).summary,
        next: "Something wrote to it while it was signed. Run latchkey sign again.")
    }
    site.accept(after)
    site.keep(hashed, signed: by)
    Enrolment.bootWasSigned(EnrolmentPlaces(boot: site.path, options.folders))
    ChosenDefault(boot: site.path, options.folders).forget()
    return try site.report(after)
  }

  private func dialect(
    _ wanted: Dialect?, _ before: BootVerdict, assumed yes: Bool
  ) throws(BootError) -> Dialect {
    if let wanted { return wanted }
    if let kept = before.signedBy?.dialect { return kept }
    if yes { return .relative }
    let answer = Question.ask(
      "Is the firmware Heads of 2026-03-31 or later (h), or older Heads or PureBoot (p)? [h/p] ")
    return answer?.lowercased() == "p" ? .absolute : .relative
  }
}

extension EnrolmentPlaces {
  /// The folders of this system.
  init(boot: String, _ folders: SystemFolders) {
    self.init(
      boot: boot, installed: folders.configuration, backups: folders.state + "/headers",
      journals: folders.state + "/journal")
  }
}
