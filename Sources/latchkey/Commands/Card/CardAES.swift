import ArgumentParser
import OpenPGPCard
import Secrets

/// `latchkey card aes`
struct CardAES: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aes",
    abstract: "Encrypt and decrypt with an AES key that the dongle keeps, where it can.",
    discussion: """
      The card's own way: CBC with a zero initialization vector, whole blocks of 16 bytes, no \
      integrity. The same data always encrypt to the same; nothing notices changes.
      """,
    subcommands: [Import.self, Encrypt.self, Decrypt.self])

  private static func managed(_ options: GlobalOptions) throws(Failure) -> ManagedDongle {
    let managed = try ManagedDongle(options)
    guard managed.application.capabilities.hasAES else {
      throw Failure(.dongleRefuses, "\(managed.name) has no AES", next: "Nothing was done.")
    }
    return managed
  }

  /// What a dongle takes at once.
  private static func blocks(_ file: String) throws(Failure) -> SecretBytes {
    let data = try DataFile.readSecret(file, limit: 1024)
    guard data.count > 0, data.count.isMultiple(of: 16) else {
      throw Failure(
        .wrongUse, "\(Escaped.text(file)) has \(data.count) bytes, which are no blocks of 16",
        next: "Fill it up.")
    }
    return data
  }

  private struct Report: Encodable {
    let dongle: String
    /// In hexadecimal digits.
    let data: String?
  }

  /// `latchkey card aes import`
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Bring a key of 16 or 32 bytes; the old one is lost.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The file with just the key's bytes, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var adminPIN: AdminPINOptions

    func run() throws {
      let key = try DataFile.readSecret(file, limit: 64)
      guard key.count == 16 || key.count == 32 else {
        throw Failure(
          .wrongUse, "\(Escaped.text(file)) has \(key.count) bytes; an AES key has 16 or 32",
          next: "Nothing was changed.")
      }
      let managed = try CardAES.managed(options)
      try managed.confirm(
        "An AES key that \(managed.name) has will be lost, and with it what it encrypted. Go on?")
      try managed.authorize(.administration, with: adminPIN.source, for: "to import the key") {
        (card) throws(CardError) in try card.putObject(0xD5, key.bytes)
      }
      if options.json {
        return try Output.document(
          "card aes import", Report(dongle: managed.dongle.serial, data: nil))
      }
      Output.result("\(managed.name) has the AES key.")
    }
  }

  /// What both ways take and give.
  struct Way: ParsableArguments {
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The file, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var output: OutputOption
    @OptionGroup var pin: UserPINOptions

    /// Has the dongle make of the file's blocks as many others.
    /// - Parameter isSecret: nobody else may read the file that is written.
    func run(
      _ name: String, isSecret: Bool,
      _ body: (
        inout Authorization<ReaderTransport, Decryption>, Span<UInt8>, inout SecretBytes
      ) throws(CardError) -> Void
    ) throws {
      let blocks = try CardAES.blocks(file)
      let managed = try CardAES.managed(options)
      var result = SecretBytes(capacity: blocks.count)
      try managed.authorize(.decryption, with: pin.source, for: "to \(name)") {
        (card) throws(CardError) in try body(&card, blocks.bytes, &result)
      }
      if options.json {
        return try Output.document(
          "card aes \(name)",
          Report(
            dongle: managed.dongle.serial,
            data: Hexadecimal.text([UInt8](copying: result.bytes))))
      }
      guard !isSecret else { return try DataFile.write(secret: result, to: output.path) }
      try DataFile.write([UInt8](copying: result.bytes), to: output.path)
    }
  }

  /// `latchkey card aes encrypt`
  struct Encrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "encrypt", abstract: "Encrypt blocks of 16 bytes, 1024 bytes at most.")

    @OptionGroup var way: Way

    func run() throws {
      try way.run("encrypt", isSecret: false) { (card, blocks, result) throws(CardError) in
        let encrypted = try card.encipher(blocks)
        result.append(encrypted.span)
      }
    }
  }

  /// `latchkey card aes decrypt`
  struct Decrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decrypt", abstract: "Decrypt what encrypt gave.")

    @OptionGroup var way: Way

    func run() throws {
      try way.run("decrypt", isSecret: true) { (card, blocks, result) throws(CardError) in
        try card.decipher(blocks: blocks, into: &result)
      }
    }
  }
}
