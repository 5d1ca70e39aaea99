import ArgumentParser
import CSystem
import OpenPGPCard
import Provisioning
import Secrets

/// Where a PIN or passphrase comes from: a file, a descriptor, or else the terminal.
struct SecretSource {
  /// What it is called in prompts and messages: "PIN", "admin PIN", "passphrase".
  let name: String
  /// The option's stem, as in `--pin-file` and `--pin-fd`.
  let option: String
  let file: String?
  let descriptor: Int32?
  /// What came from it, where it was read before it was needed.
  private var held: SecretHolder?

  /// A source.
  init(name: String, option: String, file: String?, descriptor: Int32?) {
    self.name = name
    self.option = option
    self.file = file
    self.descriptor = descriptor
  }

  /// The PIN that a new or emptied dongle has.
  static func factory(_ pin: PIN) -> SecretSource {
    var source = SecretSource(name: pin.words, option: "pin", file: nil, descriptor: nil)
    let text = pin == .user ? FactoryPIN.user : FactoryPIN.admin
    source.held = SecretHolder(SecretBytes(copying: text.span))
    return source
  }

  /// Whether it comes without asking.
  var isGiven: Bool { file != nil || descriptor != nil }

  /// Reads a file or descriptor now, so that nobody waits for it later: a person may be behind it.
  mutating func hold(limit: Int) throws(Failure) {
    held = SecretHolder(try read(prompt: "", limit: limit))
  }

  /// Reads it; asks with `prompt` if it has no file or descriptor.
  func read(prompt: String, limit: Int = 512) throws(Failure) -> SecretBytes {
    if let held { return held.secret.withBytes { SecretBytes(copying: $0) } }
    do throws(SecretInputError) {
      if let file { return try Self.read(path: file, limit: limit) }
      if let descriptor { return try SecretBytes(firstLineOf: descriptor, limit: limit) }
      let bytes = Array(prompt.utf8)
      let secret = try SecretBytes(typedAfter: bytes.span, limit: limit)
      return secret
    } catch {
      throw failure(for: error)
    }
  }

  private static func read(path: String, limit: Int) throws(SecretInputError) -> SecretBytes {
    // Safe: the path is passed as a C string for the call; the descriptor is closed below.
    let descriptor = unsafe system_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .failed(errno: system_errno()) }
    defer { close(descriptor) }
    return try SecretBytes(firstLineOf: descriptor, limit: limit)
  }

  private func failure(for error: SecretInputError) -> Failure {
    switch error {
    case .empty:
      Failure(.wrongUse, "the \(name) is empty", next: "Nothing was done.")
    case .tooLong:
      Failure(.wrongUse, "the \(name) is too long", next: "Nothing was done.")
    case .noTerminal:
      Failure(
        .wrongUse, "there is no terminal to ask for the \(name) on",
        next: "Give it with --\(option)-file FILE or --\(option)-fd NUMBER.")
    case .interrupted, .ended:
      Failure(.wrongUse, "interrupted", next: "Nothing was done.")
    case .failed(let number):
      Failure(
        .system, "the \(name) can't be read from \(place): \(SystemError(number))",
        next: "Check --\(option)-file or --\(option)-fd.")
    }
  }

  private var place: String {
    if let file { return Escaped.text(file) }
    if let descriptor { return "descriptor \(descriptor)" }
    return "the terminal"
  }
}

/// `--pin-file` and `--pin-fd`.
struct UserPINOptions: ParsableArguments {
  @Option(
    name: .customLong("pin-file"), help: "Read the PIN from this file's first line.",
    completion: .file())
  var file: String?
  @Option(name: .customLong("pin-fd"), help: "Read the PIN from this descriptor's first line.")
  var descriptor: Int32?

  var source: SecretSource {
    SecretSource(name: "PIN", option: "pin", file: file, descriptor: descriptor)
  }
}
