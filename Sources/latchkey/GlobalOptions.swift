import ArgumentParser

/// What every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(help: "The dongle, by manufacturer and serial as in its AID: MMMM:SSSSSSSS.")
  var card: [String] = []

  @Option(
    name: .customLong("virtual-card"), help: "Use a virtual card's file instead of a reader.",
    completion: .file())
  var virtualCard: [String] = []

  @Option(
    name: .customLong("virtual-pad"),
    help: "Give its reader a pad, on which what this file says is typed, a line each time.",
    completion: .file())
  var virtualPad: String?

  @Flag(help: "Write one JSON document to stdout.")
  var json = false

  @Flag(help: "Answer every question with yes.")
  var yes = false

  @Option(
    help: ArgumentHelp(
      "The folder that stands for /: etc/latchkey, var/lib/latchkey and run/latchkey lie below it.",
      valueName: "folder"), completion: .directory)
  var sysroot = "/"

  /// Where Latchkey keeps what it knows on this system.
  var folders: SystemFolders { SystemFolders(root: sysroot) }

  /// What names dongles and folders, as arguments for another command.
  var arguments: [String] {
    card.flatMap { ["--card", $0] } + virtualCard.flatMap { ["--virtual-card", $0] }
      + (virtualPad.map { ["--virtual-pad", $0] } ?? []) + ["--sysroot", sysroot]
  }
}

/// Where Latchkey keeps what it knows on a system.
struct SystemFolders {
  private let base: String

  /// The folders below `root`.
  init(root: String) {
    base = root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  /// Where the kernels and their initramfs images are.
  var boot: String { base + "/boot" }
  /// A file of the system's by its path.
  func path(_ path: String) -> String { base + path }
  /// Whether they are the running system's own.
  var isRunning: Bool { base.isEmpty }
  /// What is opened at boot, and how.
  var crypttab: String { base + "/etc/crypttab" }
  /// Root's own: records of volumes, certificates that are trusted, dongles that are known.
  var configuration: String { base + "/etc/latchkey" }
  /// Certificates that `verify` trusts.
  var trusted: String { configuration + "/trusted.d" }
  /// The dongles that were provisioned or used here, one record each.
  var dongles: String { configuration + "/dongles" }
  /// The last accepted signature, header backups, journals.
  var state: String { base + "/var/lib/latchkey" }
  /// What is forgotten at a reboot: PINs that failed, as salted digests.
  var run: String { base + "/run/latchkey" }
}
