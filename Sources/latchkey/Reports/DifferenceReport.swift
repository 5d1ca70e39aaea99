import BootChanges
import BootManifest

/// One difference under /boot with its cause, in words and for JSON.
struct DifferenceReport: Encodable {
  let change: BootReport.Change
  let isExplained: Bool
  /// `package`, `copied`, `made`, `update-initramfs`, `contents`, `initramfs`, `grub-mkconfig`,
  /// `grub-environment`, `latchkey`, `kernel-link`, `removed`; and what explains nothing: `not-as-shipped`,
  /// `downgraded`, `not-as-made`, `not-recorded`, `record-unreadable`, `not-as-recorded`, `older-kernel`,
  /// `unknown`.
  let cause: String
  /// The package that ships the file, or did.
  let package: String?
  let version: String?
  /// When it came or went, by dpkg's log, in the machine's own time.
  let at: String?
  /// The sentence for people.
  let words: String
  /// What differs inside an initramfs.
  let image: ImageReport?

  /// Of a difference.
  init(_ difference: BootExplanation.Difference) {
    change = BootReport.Change(difference.change)
    isExplained = difference.isExplained
    image = difference.image.map(ImageReport.init)
    var removal: PackageEvent?
    if case .removed(let event) = difference.cause { removal = event }
    let said = Self.said(difference.cause)
    (cause, words) = (said.cause, said.words)
    package = said.file?.package ?? removal?.package
    version = said.file?.version
    at = said.file?.event?.time ?? removal?.time
  }

  private static func said(_ cause: BootCause) -> CauseWords {
    switch cause {
    case .shipped(let file): .shipped(file)
    case .copied(let file, let origin):
      CauseWords(
        cause: "copied", words: "a copy of \(Escaped.text(origin)) of \(file.words)", file: file)
    case .notAsShipped(let file): .notAsShipped(file)
    case .updateInitramfs(let kernel):
      CauseWords(
        cause: "update-initramfs", words: "made by update-initramfs for \(Escaped.text(kernel))")
    case .notAsRecorded(let kernel):
      CauseWords(
        cause: "not-as-recorded",
        words: "NOT what update-initramfs made for \(Escaped.text(kernel))")
    case .contents:
      CauseWords(cause: "contents", words: "an initramfs in which each file has a cause")
    case .remade(let program):
      CauseWords(
        cause: "initramfs",
        words: "made anew by \(Escaped.text(program)), which latchkey has just run")
    case .made(let record):
      CauseWords(
        cause: "made",
        words: "made here by \(Escaped.text(record.maker)) on \(Moment.text(record.time))")
    case .notMade(let record):
      CauseWords(
        cause: "not-as-made",
        words: "NOT the one that \(Escaped.text(record.maker)) made here on "
          + Moment.text(record.time))
    case .notRecorded:
      CauseWords(
        cause: "not-recorded",
        words: "NOT recorded as made here, as other images are")
    case .recordUnreadable:
      CauseWords(
        cause: "record-unreadable",
        words: "what is recorded of its making is damaged, or others can write it; make it anew: "
          + "update-initramfs -u -k all")
    case .grubMkconfig(let isCompared):
      CauseWords(
        cause: "grub-mkconfig",
        words: isCompared
          ? "says that update-grub made it; what it boots was compared"
          : "says that update-grub made it, and can't be compared with what was signed")
    case .olderKernel(let target, let newer):
      CauseWords(
        cause: "older-kernel",
        words: "a link to \(Escaped.text(target)), which is OLDER than \(Escaped.text(newer))")
    case .downgraded(let file):
      CauseWords(
        cause: "downgraded",
        words:
          "as \(file.words) ships it, which is OLDER than \(Escaped.text(file.event?.from ?? ""))",
        file: file)
    case .grubEnvironment(let changes):
      CauseWords(cause: "grub-environment", words: "GRUB's environment: " + words(changes))
    case .latchkey:
      CauseWords(cause: "latchkey", words: "the same as root's own copy in /etc/latchkey")
    case .kernelLink(let target):
      CauseWords(
        cause: "kernel-link", words: "a link to \(Escaped.text(target)), which is explained")
    case .removed(let removal):
      CauseWords(
        cause: "removed", words: "\(Escaped.text(removal.package)) was removed on \(removal.time)")
    case .unknown: .unknown()
    }
  }

  private static func words(_ changes: [GrubEnvironment.Change]?) -> String {
    guard let changes else { return "what it was when signed is not known here" }
    if changes.isEmpty { return "the same variables" }
    return changes.map { change in
      let name = EscapedName(change.name).description
      func value(_ bytes: [UInt8]) -> String { "'\(EscapedName(bytes))'" }
      let mark = change.isNote ? "" : " (!)"
      return switch (change.from, change.to) {
      case (let from?, let to?): "\(name) \(value(from)) is now \(value(to))\(mark)"
      case (nil, let to?): "+ \(name)=\(value(to))\(mark)"
      case (let from?, nil): "- \(name)=\(value(from))\(mark)"
      case (nil, nil): name
      }
    }.joined(separator: ", ")
  }

  /// The lines for people.
  var lines: [String] {
    ["  " + change.line, "               " + words] + (image?.lines ?? [])
  }
}

extension PackageFile {
  /// The package, its version and its coming, in words.
  var words: String {
    var text = Escaped.text(package)
    if !version.isEmpty { text += " " + Escaped.text(version) }
    guard let event else { return text }
    let verb = event.action == .upgrade ? "upgraded" : "installed"
    return text + " (\(verb) on \(event.time))"
  }
}
