import BootEntries

extension Failure {
  /// What is wrong with the boot entries below `boot`.
  init(_ error: BootMenuError, at boot: String) {
    switch error {
    case .storage(let error): self.init(error)
    case .noSuchEntry(let count):
      self.init(
        .wrongUse, "there is no such entry: there are \(count) in \(Escaped.text(boot))",
        next: "latchkey entries list shows them.")
    case .unknownLine:
      self.init(
        .doesNotHold, "the firmware's line for this entry can't be told",
        next: "latchkey entries list says why; choose another one.")
    case .missingFile(let path):
      self.init(
        .doesNotHold, "\(Escaped.name(path)), which the entry boots, is not there",
        next: "Choose another one, or make its configuration anew: update-grub.")
    case .crypto:
      self.init(.system, "libcrypto failed", next: "Is the machine out of memory?")
    }
  }
}
