import BootMedia
import OpenPGP
import Storage

extension Failure {
  /// What is wrong with a file that was to be read through.
  init(_ error: MediaError) {
    switch error {
    case .system(let operation, let path, let code):
      self.init(StorageError(operation, path, code: code))
    case .notRegular(let path):
      self.init(
        .wrongUse, "\(Escaped.text(path)) is no file: it is a folder or a device",
        next: "Sign the image file. A stick's /boot is signed with --boot FOLDER.")
    case .changed(let path):
      self.init(
        .doesNotHold, "\(Escaped.text(path)) changed while it was read",
        next: "Is it still being downloaded or copied? Run this again when that is done.")
    case .crypto:
      self.init(.system, "libcrypto failed", next: "Is the machine out of memory?")
    }
  }

  /// That a file could pass for the list that a signature of /boot goes over.
  init(bootListAt path: String) {
    self.init(
      .doesNotHold,
      "\(Escaped.text(path)) has the form of a /boot's signed list (sha256sum kexec*.txt): Heads would "
        + "take its signature for one of /boot",
      next: "Nothing was signed. To sign a /boot: latchkey sign --boot FOLDER.")
  }

  /// What is wrong with a list of checksums.
  init(_ fault: ChecksumList.Fault, in place: String) {
    let words =
      switch fault {
      case .badLine(let line): "line \(line) is no checksum"
      case .control(let line): "line \(line) has a control character"
      case .empty: "there is no checksum in it"
      case .tooLong: "it has more than \(ChecksumList.maximumLines) lines"
      }
    self.init(
      .doesNotHold, "\(place) is no list of checksums that can be relied on: \(words)",
      next: "Its signature holds all the same: is it the right file?")
  }

  /// What is wrong with a text signed in the clear.
  init(_ fault: CleartextMessage.Fault, in place: String) {
    let words =
      switch fault {
      case .noMessage: "it doesn't begin as one"
      case .header(let line):
        "line \(line) is another header than Hash, or not the empty line behind them"
      case .dash(let line): "line \(line) begins with a dash that isn't escaped"
      case .control(let line): "line \(line) has a control character"
      case .noSignature: "the signature is missing"
      case .signature(let problem): problem.words
      }
    self.init(
      .doesNotHold, "\(place) is no text signed in the clear as it must be: \(words)",
      next: "What is read there needn't be what was signed. Get it anew from the distribution.")
  }
}

extension ListedFile.Fault {
  /// In words, behind the list's name.
  var words: String {
    switch self {
    case .notListed: "doesn't list it"
    case .contradiction(let lines):
      "lists it more than once, with different checksums (lines "
        + lines.map(String.init).joined(separator: " and ") + ")"
    case .weak(let functions):
      "lists it with \(functions.map { "\($0.name)" }.joined(separator: " and ")) only, which "
        + "proves nothing any more"
    }
  }

  /// What to do about it.
  var advice: String {
    switch self {
    case .notListed:
      "Was the file renamed, or is that the list of another release? It must have the name it was "
        + "released by."
    case .contradiction: "One of them is wrong. Get the list anew, or ask the distribution."
    case .weak: "Get the distribution's list of SHA-256 or SHA-512 checksums."
    }
  }
}
