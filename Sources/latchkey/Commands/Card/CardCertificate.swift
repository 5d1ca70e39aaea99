import ArgumentParser
import FoundationEssentials
import OpenPGPCard

/// `latchkey card certificate`
struct CardCertificate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "The X.509 certificates that a dongle keeps.",
    subcommands: [Read.self, Write.self, Delete.self])

  /// What the dongle keeps for a slot; empty where it keeps nothing.
  private static func stored(
    _ managed: ManagedDongle, _ slot: KeySlot
  ) throws(Failure) -> [UInt8] {
    try managed.read { (card) throws(CardError) in try card.certificateIfThere(of: slot) }
  }

  private static func put(
    _ managed: ManagedDongle, _ slot: KeySlot, _ certificate: [UInt8], _ source: SecretSource
  ) throws(Failure) {
    try managed.authorize(.administration, with: source, for: "to write the certificate") {
      (card) throws(CardError) in try card.putCertificate(certificate.span, of: slot)
    }
    let stored = try stored(managed, slot)
    guard stored == certificate else {
      throw Failure(
        .dongleRefuses, "\(managed.name) did not keep the certificate as it was given",
        next: "latchkey card certificate read shows what it keeps.")
    }
  }

  /// `latchkey card certificate read`
  struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "read", abstract: "Write a certificate out, in DER as it is kept, or in PEM.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "signature, decryption or authentication.")
    var key: SlotArgument
    @Flag(help: "In PEM.")
    var pem = false
    @OptionGroup var output: OutputOption

    func run() throws {
      let managed = try ManagedDongle(options)
      let certificate = try CardCertificate.stored(managed, key.slot)
      if options.json {
        return try Output.document(
          "card certificate read",
          Report(slot: key.rawValue, certificate: Hexadecimal.text(certificate)))
      }
      guard !certificate.isEmpty else {
        throw Failure(
          .noDongle, "\(managed.name) keeps no certificate for its \(key.rawValue) key",
          next: "latchkey card certificate write puts one there.")
      }
      try DataFile.write(pem ? PEM.text(certificate) : certificate, to: output.path)
    }
  }

  private struct Report: Encodable {
    let slot: String
    /// In hexadecimal digits; empty where there is none.
    let certificate: String
  }

  /// `latchkey card certificate write`
  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "write", abstract: "Have the dongle keep a certificate, given in DER or PEM.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "signature, decryption or authentication.")
    var key: SlotArgument
    @Argument(help: "The certificate's file, or - for stdin.", completion: .file())
    var file: String
    @OptionGroup var adminPIN: AdminPINOptions

    func run() throws {
      let given = try DataFile.read(file, limit: 1 << 16)
      let certificate = PEM.content(given) ?? given
      // An X.509 certificate is a DER sequence of more than 127 bytes.
      guard certificate.starts(with: [0x30, 0x82]) || certificate.starts(with: [0x30, 0x81]) else {
        throw Failure(
          .wrongUse, "\(Escaped.text(file)) is no X.509 certificate", next: "Nothing was changed.")
      }
      let managed = try ManagedDongle(options)
      try managed.requireRoom(
        for: certificate, atMost: managed.application.capabilities.maximumCertificate)
      if try !CardCertificate.stored(managed, key.slot).isEmpty {
        try managed.confirm(
          "\(managed.name) keeps a certificate for its \(key.rawValue) key. Replace it?")
      }
      try CardCertificate.put(managed, key.slot, certificate, adminPIN.source)
      if options.json {
        return try Output.document(
          "card certificate write",
          Report(slot: key.rawValue, certificate: Hexadecimal.text(certificate)))
      }
      Output.result("\(managed.name) keeps the certificate for its \(key.rawValue) key.")
    }
  }

  /// `latchkey card certificate delete`
  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Take a certificate off the dongle.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "signature, decryption or authentication.")
    var key: SlotArgument
    @OptionGroup var adminPIN: AdminPINOptions

    func run() throws {
      let managed = try ManagedDongle(options)
      try managed.confirm(
        "Delete the certificate that \(managed.name) keeps for its \(key.rawValue) key?")
      try CardCertificate.put(managed, key.slot, [], adminPIN.source)
      if options.json {
        return try Output.document(
          "card certificate delete", Report(slot: key.rawValue, certificate: ""))
      }
      Output.result("\(managed.name) keeps no certificate for its \(key.rawValue) key.")
    }
  }
}

/// X.509 certificates as text (RFC 7468).
enum PEM {
  private static let begin = "-----BEGIN CERTIFICATE-----"
  private static let end = "-----END CERTIFICATE-----"

  /// Lines of 64 characters between the two named ones.
  static func text(_ der: [UInt8]) -> [UInt8] {
    var rest = Data(der).base64EncodedString()[...]
    var lines = [begin]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(64)))
      rest = rest.dropFirst(64)
    }
    return Array((lines + [end, ""]).joined(separator: "\n").utf8)
  }

  /// The first certificate in a text; nil where there is none.
  static func content(_ bytes: [UInt8]) -> [UInt8]? {
    guard let text = String(validating: bytes, as: UTF8.self),
      let start = text.firstRange(of: begin), let stop = text.firstRange(of: end),
      start.upperBound < stop.lowerBound
    else { return nil }
    let lines = text[start.upperBound..<stop.lowerBound].filter { !$0.isWhitespace }
    return Data(base64Encoded: lines).map { [UInt8]($0) }
  }
}
