import ArgumentParser
import OpenPGPCard
import Secrets

/// `latchkey card private`
struct CardPrivate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "private", abstract: "Four pieces of data of your own, 0101 to 0104.",
    discussion: """
      1 and 2 anyone reads; 3 is read with the PIN, 4 with the admin PIN. 1 and 3 are written with \
      the PIN, 2 and 4 with the admin PIN.
      """,
    subcommands: [Read.self, Write.self])

  private static func check(_ number: Int, _ managed: ManagedDongle) throws(Failure) -> UInt16 {
    guard managed.application.capabilities.hasPrivateObjects else {
      throw Failure(
        .dongleRefuses, "\(managed.name) has no private data objects", next: "Nothing was done.")
    }
    return 0x0100 + UInt16(number)
  }

  /// `latchkey card private read`
  struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "read", abstract: "Write one of them to stdout, or into a file.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Which, 1 to 4.")
    var number: Int
    @OptionGroup var output: OutputOption
    @OptionGroup var pin: UserPINOptions
    @OptionGroup var adminPIN: AdminPINOptions

    func validate() throws {
      guard (1...4).contains(number) else { throw ValidationError("The number is 1 to 4.") }
    }

    func run() throws {
      let managed = try ManagedDongle(options)
      let tag = try CardPrivate.check(number, managed)
      var content = SecretBytes(capacity: 0)
      switch number {
      case 3:
        try managed.authorize(.decryption, with: pin.source, for: "to read it") {
          (card) throws(CardError) in try card.readObject(tag, into: &content)
        }
      case 4:
        try managed.authorize(.administration, with: adminPIN.source, for: "to read it") {
          (card) throws(CardError) in try card.readObject(tag, into: &content)
        }
      default:
        let open = try managed.read { (card) throws(CardError) in try card.readObject(tag) }
        content = SecretBytes(copying: open.span)
      }
      if options.json {
        let digits = Hexadecimal.text([UInt8](copying: content.bytes))
        return try Output.document("card private read", Report(number: number, content: digits))
      }
      try DataFile.write(secret: content, to: output.path)
    }
  }

  private struct Report: Encodable {
    let number: Int
    /// In hexadecimal digits.
    let content: String
  }

  /// `latchkey card private write`
  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "write", abstract: "Put a file's content into one of them.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Which, 1 to 4.")
    var number: Int
    @Argument(help: "The file, or - for stdin. An empty one empties the data.", completion: .file())
    var file: String
    @OptionGroup var pin: UserPINOptions
    @OptionGroup var adminPIN: AdminPINOptions

    func validate() throws {
      guard (1...4).contains(number) else { throw ValidationError("The number is 1 to 4.") }
    }

    func run() throws {
      let content = try DataFile.read(file, limit: 1 << 16)
      let managed = try ManagedDongle(options)
      let tag = try CardPrivate.check(number, managed)
      try managed.requireRoom(
        for: content, atMost: managed.application.capabilities.maximumObject)
      try managed.confirm(
        "What \(managed.name) keeps as private data \(number) is replaced. Go on?")
      if number == 1 || number == 3 {
        try managed.authorize(.decryption, with: pin.source, for: "to write it") {
          (card) throws(CardError) in try card.putObject(tag, content.span)
        }
      } else {
        try managed.authorize(.administration, with: adminPIN.source, for: "to write it") {
          (card) throws(CardError) in try card.putObject(tag, content.span)
        }
      }
      if options.json {
        return try Output.document(
          "card private write", Report(number: number, content: Hexadecimal.text(content)))
      }
      Output.result("\(managed.name) keeps \(content.count) bytes as private data \(number).")
    }
  }
}
