import ArgumentParser

/// `--with`: who signs.
struct SignerChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sign with a key that lives in gpg instead of a dongle: gpg:FINGERPRINT, exactly that key.",
      valueName: "gpg:fingerprint"))
  var with: Key?

  /// The fingerprint of gpg's key, 20 bytes; nil for a dongle.
  var gpgKey: [UInt8]? { with?.fingerprint }

  /// A key in gpg, by its fingerprint or a subkey's.
  struct Key: ExpressibleByArgument {
    let fingerprint: [UInt8]

    init?(argument: String) {
      guard argument.hasPrefix("gpg:") else { return nil }
      // As gpg prints it, in groups, or with the ! that says: exactly this key.
      var digits = argument.dropFirst(4).filter { $0 != " " }
      if digits.hasSuffix("!") { digits = String(digits.dropLast()) }
      if digits.hasPrefix("0x") { digits = String(digits.dropFirst(2)) }
      guard let bytes = Hexadecimal.bytes(digits), bytes.count == 20 else { return nil }
      fingerprint = bytes
    }
  }
}
