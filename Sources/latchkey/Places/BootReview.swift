import BootChanges
import BootManifest
import OpenPGP

/// What a /boot is beside what was signed, for the person who is about to sign it.
struct BootReview {
  /// What verifying the old set came to.
  let verdict: BootVerdict
  /// The lines for people.
  let lines: [String]
  /// What stands against signing it unasked; nil if nothing does.
  let doubt: Doubt?

  /// Why a person has to say that it is to be signed all the same.
  struct Doubt {
    /// What is so, without a full stop.
    let what: String
    /// What to look at.
    let advice: String
  }

  /// - Parameter made: the images that a generator made anew in this very run, if one did.
  init(
    of site: BootSite, _ hashed: HashedBoot, _ options: GlobalOptions, made: [ImageRecord]
  ) throws(Failure) {
    var verdict = try site.verify(hashed)
    var lines: [String] = []
    if case .refused(.bad, _) = verdict,
      let former = ChosenDefault(boot: site.path, options.folders).former
    {
      let earlier = try site.verify(hashed, formerDefault: former)
      if case .signed = earlier {
        verdict = earlier
        lines.append("  chosen     another entry to boot by itself: latchkey entries default")
      }
    }
    if case .signed = verdict {
    } else if let waiting = try site.verifyWaiting(hashed) {
      verdict = waiting
      lines.append(
        "  cut short  a signing: /boot is compared with the set that it wrote, which yours replaces"
      )
    }
    self.verdict = verdict
    let report = try site.report(verdict, hashed)
    let place = Escaped.text(site.path)
    switch verdict {
    case .signed:
      let causes = ChangesReport(of: verdict, at: site, options, made: made)
      self.lines = report.head + lines + causes.body
      doubt =
        causes.unexplained == 0
        ? nil
        : Doubt(
          what: "\(place) has \(causes.unexplained) "
            + (causes.unexplained == 1 ? "change" : "changes") + " that nothing here explains",
          advice: "Look at what comes first above (or: latchkey changes).")
    case .unsigned where try Self.wasNeverSigned(site):
      self.lines =
        ["\(place) was never signed: there is nothing to compare it with."]
        + ChangesReport(of: verdict, at: site, options).outlook
      doubt = nil
    case .unsigned:
      self.lines = report.lines + ChangesReport(of: verdict, at: site, options).outlook
      doubt = Doubt(
        what: "\(place) was signed before, and the signature is not all there any more",
        advice: "Don't type a passphrase or PIN on this machine before you know why.")
    case .otherSystem:
      self.lines = report.lines
      doubt = Doubt(what: report.summary, advice: report.advice)
    default:
      self.lines = report.lines + ChangesReport(of: verdict, at: site, options).outlook
      doubt = Doubt(
        what: "what \(place) bears as its signed set does not hold, so what changed can't be told",
        advice: report.advice)
    }
  }

  /// Whether there is nothing of a set, and none was accepted here: else it was taken away.
  private static func wasNeverSigned(_ site: BootSite) throws(Failure) -> Bool {
    try site.step { () throws(BootError) in
      guard try site.memory.last() == nil else { return false }
      return try site.folder.hasNoSet()
    }
  }

  /// Goes on if nothing stands against it, or the person says so.
  /// - Parameters:
  ///   - hasUnexplainedHeader: whether a LUKS header changed that nothing explains.
  ///   - told: whether `--unexplained` was given.
  ///   - yes: whether `--yes` was given: then nobody is asked.
  func confirm(
    hasUnexplainedHeader: Bool, told: Bool, assumed yes: Bool
  ) throws(Failure) {
    let header = Doubt(
      what: "a LUKS header changed, and nothing here explains it",
      advice: "Look at its keyslots: cryptsetup luksDump DEVICE.")
    guard let doubt = doubt ?? (hasUnexplainedHeader ? header : nil) else { return }
    if told {
      Output.note("Signed all the same, as --unexplained was given: \(doubt.what).")
      return
    }
    let ask = "WARNING: \(doubt.what). \(doubt.advice)\nIf all of it is yours, type yes to go on: "
    let answer = yes ? nil : Question.ask(ask)
    if answer == "yes" { return }
    throw Failure(
      .doesNotHold, answer == nil ? doubt.what : "the answer wasn't yes",
      next:
        "Nothing was signed. \(doubt.advice) If all of it is yours: latchkey sign --unexplained.")
  }
}
