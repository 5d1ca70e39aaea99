import ArgumentParser
import OpenPGPCard

/// `--admin-pin-file` and `--admin-pin-fd`.
struct AdminPINOptions: ParsableArguments {
  @Option(
    name: .customLong("admin-pin-file"), help: "Read the admin PIN from this file's first line.",
    completion: .file())
  var file: String?
  @Option(
    name: .customLong("admin-pin-fd"), help: "Read the admin PIN from this descriptor's first line."
  )
  var descriptor: Int32?

  var source: SecretSource {
    SecretSource(name: "admin PIN", option: "admin-pin", file: file, descriptor: descriptor)
  }
}

/// `--new-pin-file` and `--new-pin-fd`.
struct NewPINOptions: ParsableArguments {
  @Option(
    name: .customLong("new-pin-file"), help: "Read the new PIN from this file's first line.",
    completion: .file())
  var file: String?
  @Option(
    name: .customLong("new-pin-fd"), help: "Read the new PIN from this descriptor's first line.")
  var descriptor: Int32?

  /// - Parameter name: what the new one is, as in "admin PIN".
  func source(_ name: String) -> SecretSource {
    SecretSource(name: name, option: "new-pin", file: file, descriptor: descriptor)
  }
}

/// `--reset-code-file` and `--reset-code-fd`.
struct ResetCodeOptions: ParsableArguments {
  @Option(
    name: .customLong("reset-code-file"), help: "Read the reset code from this file's first line.",
    completion: .file())
  var file: String?
  @Option(
    name: .customLong("reset-code-fd"),
    help: "Read the reset code from this descriptor's first line.")
  var descriptor: Int32?

  var source: SecretSource {
    SecretSource(name: "reset code", option: "reset-code", file: file, descriptor: descriptor)
  }
}

/// `--output`: where data go.
struct OutputOption: ParsableArguments {
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("Write it here, not to stdout.", valueName: "file"), completion: .file())
  var path: String?
}

/// One of the three keys, as a person names it.
enum SlotArgument: String, ExpressibleByArgument, CaseIterable {
  case signature
  case decryption
  case authentication

  var slot: KeySlot {
    switch self {
    case .signature: .signing
    case .decryption: .decryption
    case .authentication: .authentication
    }
  }
}
