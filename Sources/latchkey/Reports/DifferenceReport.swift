import BootChanges
import BootManifest

/// One difference under /boot with its cause, in words and for JSON.
struct DifferenceReport: Encodable {
  let change: BootReport.Change
  let isExplained: Bool
  /// `package`, `copied`, `update-initramfs`, `contents`, `initramfs`, `grub-mkconfig`, `grub-environment`, `latchkey`,
  /// `kernel-link`, `removed`, `not-as-shipped`, `not-as-recorded`, `unknown`.
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
    var file: PackageFile?
    var event: PackageEvent?
    switch difference.cause {
    case .shipped(let shipped):
      cause = "package"
      file = shipped
      words = "as \(shipped.words) ships it"
    case .copied(let shipped, let origin):
      cause = "copied"
      file = shipped
      words = "a copy of \(Escaped.text(origin)) of \(shipped.words)"
    case .notAsShipped(let shipped):
      cause = "not-as-shipped"
      file = shipped
      words = "NOT as \(shipped.words) ships it"
    case .updateInitramfs(let kernel):
      cause = "update-initramfs"
      words = "made by update-initramfs for \(Escaped.text(kernel))"
    case .notAsRecorded(let kernel):
      cause = "not-as-recorded"
      words = "NOT what update-initramfs made for \(Escaped.text(kernel))"
    case .contents:
      cause = "contents"
      words = "an initramfs in which each file has a cause"
    case .remade(let program):
      cause = "initramfs"
      words = "made anew by \(Escaped.text(program)), which latchkey has just run"
    case .grubMkconfig:
      cause = "grub-mkconfig"
      words = "says that update-grub made it; look at its entries"
    case .grubEnvironment(let changes):
      cause = "grub-environment"
      words = "GRUB's environment: " + Self.words(changes)
    case .latchkey:
      cause = "latchkey"
      words = "the same as root's own copy in /etc/latchkey"
    case .kernelLink(let target):
      cause = "kernel-link"
      words = "a link to \(Escaped.text(target)), which is explained"
    case .removed(let removal):
      cause = "removed"
      event = removal
      words = "\(Escaped.text(removal.package)) was removed on \(removal.time)"
    case .unknown:
      cause = "unknown"
      words = "nothing that this system knows of explains it"
    }
    event = event ?? file?.event
    package = file?.package ?? event?.package
    version = file.map(\.version)
    at = event?.time
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
