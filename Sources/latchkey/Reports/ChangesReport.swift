import BootChanges
import BootEntries
import BootManifest
import Storage

/// What differs from what was signed, with causes, in words and for JSON.
struct ChangesReport: Encodable {
  /// What verifying came to.
  private let signature: BootReport
  /// As `verify` says it.
  let verdict: String
  let summary: String
  /// How many differences and boot entries have no cause.
  let unexplained: Int
  /// Those without a cause first.
  let changes: [DifferenceReport]
  /// Whether the boot entries could be compared: not if the firmware signed.
  let entriesCompared: Bool
  /// The boot entries that changed, those without a cause first.
  let entries: [EntryChangeReport]
  /// What changed in configurations beside their entries, and in the entries' order.
  let menus: [MenuChangeReport]
  /// What each entry boots, beside what it booted when it was signed.
  let boots: [BootOutlookReport]
  /// What could not be told, and why.
  let notes: [String]

  /// Of a verdict about a /boot that was hashed: what differs, and why. `latchkey changes` shows it, and
  /// `latchkey sign` before it asks.
  /// - Parameter made: the images that a generator made anew in this very run, if one did.
  init(
    of boot: BootVerdict, at site: BootSite, _ options: GlobalOptions, made: [ImageRecord] = []
  ) {
    let found = BootExplanation(
      of: boot, boot: site.path, root: options.sysroot, kept: site.kept, made: made)
    signature = BootReport(boot, at: site.path, site.trust, system: site.memory.system)
    verdict = signature.verdict
    changes = found.differences.map(DifferenceReport.init)
    unexplained = found.unexplained
    menus = found.menus.map(MenuChangeReport.init)
    boots = found.boots.map(BootOutlookReport.init)
    var notes: [String] = []
    switch found.entries {
    case .compared(let changes):
      entriesCompared = true
      entries = changes.map(EntryChangeReport.init)
    case .nothingKept:
      entriesCompared = false
      entries = []
      if ["good", "changed"].contains(verdict) {
        notes.append(
          "What the boot entries and images held at this signing is not known here: it was made by the "
            + "firmware, elsewhere, or before this Latchkey.")
      }
    case .unreadable(let error):
      entriesCompared = false
      entries = []
      var reason = "they make no sense"
      if case .storage(let error) = error { reason = Failure(error).what }
      notes.append("The boot entries can't be read, so nothing of them is explained: \(reason).")
    }
    self.notes = notes
    summary =
      unexplained == 0
      ? signature.summary
      : signature.summary + ", \(unexplained) of them without a cause that this system knows"
  }

  private enum CodingKeys: String, CodingKey {
    case verdict, summary, unexplained, changes, entriesCompared, entries, menus, boots, notes
  }

  /// The lines for people: what nothing explains first.
  var lines: [String] {
    guard holds else { return signature.lines }
    var lines = [summary + "."] + body
    if !changes.isEmpty, unexplained == 0 { lines.append(advice) }
    return lines
  }

  /// The lines about what changed.
  var body: [String] {
    var lines: [String] = []
    lines += menus.flatMap(\.lines)
    for entry in entries where !entry.isExplained { lines += entry.lines }
    for change in changes where !change.isExplained { lines += change.lines }
    for entry in entries where entry.isExplained { lines += entry.lines }
    for change in changes where change.isExplained { lines += change.lines }
    if !changes.isEmpty || unexplained > 0 { lines += notes + outlook }
    return lines
  }

  /// The lines about what boots, where that differs or nobody knows.
  var outlook: [String] { BootOutlookReport.lines(boots) }

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
