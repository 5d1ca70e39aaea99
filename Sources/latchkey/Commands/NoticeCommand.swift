import ArgumentParser
import CSystem
import FoundationEssentials

/// `latchkey notice`
struct NoticeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice",
    abstract: "The note that /boot is to be signed.",
    discussion: """
      Shows it if there is one, with exit code 0 either way. A good latchkey sign or verify takes it away.
      """)

  @OptionGroup var options: GlobalOptions

  @Flag(
    help: "Check /boot first, and leave the note or take it away; exit code 1 if /boot isn't good.")
  var renew = false

  @Option(
    help: ArgumentHelp(
      "How long --renew may take: then the note says that /boot could not be checked in time.",
      valueName: "seconds"))
  var limit = 180

  @Flag(help: "Show it as a notification on the desktop.")
  var desktop = false

  @Flag(
    name: .customLong("at-shutdown"),
    help: "While the system goes down, say on every terminal if /boot isn't good.")
  var atShutdown = false

  private var notice: BootNotice { BootNotice(options.folders) }

  func run() throws {
    if atShutdown { return warn() }
    if renew { return try check() }
    guard let lines = notice.lines else {
      if options.json { try Output.document("notice", Report(notice: nil)) }
      return
    }
    if desktop {
      notify(lines)
    } else if options.json {
      try Output.document("notice", Report(notice: lines))
    } else {
      lines.forEach(Output.result)
    }
  }

  /// Looks at /boot, for the journal and the note. The note comes first, so that it is there however this
  /// ends; only a /boot that is found as it was signed takes it away.
  private func check() throws(Failure) {
    guard try BootCheck.isSetUp(options.folders) else { return notice.clear() }
    let former = notice.lines
    // Who isn't root can neither look nor leave a note.
    try notice.leave(BootReport.beginningNotice)
    let seconds = max(1, min(limit, 86_400))
    let notice = notice
    let deadline = Deadline(seconds: seconds, exitCode: ExitStatus.system.rawValue) {
      do throws(Failure) { try notice.leave(BootReport.lateNotice(seconds)) } catch { error.show() }
      Output.note("latchkey: /boot could not be checked within \(seconds) seconds.")
    }
    let found: BootCheck
    do throws(Failure) {
      found = try BootCheck(options.folders, remembering: true)
    } catch {
      deadline.meet()
      try notice.leave(BootReport.uncheckedNotice(error.what))
      throw error
    }
    deadline.meet()
    switch found {
    case .notOurs:
      // What was said before may be of a set that somebody took away since.
      guard let former, former != BootReport.beginningNotice else { return notice.clear() }
      try notice.leave(former)
    case .good(let report, let site, let verdict):
      notice.clear()
      Output.result(report.summary + ".")
      // So that what comes next can be said in words, where the firmware signed. It is as good without.
      let deadline = Deadline(seconds: 60, exitCode: ExitStatus.done.rawValue) {}
      site.keepUnlessKept(verdict)
      deadline.meet()
    case .bad(let report):
      try notice.leave(report.notice)
      report.lines.forEach(Output.result)
      throw Failure(.doesNotHold, "", next: report.advice)
    }
  }

  /// By what every desktop has; one that has not, or a session that isn't there, is no error.
  private func notify(_ lines: [String]) {
    let words = lines.map { $0.trimmingBlanks }
    let title = words[0].hasPrefix("Latchkey: ") ? String(words[0].dropFirst(10)) : words[0]
    // Notifications take a little markup.
    let body = words.dropFirst().joined(separator: "\n").replacing("&", with: "&amp;")
      .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    _ = UpgradeRun.run(
      "/usr/bin/notify-send",
      [
        "--app-name=Latchkey", "--icon=dialog-warning", "--urgency=critical", "--", title, body,
      ])
  }

  /// The last word before a reboot. The note is believed, as there is little time; without one it looks.
  private func warn() {
    guard isGoingDown else { return }
    var lines = notice.lines
    if lines == nil, let found = try? BootCheck(options.folders), case .bad(let report) = found {
      lines = report.notice
    }
    guard let lines else { return }
    lines.forEach(Output.result)
    _ = UpgradeRun.run("/usr/bin/wall", [lines.joined(separator: "\n")])
    // Sessions end when this process does: long enough to be read.
    sleep(3)
  }

  /// Whether systemd ends everything, and not this unit alone. Where there is no systemd, whoever called
  /// knows.
  private var isGoingDown: Bool {
    guard options.folders.isRunning,
      FileManager.default.fileExists(atPath: "/run/systemd/system")
    else { return true }
    return Self.state == "stopping"
  }

  private static var state: String? {
    var child: Int32 = 0
    let words = Array("/usr/bin/systemctl\0is-system-running\0".utf8)
    // Safe: the words are borrowed for the call, and each ends with a zero.
    let pipe = unsafe words.withUnsafeBytes { bytes in
      unsafe system_child_begin(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &child)
    }
    guard pipe >= 0 else { return nil }
    defer { close(pipe) }
    var line: [UInt8] = []
    var byte: UInt8 = 0
    // Safe: one byte of room, one byte read.
    while unsafe read(pipe, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    _ = system_child_end(child, false)
    return String(decoding: line, as: UTF8.self)
  }

  private struct Report: Encodable {
    let notice: [String]?
  }
}

extension String {
  /// Without the blanks before it.
  fileprivate var trimmingBlanks: String { String(drop { $0 == " " }) }
}
