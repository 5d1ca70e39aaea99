import ArgumentParser

/// What every command takes that changes who opens a volume.
struct VolumeChangeOptions: ParsableArguments {
  @Option(
    name: .customLong("pin-file"), help: "Read the PIN from this file; one for each dongle.",
    completion: .file())
  var pinFiles: [String] = []
  @Option(name: .customLong("pin-fd"), help: "Read the PIN from this descriptor.")
  var pinDescriptor: Int32?
  @Option(
    name: .customLong("passphrase-file"), help: "Read the passphrase from this file.",
    completion: .file())
  var passphraseFile: String?
  @Option(name: .customLong("passphrase-fd"), help: "Read the passphrase from this descriptor.")
  var passphraseDescriptor: Int32?
  @Option(
    help: ArgumentHelp(
      "Make the initramfs with this program, not with the system's own. It is run where the volume is "
        + "opened at boot.", valueName: "program"), completion: .file())
  var initramfs: String?

  /// The passphrase.
  var passphrase: SecretSource {
    SecretSource(
      name: "passphrase", option: "passphrase", file: passphraseFile,
      descriptor: passphraseDescriptor)
  }

  /// The PIN of one of so many dongles. A PIN file goes to one dongle only: a PIN of one, sent to
  /// another, would use a try.
  func pin(_ index: Int, of count: Int) throws(Failure) -> SecretSource {
    guard pinFiles.isEmpty || pinFiles.count == count else {
      throw Failure(
        .wrongUse, "\(pinFiles.count) PIN files for \(count) dongles",
        next: "Give --pin-file once for each dongle, in their order.")
    }
    guard pinDescriptor == nil || count == 1 else {
      throw Failure(
        .wrongUse, "one PIN descriptor for \(count) dongles",
        next: "Give --pin-file once for each dongle, in their order.")
    }
    return SecretSource(
      name: "PIN", option: "pin", file: pinFiles.isEmpty ? nil : pinFiles[index],
      descriptor: pinDescriptor)
  }
}
