import ArgumentParser
import BootChanges
import CSystem
import Secrets

/// `latchkey after-upgrade`
struct AfterUpgradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "after-upgrade",
    abstract: "Offer to sign /boot at the end of an upgrade; for hooks.",
    discussion: """
      Does nothing unless the hooks marked that /boot has changed. With somebody at the terminal it asks, \
      and signs; else it leaves a note, which is shown at login, on the desktop and by latchkey status \
      until /boot is signed. Its exit code is 0 whatever comes, as no upgrade may fail by it.
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(help: "Mark that /boot has changed; then do the rest only if nobody else comes later.")
  var changed = false

  @Flag(help: "Ask and sign: the part that after-upgrade runs in front of the terminal.")
  var ask = false

  @Option(
    help: ArgumentHelp(
      "How long to wait for an answer, and again that long for the signing; then the note is left.",
      valueName: "seconds"))
  var limit = 180

  private var mark: BootMark { BootMark(options.folders) }
  private var notice: BootNotice { BootNotice(options.folders) }

  func run() throws {
    guard !ask else { return try offer() }
    do throws(Failure) {
      try end()
    } catch {
      error.show()
    }
  }

  private func end() throws(Failure) {
    // A kernel may have gone with its image.
    if changed {
      try? ImageRecords(state: options.folders.state, boot: options.folders.boot).forgetGone()
    }
    guard try BootCheck.isSetUp(options.folders) else { return }
    if changed {
      let last = UpgradeRun.current.last
      if last == .nobody { return try leaveForLater() }
      try mark.set()
      if last == .trigger { try UpgradeRun.activateTrigger() }
      guard last == .here else { return }
    }
    guard mark.lines != nil else { return }
    guard let turn = Turn(options.folders) else {
      Output.note("latchkey: another run is about to ask whether /boot is to be signed.")
      return
    }
    defer { turn.end() }
    if let terminal = UpgradeRun.current.terminal() {
      defer { close(terminal) }
      try askThere(terminal)
    } else {
      try look()
    }
  }

  /// By hand, in the midst of a program that goes on with /boot: what it leaves now is not yet what is to be
  /// signed.
  private func leaveForLater() throws(Failure) {
    let deadline = deadline
    defer { deadline.meet() }
    guard case .bad(let report) = try BootCheck(options.folders), !report.isUnderWay else {
      return notice.clear()
    }
    let lines = report.verdict == "changed" ? BootReport.renewedNotice : report.notice
    try notice.leave(lines)
    lines.forEach(Output.note)
  }

  /// What ends a look that takes too long, with the note left: an upgrade goes on.
  private var deadline: Deadline {
    let seconds = max(1, min(limit, 3600))
    let (notice, mark) = (notice, mark)
    return Deadline(seconds: seconds, exitCode: ExitStatus.done.rawValue) {
      do throws(Failure) {
        try notice.leave(BootReport.lateNotice(seconds))
        try mark.remove()
      } catch {
        error.show()
      }
      BootReport.lateNotice(seconds).forEach(Output.note)
    }
  }

  /// Without anybody to ask.
  private func look() throws(Failure) {
    let deadline = deadline
    defer { deadline.meet() }
    let lines: [String]
    do throws(Failure) {
      switch try BootCheck(options.folders) {
      case .notOurs, .good:
        notice.clear()
        return try mark.remove()
      case .bad(let report): lines = report.notice
      }
    } catch {
      lines = BootReport.uncheckedNotice(error.what)
    }
    try notice.leave(lines)
    lines.forEach(Output.note)
    try mark.remove()
  }

  /// With somebody there. The part that asks is a process of its own, in front of the terminal: whatever is
  /// typed there ends that part, and not apt.
  private func askThere(_ terminal: Int32) throws(Failure) {
    let seconds = max(1, min(limit, 3600))
    var arguments = ["after-upgrade", "--ask", "--limit", "\(seconds)"]
    arguments += options.arguments
    let status = UpgradeRun.runInFront(of: terminal, arguments, seconds: 2 * seconds)
    guard status != 0 else { return try mark.remove() }
    if status == -ETIMEDOUT {
      Output.note("\nlatchkey: that took too long, and was ended.")
    } else if status > 128 {
      Output.note("")
    }
    var lines = mark.lines ?? []
    if lines.isEmpty { lines = BootReport.unseenNotice }
    try notice.leave(lines)
    try mark.remove()
    Output.note("/boot is not signed. Sign it before the next boot: latchkey sign")
  }

  /// The part in front of the terminal: looks, asks, signs. Its exit code is 0 if nothing is left to do.
  private func offer() throws {
    let report: BootReport
    switch try BootCheck(options.folders) {
    case .notOurs, .good: return notice.clear()
    case .bad(let found): report = found
    }
    // What is left if this process comes to its end before /boot is signed.
    try mark.set(report.notice)
    guard report.verdict == "changed" else {
      throw Failure(.doesNotHold, report.summary, next: report.advice)
    }
    try question()
    let boot = ["--boot", options.folders.boot]
    let command = try SignCommand.parse(boot + options.arguments)
    try command.run()
    notice.clear()
  }

  private func question() throws(Failure) {
    let start = ContinuousClock.now
    let seconds = limit
    let prompt = Array("\n/boot has changed since it was signed: sign it now? [Y/n] ".utf8)
    let nobody = Failure(.wrongUse, "", next: "Nobody answered.")
    do throws(SecretInputError) {
      let answer = try SecretBytes(
        typedAfter: prompt.span, limit: 16, isShown: true,
        until: Watch { start.duration(to: .now) > .seconds(seconds) })
      var text: [UInt8] = []
      for index in 0..<answer.count { text.append(answer.bytes[index]) }
      guard ["y", "yes"].contains(String(decoding: text, as: UTF8.self).lowercased()) else {
        throw SecretInputError.tooLong
      }
    } catch .empty {
      return
    } catch .ended {
      throw nobody
    } catch .failed {
      throw nobody
    } catch {
      throw Failure(.wrongUse, "", next: "The answer wasn't yes.")
    }
  }
}
