import ArgumentParser
import OpenPGPCard
import Secrets
import SmartCard

/// `latchkey card holder`
struct CardHolder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holder", abstract: "Whose dongle it is: shown, or one entry written.",
    discussion: "An empty text takes an entry away.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "name, login, url, language or salutation; without it, all are shown.")
  var entry: Entry?
  @Argument(
    help: ArgumentHelp(
      "The new text. A name is given as it is spoken; a language is de, or deen for two; "
        + "a salutation is mr, ms or none."))
  var text: String?
  @OptionGroup var adminPIN: AdminPINOptions

  /// What is kept about the holder.
  enum Entry: String, ExpressibleByArgument, CaseIterable {
    case name
    case login
    case url
    case language
    case salutation

    /// Its data object.
    var tag: UInt16 {
      switch self {
      case .name: 0x5B
      case .login: 0x5E
      case .url: 0x5F50
      case .language: 0x5F2D
      case .salutation: 0x5F35
      }
    }

    /// The text as the card keeps it (OpenPGP card 3.4.1 §4.4.3.3–5); nil for one that doesn't fit.
    func content(_ text: String) -> [UInt8]? {
      let bytes = Array(text.utf8)
      let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) }
      switch self {
      case .name:
        // Surname<<Given: the card's own form stays as it is.
        let words = text.contains("<") ? [] : text.split(separator: " ")
        guard isPlain else { return nil }
        guard let surname = words.last else { return bytes.count <= 39 ? bytes : nil }
        let given = words.dropLast().joined(separator: "<")
        let name = given.isEmpty ? String(surname) : "\(surname)<<\(given)"
        return name.utf8.count <= 39 ? Array(name.utf8) : nil
      case .login, .url: return bytes
      case .language:
        let isWord = bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        return isWord && bytes.count.isMultiple(of: 2) && bytes.count <= 8 ? bytes : nil
      case .salutation:
        // ISO 5218: 9 is for those who say neither.
        switch text {
        case "mr": return [0x31]
        case "ms": return [0x32]
        case "none", "": return [0x39]
        default: return nil
        }
      }
    }
  }

  func run() throws {
    let managed = try ManagedDongle(options)
    if let entry, let text {
      guard let content = entry.content(text) else {
        throw Failure(
          .wrongUse, "\"\(Escaped.text(text))\" is no \(entry.rawValue) that a card can keep",
          next: "latchkey card holder --help says what it may be.")
      }
      try managed.authorize(
        .administration, with: adminPIN.source, for: "to write the \(entry.rawValue)"
      ) { (card) throws(CardError) in try card.putObject(entry.tag, content.span) }
    }
    let holder = try managed.read { (card) throws(CardError) in try HolderReport(of: &card) }
    if options.json { return try Output.document("card holder", holder) }
    holder.lines.forEach(Output.result)
  }
}

/// What a card says of its holder.
struct HolderReport: Encodable {
  /// As it is spoken.
  let name: String
  let login: String
  let url: String
  let language: String
  /// `mr`, `ms`, `none`, or nothing where the card doesn't know.
  let salutation: String

  /// Reads the four objects that hold it.
  init(of card: inout OpenPGPCard<ReaderTransport>) throws(CardError) {
    func find(_ wanted: UInt16, in content: [UInt8]) -> [UInt8] {
      var reader = TLVReader(content.span)
      while let element = try? reader.next() {
        if element.tag == wanted { return [UInt8](copying: element.value) }
      }
      return []
    }
    let related = try card.objectIfThere(0x65) ?? []
    name = Self.spoken(find(0x5B, in: related))
    language = Escaped.name(find(0x5F2D, in: related))
    switch find(0x5F35, in: related) {
    case [0x31]: salutation = "mr"
    case [0x32]: salutation = "ms"
    case [0x39]: salutation = "none"
    default: salutation = ""
    }
    login = Escaped.name(try card.objectIfThere(0x5E) ?? [])
    url = Escaped.name(try card.objectIfThere(0x5F50) ?? [])
  }

  /// `Surname<<Given` as it is spoken.
  private static func spoken(_ bytes: [UInt8]) -> String {
    let text = Escaped.name(bytes)
    guard let range = text.firstRange(of: "<<") else {
      return text.replacing("<", with: " ")
    }
    let surname = text[..<range.lowerBound]
    let given = text[range.upperBound...]
    return "\(given) \(surname)".replacing("<", with: " ")
  }

  /// The lines for people.
  var lines: [String] {
    [
      ("name", name), ("login", login), ("url", url), ("language", language),
      ("salutation", salutation),
    ].map { "  " + $0.0.padded(to: 12) + ($0.1.isEmpty ? "-" : $0.1) }
  }
}

extension OpenPGPCard<ReaderTransport> {
  /// An object that anyone may read; nil where the card refuses it, as one that has none does.
  mutating func objectIfThere(_ tag: UInt16) throws(CardError) -> [UInt8]? {
    do throws(CardError) {
      return try readObject(tag)
    } catch {
      guard case .status = error else { throw error }
      return nil
    }
  }
}
