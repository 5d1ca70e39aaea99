import BootChanges
import BootManifest
import Initramfs

/// What differs inside an initramfs, in words and for JSON.
struct ImageReport: Encodable {
  /// Whether what it, or others, held at the signing is known.
  let isCompared: Bool
  /// How many files, folders and links are in it.
  let count: Int
  /// Why it could not be looked into.
  let failure: String?
  /// What changed, what nothing explains first. With nothing to compare with, only what nothing explains.
  let files: [File]

  /// One file in it.
  struct File: Encodable {
    /// Escaped.
    let path: String
    /// `added`, `changed`, `deleted`, `mode`, `owner`, `retargeted`, `replaced`, `present`, `overlaid`.
    let kind: String
    let from: String?
    let to: String?
    let isExplained: Bool
    /// `package`, `settings`, `generated`, `structure`, `as-before`, `local`, `not-as-shipped`, `unknown`,
    /// `gone`, `part-missing`.
    let cause: String
    let package: String?
    let version: String?
    /// The sentence for people.
    let words: String
  }

  /// Of a look into one.
  init(_ inspection: ImageInspection) {
    isCompared = inspection.isCompared
    count = inspection.count
    failure = inspection.failure.map { Failure($0, image: inspection.path).what }
    files = inspection.changes
      .filter { $0.kind != .present || !$0.cause.explains }.map(File.init)
  }

  /// More than so many are counted, not named: of a new kernel every module is.
  private static let shown = 20
  private static let marked = 50

  /// The lines for people.
  var lines: [String] {
    let indent = "               "
    if let failure { return [indent + "can't be looked into: \(failure)"] }
    let strange = files.filter { !$0.isExplained }
    let known = files.filter(\.isExplained)
    let nothing = strange.isEmpty ? "" : ", \(strange.count) of them without a cause"
    var marked = strange.prefix(Self.marked).map { indent + "  ! \($0.line)" }
    if strange.count > Self.marked {
      marked.append(indent + "  ! and \(strange.count - Self.marked) more (--json)")
    }
    guard isCompared else {
      return [
        indent
          + "inside: \(count) entries, of which \(strange.count) are no package's; what it held "
          + "when signed is not known here"
      ] + marked
    }
    if files.isEmpty { return [indent + "inside: the same files, or all of them explained"] }
    var lines = [indent + "inside: \(files.count) of \(count) entries differ" + nothing] + marked
    lines += known.prefix(Self.shown).map { indent + "    \($0.line)" }
    if known.count > Self.shown {
      lines.append(indent + "    and \(known.count - Self.shown) more, explained alike (--json)")
    }
    return lines
  }
}

extension ImageReport.File {
  /// Of a change.
  init(_ change: ImageChange) {
    path = EscapedName(change.path).description
    var from: String?
    var to: String?
    switch change.kind {
    case .added: kind = "added"
    case .changed: kind = "changed"
    case .deleted: kind = "deleted"
    case .replaced: kind = "replaced"
    case .present: kind = "present"
    case .overlaid: kind = "overlaid"
    case .owner(let old, let new):
      kind = "owner"
      from = "\(old.user):\(old.group)"
      to = "\(new.user):\(new.group)"
    case .mode(let old, let new):
      kind = "mode"
      from = String(old, radix: 8)
      to = String(new, radix: 8)
    case .retargeted(let old, let new):
      kind = "retargeted"
      from = EscapedName(old).description
      to = EscapedName(new).description
    }
    self.from = from
    self.to = to
    isExplained = change.cause.explains
    let said: CauseWords =
      switch change.cause {
      case .package(let file): .shipped(file)
      case .notAsShipped(let file): .notAsShipped(file)
      case .settings(let path): CauseWords(cause: "settings", words: "as \(Escaped.text(path))")
      case .local(let path):
        CauseWords(
          cause: "local", words: "as \(Escaped.text(path)) here, which no package ships")
      case .generated: CauseWords(cause: "generated", words: "initramfs-tools writes it")
      case .structure: CauseWords(cause: "structure", words: "a folder, or a link within")
      case .asBefore:
        CauseWords(cause: "as-before", words: "the same is in an image that was signed")
      case .gone: CauseWords(cause: "gone", words: "it is gone")
      case .partMissing:
        CauseWords(
          cause: "part-missing",
          words:
            "Latchkey needs it to open what is enrolled here, so that the passphrase is asked for")
      case .unknown: .unknown()
      }
    (cause, words) = (said.cause, said.words)
    package = said.file?.package
    version = said.file?.version
  }

  /// One line for people.
  fileprivate var line: String {
    switch (from, to) {
    case (let from?, let to?): "\(path): \(from) is now \(to) (\(words))"
    default: kind == "present" ? "\(path): \(words)" : "\(path) \(kind): \(words)"
    }
  }
}
