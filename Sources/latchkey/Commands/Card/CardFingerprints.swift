import ArgumentParser
import OpenPGPCard

/// `latchkey card fingerprints`
struct CardFingerprints: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprints",
    abstract: "The fingerprints that a dongle keeps: shown, or one written.",
    discussion: """
      For each key there is its own, by which gpg and Latchkey find it, and one of a certification \
      authority (CA), which gpg shows only.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "signature, decryption or authentication; without it, all are shown.")
  var key: SlotArgument?
  @Argument(help: "40 hexadecimal digits.")
  var fingerprint: String?
  @Flag(help: "Write the CA's fingerprint, not the key's.")
  var ca = false
  @OptionGroup var adminPIN: AdminPINOptions

  func run() throws {
    let managed = try ManagedDongle(options)
    if let key, let fingerprint {
      guard let bytes = Hexadecimal.bytes(fingerprint.filter { $0 != " " }), bytes.count == 20
      else {
        throw Failure(
          .wrongUse, "\"\(Escaped.text(fingerprint))\" is no fingerprint",
          next: "It has 40 hexadecimal digits.")
      }
      try set(key.slot, bytes, managed)
    }
    let rows = try read()
    if options.json { return try Output.document("card fingerprints", rows) }
    for row in rows {
      Output.result(
        "  " + row.slot.padded(to: 16) + (row.fingerprint ?? "-")
          + (row.ca.map { "  CA \($0)" } ?? ""))
    }
  }

  private func set(
    _ slot: KeySlot, _ bytes: [UInt8], _ managed: ManagedDongle
  ) throws(Failure) {
    if !ca, managed.application.fingerprint(of: slot) != nil {
      try managed.confirm(
        "Programs find the \(slot.words) key of \(managed.name) by its fingerprint, and will find "
          + "it no more under the old one. Replace it?")
    }
    try managed.authorize(
      .administration, with: adminPIN.source, for: "to write the fingerprint"
    ) { (card) throws(CardError) in
      if ca {
        try card.putObject(slot.caFingerprintTag, bytes.span)
      } else {
        try card.setFingerprint(of: slot, bytes.span)
      }
    }
    try managed.renewRecord()
  }

  private func read() throws(Failure) -> [Row] {
    let dongle = try Dongles.look(options).one("that fits")
    var card = try dongle.visit()
    do throws(CardError) {
      // Cards of before version 2 keep no CA's.
      let authorities = try card.objectIfThere(0xC6) ?? []
      return KeySlot.allCases.enumerated().map { index, slot in
        let own = authorities.dropFirst(20 * index).prefix(20)
        return Row(
          slot: slot.words,
          fingerprint: card.application.fingerprint(of: slot).map(Hexadecimal.text),
          ca: own.contains { $0 != 0 } ? Hexadecimal.text(Array(own)) : nil)
      }
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
  }

  private struct Row: Encodable {
    let slot: String
    let fingerprint: String?
    let ca: String?
  }
}

extension KeySlot {
  /// Where a certification authority's fingerprint for this key is written (§4.4.3.11).
  fileprivate var caFingerprintTag: UInt16 {
    switch self {
    case .signing: 0xCA
    case .decryption: 0xCB
    case .authentication: 0xCC
    }
  }
}
