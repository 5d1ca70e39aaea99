/// Why a command stopped, as a person reads it: what is so, and what to do next.
struct Failure: Error {
  /// The exit code.
  let status: ExitStatus
  /// What is so, without a full stop; empty where the result has said it already.
  let what: String
  /// What to do next, whole sentences.
  let next: String
  /// Who may hold the reader that it is about, where that is why.
  var holders: [ReaderUsers.User] = []

  init(_ status: ExitStatus, _ what: String, next: String) {
    self.status = status
    self.what = what
    self.next = next
  }

  /// Writes it to stderr.
  func show() {
    if !what.isEmpty { Output.note("latchkey: \(what).") }
    Output.note((what.isEmpty ? "" : "  ") + next)
  }
}
