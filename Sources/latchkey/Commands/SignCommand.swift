import ArgumentParser
import BootManifest
import LibCrypto
import OpenPGP
import OpenPGPCard
import Provisioning
import Secrets

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
    let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
    let dongle = try Dongles.look(options).one(
      "whose signature key is trusted here",
      advice: "Trust its certificate with --trusted FILE, or make it ready: latchkey provision."
    ) { dongle in
      dongle.application.fingerprint(of: .signing).map { trust.key($0) != nil } ?? false
    }
    let signer = try SigningDongle(dongle, trust: trust, folders: options.folders)
    let site = try BootSite(boot, options.folders, trust)

    try repair(site)
    let hashed = try site.step { () throws(BootError) in
      try site.folder.hash(try site.folder.scan())
    }
    let before = try site.verify(hashed)
    let report = BootReport(before, at: boot.boot)
    report.lines.forEach(Output.note)
    let draft = try site.step { () throws(BootError) in
      try site.folder.draft(hashed, dialect: try dialect(before))
    }
    Output.note("Manifest to sign: \(Hexadecimal.text(draft.digestToShow))")
    try Question.confirm("Sign \(Escaped.text(boot.boot)) as it is now?", assumed: options.yes)

    let armored = try signer.sign(draft.signedBytes, pin: pin.source)
    let by = try site.step { () throws(BootError) in
      try site.folder.write(
        draft, signature: armored, trusted: site.trusted, now: Moment.now, memory: site.memory)
    }
    site.accept(by)
    let after = try site.verify()
    guard after.holds else {
      throw Failure(
        .doesNotHold, BootReport(after, at: boot.boot).summary,
        next: "Something wrote to it while it was signed. Run latchkey sign again.")
    }
    if options.json {
      try Output.document("sign", BootReport(after, at: boot.boot))
    } else {
      Output.result("\(Escaped.text(boot.boot)) is signed by \(dongle.name).")
      BootReport(after, at: boot.boot).lines.dropFirst().forEach(Output.result)
    }
  }

  /// Ends what an interrupted signing left.
  private func repair(_ site: BootSite) throws(Failure) {
    let repair = try site.step { () throws(BootError) in
      try site.folder.repair(trusted: site.trusted, now: Moment.now, memory: site.memory)
    }
    switch repair {
    case .nothing: break
    case .completed(let by):
      site.accept(by)
      Output.note("A signed set that had been cut short was put in its place.")
    case .removed(let names):
      Output.note(
        "Leftovers of an interrupted signing were removed: "
          + names.map(\.description).joined(separator: ", "))
    }
  }

  private func dialect(_ before: BootVerdict) throws(BootError) -> Dialect {
    switch names {
    case .relative: return .relative
    case .absolute: return .absolute
    case nil: break
    }
    if let kept = before.signedBy?.dialect { return kept }
    if options.yes { return .relative }
    let answer = Question.ask(
      "Is the firmware Heads of 2026-03-31 or later (h), or older Heads or PureBoot (p)? [h/p] ")
    return answer?.lowercased() == "p" ? .absolute : .relative
  }
}
