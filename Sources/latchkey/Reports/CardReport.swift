import OpenPGPCard

/// All that a dongle says of itself, in words and for JSON: what ``DongleReport`` has, and what takes
/// more than the first look.
struct CardReport: Encodable {
  private let dongle: DongleReport
  private let details: Details

  /// What takes more than the first look.
  private struct Details: Encodable {
    let holder: HolderReport
    /// Signatures made by the signature key; nothing where the card doesn't say.
    let signatures: Int?
    let signaturePIN: String
    let keyDerivationActive: Bool
    let certificates: [Certificate]
    let origins: [Origin]
    let longestPIN: Int
    let longestAdminPIN: Int
  }

  /// An X.509 certificate that the dongle keeps.
  struct Certificate: Encodable {
    let slot: String
    let size: Int
  }

  /// Where a key came from: `generated`, `imported`.
  struct Origin: Encodable {
    let slot: String
    let origin: String
  }

  /// Asks the dongle that is meant, in one visit without a PIN.
  init(_ options: GlobalOptions) throws(Failure) {
    self = try Dongles.read(options) { (dongle, card) throws(CardError) in
      CardReport(dongle: DongleReport(dongle), details: try Self.details(&card))
    }
  }

  private init(dongle: DongleReport, details: Details) {
    self.dongle = dongle
    self.details = details
  }

  private static func details(
    _ card: inout OpenPGPCard<ReaderTransport>
  ) throws(CardError) -> Details {
    let kept = try card.certificates()
    var certificates: [Certificate] = []
    var origins: [Origin] = []
    for (slot, certificate) in zip(KeySlot.allCases, kept) {
      if !certificate.isEmpty {
        certificates.append(Certificate(slot: slot.words, size: certificate.count))
      }
      if let origin = card.application.keyOrigin(of: slot), origin != .none {
        origins.append(Origin(slot: slot.words, origin: "\(origin)"))
      }
    }
    let status = card.application.pinStatus
    return Details(
      holder: try HolderReport(of: &card), signatures: try signatures(&card),
      signaturePIN: status.allowsManySignatures ? "once" : "always",
      keyDerivationActive: try card.keyDerivation().isActive, certificates: certificates,
      origins: origins, longestPIN: status.maximumLength(.user),
      longestAdminPIN: status.maximumLength(.admin))
  }

  private static func signatures(
    _ card: inout OpenPGPCard<ReaderTransport>
  ) throws(CardError) -> Int? {
    do throws(CardError) {
      return try card.signatureCount()
    } catch {
      guard case .transport = error else { return nil }
      throw error
    }
  }

  /// Both as one object.
  func encode(to encoder: any Encoder) throws {
    try dongle.encode(to: encoder)
    try details.encode(to: encoder)
  }

  /// The lines for people.
  var lines: [String] {
    var lines = dongle.lines
    for origin in details.origins {
      lines.append("  " + origin.slot.padded(to: 16) + origin.origin)
    }
    lines += details.holder.lines
    lines.append("  signatures  \(details.signatures.map { "\($0)" } ?? "-")")
    lines.append(
      "  PIN         "
        + (details.signaturePIN == "always" ? "for each signature" : "once for many signatures")
        + (details.keyDerivationActive ? ", derived (KDF-DO)" : ""))
    for certificate in details.certificates {
      lines.append("  certificate \(certificate.slot), \(certificate.size) bytes")
    }
    return lines
  }
}
