import BootChanges
import BootManifest

/// What differs in a system's root from the hashes that were signed, in words and for JSON.
struct RootReport: Encodable {
  /// Whether all is as it was signed.
  let holds: Bool
  /// The sentence for people.
  let summary: String
  /// How many files the list has.
  let listed: Int
  /// How many differences have no cause.
  let unexplained: Int
  /// Those without a cause first.
  let changes: [Change]

  /// One difference.
  struct Change: Encodable {
    /// Escaped.
    let path: String
    /// `added`, `changed`, `deleted`, `replaced`, `unreadable`.
    let kind: String
    let to: String?
    let isExplained: Bool
    /// `package`, `not-as-shipped`, `unknown`.
    let cause: String
    let package: String?
    let version: String?
    /// When it came, by dpkg's log, in the machine's own time.
    let at: String?
    /// The sentence for people.
    let words: String
  }

  /// Of a comparison.
  init(_ explanation: RootExplanation, listed: Int, at root: String) {
    let place = Escaped.text(root)
    let found = explanation.changes
    holds = found.isEmpty
    self.listed = listed
    unexplained = found.count { !$0.cause.explains }
    changes = found.map { Change($0.change, $0.cause) }
    let differences = found.count == 1 ? "1 difference" : "\(found.count) differences"
    summary =
      found.isEmpty
      ? "\(place) is as it was signed: \(listed) files"
      : "\(place) is not as it was signed: \(differences)"
        + (unexplained == 0
          ? "" : ", \(unexplained) of them without a cause that this system knows")
  }

  /// The lines for people.
  var lines: [String] {
    [summary + "."]
      + changes.flatMap { ["  \($0.kind.padded(to: 11))\($0.path)", "               \($0.words)"] }
  }

  /// What to do about one that doesn't hold.
  var advice: String {
    unexplained == 0
      ? "The firmware hashes the root anew and signs: Update root hashes, in its menu."
      : "What no package explains is to be looked into first. If all is yours, have the firmware hash the "
        + "root anew."
  }
}

extension RootReport.Change {
  init(_ change: RootChange, _ found: RootExplanation.Cause) {
    path = change.name.description
    var to: String?
    switch change.kind {
    case .added: kind = "added"
    case .changed: kind = "changed"
    case .deleted: kind = "deleted"
    case .replaced(let type):
      kind = "replaced"
      to = "\(type)"
    case .unreadable(let code):
      kind = "unreadable"
      to = "\(SystemError(code))"
    }
    self.to = to
    isExplained = found.explains
    let said: CauseWords =
      switch found {
      case .package(let file): .shipped(file)
      case .notAsShipped(let file): .notAsShipped(file)
      case .unknown: .unknown("no package ships it")
      }
    (cause, words) = (said.cause, said.words)
    package = said.file?.package
    version = said.file?.version
    at = said.file?.event?.time
  }
}
