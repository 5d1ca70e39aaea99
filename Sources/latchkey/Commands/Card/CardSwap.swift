import ArgumentParser
import Inflate
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets

/// `latchkey card swap`
struct CardSwap: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Use the decryption key and the authentication key in each other's place.",
    discussion: """
      By MANAGE SECURITY ENVIRONMENT, which few dongles have. The swap lasts for the one visit of \
      the command, and nothing on the dongle changes. Only RSA keys do both. The signature key stays \
      what it is.
      """,
    subcommands: [Authenticate.self, Decrypt.self])

  /// The dongle, if it can swap and this slot's key can do another's work.
  private static func managed(
    _ options: GlobalOptions, _ slot: KeySlot
  ) throws(Failure) -> ManagedDongle {
    let managed = try ManagedDongle(options)
    guard managed.application.capabilities.canSwapKeys else {
      throw Failure(
        .dongleRefuses, "\(managed.name) can't swap its keys", next: "No PIN was sent.")
    }
    guard managed.application.fingerprint(of: slot) != nil else {
      throw Failure(CardError.noKey(slot), dongle: managed.name)
    }
    guard case .rsa = managed.application.attributes(of: slot)?.algorithm else {
      throw Failure(
        .dongleRefuses,
        "the \(slot.words) key of \(managed.name) is no RSA key, and does its own work only",
        next: "No PIN was sent.")
    }
    return managed
  }

  /// `latchkey card swap authenticate`
  struct Authenticate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "authenticate",
      abstract: "A raw signature over a file by the decryption key, in hexadecimal digits.",
      discussion: "PKCS #1, as latchkey card authenticate has it of the authentication key.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The file, or - for stdin.", completion: .file())
    var file: String
    @Option(help: "sha256, sha384 or sha512.")
    var hash = CardAuthenticate.Hash.sha256
    @Option(
      help: ArgumentHelp("Write the bytes here instead.", valueName: "file"), completion: .file())
    var output: String?
    @OptionGroup var pin: UserPINOptions

    func run() throws {
      let managed = try CardSwap.managed(options, .decryption)
      let signature = try RawSignature(
        of: file, hash.algorithm, by: managed, .decryption, with: pin.source)
      try signature.show("card swap authenticate", options, hash, to: output)
    }
  }

  /// `latchkey card swap decrypt`
  struct Decrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decrypt",
      abstract: "Decrypt an OpenPGP message that was encrypted to the authentication key.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The message's file, binary or armored, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var output: OutputOption
    @OptionGroup var pin: UserPINOptions

    /// The most that comes out.
    private static let limit = 1 << 20

    func run() throws {
      let content = try DataFile.read(file, limit: Self.limit + 65536)
      let message: AnyEncryptedMessage
      do throws(OpenPGPError) {
        message = try AnyEncryptedMessage(parsing: content.span)
      } catch {
        throw Failure(
          .wrongUse, "\(Escaped.text(file)) is no encrypted OpenPGP message that can be read",
          next: "No PIN was sent.")
      }
      let managed = try CardSwap.managed(options, .authentication)
      let slot = KeySlot.authentication
      let publicKey = try managed.read { (card) throws(CardError) in try card.publicKey(in: slot) }
      let recipient = RecipientKey(
        fingerprint: managed.application.fingerprint(of: slot) ?? [], publicKey: publicKey)
      guard let packet = message.recipients(for: recipient).first,
        let cryptogram = try? message.cryptogram(for: packet, with: recipient)
      else {
        throw Failure(
          .wrongUse,
          "\(Escaped.text(file)) isn't encrypted to the authentication key of \(managed.name)",
          next: "No PIN was sent.")
      }
      let given = try managed.ask(.user, from: pin.source, for: "to decrypt")
      var answer = SecretBytes(capacity: 1024)
      try managed.visit(with: given) { (card) throws(CardError) in
        var decryption = try given.authorize(
          .decryption, on: &card, derivedBy: managed.derivation)
        try decryption.useKeys(swapped: true)
        if let touch = decryption.application.touchPolicy(of: slot), touch != .off {
          Output.note("Touch \(managed.name) when it blinks.")
        }
        try decryption.decipher(cryptogram, into: &answer)
      }
      let plain: SecretBytes
      do throws(OpenPGPError) {
        plain = try message.decrypt(
          with: answer, by: recipient, for: packet, decompressing: ZlibDecompression(),
          limit: Self.limit)
      } catch {
        throw Failure(
          .doesNotHold, "\(Escaped.text(file)) could not be decrypted",
          next: "It was changed on its way, or is another kind of message than can be read here.")
      }
      if options.json {
        return try Output.document(
          "card swap decrypt",
          Report(
            dongle: managed.dongle.serial,
            data: Hexadecimal.text([UInt8](copying: plain.bytes))))
      }
      try DataFile.write(secret: plain, to: output.path)
    }
  }

  private struct Report: Encodable {
    let dongle: String
    /// In hexadecimal digits.
    let data: String
  }
}
