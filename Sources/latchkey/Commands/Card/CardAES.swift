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

  /// `latchkey card aes encrypt`
  struct Encrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "encrypt", abstract: "Encrypt blocks of 16 bytes, 1024 bytes at most.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The file, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var output: OutputOption
    @OptionGroup var pin: UserPINOptions

    func run() throws {
      let blocks = try CardAES.blocks(file)
      let managed = try CardAES.managed(options)
      let encrypted = try managed.authorize(.decryption, with: pin.source, for: "to encrypt") {
        (card) throws(CardError) in try card.encipher(blocks.bytes)
      }
      if options.json {
        return try Output.document(
          "card aes encrypt",
          Report(dongle: managed.dongle.serial, data: Hexadecimal.text(encrypted)))
      }
      try DataFile.write(encrypted, to: output.path)
    }
  }

  /// `latchkey card aes decrypt`
  struct Decrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decrypt", abstract: "Decrypt what encrypt gave.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The file, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var output: OutputOption
    @OptionGroup var pin: UserPINOptions

    func run() throws {
      let blocks = try CardAES.blocks(file)
      let managed = try CardAES.managed(options)
      let given = try PINGiven(.user, of: managed, from: pin.source, for: "to decrypt")
      var plain = SecretBytes(capacity: blocks.count)
      var card = try managed.visit()
      do throws(CardError) {
        var decryption = try card.authorize(
          .decryption, with: given.secret, derivedBy: managed.derivation)
        try decryption.decipher(blocks: blocks.bytes, into: &plain)
      } catch {
        throw given.failure(error)
      }
      if options.json {
        return try Output.document(
          "card aes decrypt",
          Report(
            dongle: managed.dongle.serial,
            data: Hexadecimal.text([UInt8](copying: plain.bytes))))
      }
      try DataFile.write(secret: plain, to: output.path)
    }
  }
}
