import ArgumentParser
import OpenPGPCard

/// `latchkey card attest`
struct CardAttest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attest",
    abstract: "Have a Yubikey certify that a key was made on it; only Yubikeys do this.",
    discussion: """
      The certificate chains to Yubico's root, through the one that the Yubikey keeps for its \
      attestation key. The dongle keeps it as the key's own.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "signature, decryption or authentication.")
  var key: SlotArgument
  @Option(
    help: ArgumentHelp("Write the certificate here, not to stdout.", valueName: "file"),
    completion: .file())
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Write the certificate of the Yubikey's attestation key here, to check the other one with.",
      valueName: "file"), completion: .file())
  var issuer: String?
  @OptionGroup var pin: UserPINOptions

  /// Yubico's number in the AID.
  private static let yubico: UInt16 = 0x0006

  func run() throws {
    let managed = try ManagedDongle(options)
    let slot = key.slot
    guard managed.dongle.identifier.manufacturer == Self.yubico else {
      throw Failure(
        .dongleRefuses, "\(managed.name) can't attest: only Yubikeys of firmware 5.2 and later do",
        next: "No PIN was sent.")
    }
    guard managed.application.fingerprint(of: slot) != nil else {
      throw Failure(CardError.noKey(slot), dongle: managed.name)
    }
    guard managed.application.keyOrigin(of: slot) != .imported else {
      throw Failure(
        .dongleRefuses,
        "the \(slot.words) key of \(managed.name) was imported: only a key made on it is attested",
        next: "No PIN was sent.")
    }
    let kept = try managed.read { (card) throws(CardError) in
      try card.certificateIfThere(of: slot)
    }
    if !kept.isEmpty {
      try managed.confirm(
        "\(managed.name) keeps a certificate for its \(slot.words) key; the attestation takes its "
          + "place. Go on?")
    }
    let issuing = try managed.read { (card) throws(CardError) in try card.readObject(0xFC) }
    let certificate = try managed.authorize(.signing, with: pin.source, for: "to attest") {
      (card) throws(CardError) in
      Output.note("Touch \(managed.name) if it blinks.")
      return try card.attest(slot)
    }
    if options.json {
      return try Output.document(
        "card attest",
        Report(
          slot: slot.words, certificate: Hexadecimal.text(certificate),
          issuer: Hexadecimal.text(issuing)))
    }
    if let issuer { try DataFile.write(PEM.text(issuing), to: issuer) }
    try DataFile.write(PEM.text(certificate), to: output)
  }

  private struct Report: Encodable {
    let slot: String
    /// In DER, in hexadecimal digits, as is `issuer`, the attestation key's own.
    let certificate: String
    let issuer: String
  }
}
