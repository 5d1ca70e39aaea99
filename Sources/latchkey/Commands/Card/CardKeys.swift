import ArgumentParser
import LibCrypto
import OpenPGP
import OpenPGPCard

/// `latchkey card generate`
struct CardGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make one new key on the dongle. The old one in its place is lost for good.",
    discussion: "latchkey provision makes all three, with a certificate.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "signature, decryption or authentication.")
  var key: SlotArgument
  @Option(
    help: ArgumentHelp(
      "rsa2048, curve25519, nistp256 and the like; by default what the dongle has there now."))
  var algorithm: String?
  @OptionGroup var adminPIN: AdminPINOptions

  func run() throws {
    let managed = try ManagedDongle(options)
    let slot = key.slot
    let kind = try KeyAlgorithm.named(algorithm, for: slot, on: managed)
    try managed.confirmLoss(of: slot)
    let time = Moment.now
    let fingerprint = try managed.authorize(
      .administration, with: adminPIN.source, for: "to make a key"
    ) { (card) throws(CardError) in
      Output.note("Making the \(slot.words) key, \(kind.words) …")
      let publicKey = try card.generateKey(in: slot, kind)
      return try card.describe(slot, publicKey, time)
    }
    try managed.renewRecord()
    let report = KeyReport(
      slot: slot.words, algorithm: kind.words, fingerprint: Hexadecimal.text(fingerprint),
      created: Moment.text(time))
    if options.json { return try Output.document("card generate", report) }
    Output.result("\(managed.name) has a new \(slot.words) key.")
    Output.result("  \(report.algorithm)  \(report.fingerprint)  \(report.created)")
  }
}

/// `latchkey card attributes`
struct CardAttributes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attributes",
    abstract: "Which kinds of keys the dongle has and can have: shown, or set for the next one.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "signature, decryption or authentication; without it, all are shown.")
  var key: SlotArgument?
  @Argument(help: "rsa2048, curve25519, nistp256 and the like.")
  var algorithm: String?
  @OptionGroup var adminPIN: AdminPINOptions

  func run() throws {
    let managed = try ManagedDongle(options)
    if let key, let algorithm {
      let kind = try KeyAlgorithm.named(algorithm, for: key.slot, on: managed)
      if managed.application.attributes(of: key.slot)?.algorithm != kind {
        try managed.confirmLoss(of: key.slot)
      }
      try managed.authorize(
        .administration, with: adminPIN.source, for: "to set the kind of key"
      ) { (card) throws(CardError) in try card.setAttributes(of: key.slot, kind) }
      try managed.renewRecord()
    }
    let rows = try read()
    if options.json { return try Output.document("card attributes", rows) }
    for row in rows {
      Output.result("  " + row.slot.padded(to: 16) + (row.algorithm ?? row.attributes))
      if !row.offered.isEmpty {
        Output.result("    can be        \(row.offered.joined(separator: ", "))")
      }
    }
  }

  private func read() throws(Failure) -> [Row] {
    try Dongles.read(options) { (_, card) throws(CardError) in
      var rows: [Row] = []
      for slot in KeySlot.allCases {
        let now = card.application.attributes(of: slot)
        rows.append(
          Row(
            slot: slot.words, algorithm: now?.algorithm?.words,
            attributes: Hexadecimal.text(now?.encoded ?? []),
            offered: try card.offeredAlgorithms(for: slot).map {
              $0.algorithm?.words ?? Hexadecimal.text($0.encoded)
            }))
      }
      return rows
    }
  }

  private struct Row: Encodable {
    let slot: String
    /// Nothing for a kind that isn't known here.
    let algorithm: String?
    /// As the card has them, in hexadecimal digits.
    let attributes: String
    /// What the dongle says it can have; empty where it doesn't say.
    let offered: [String]
  }
}

/// A key that is on a dongle now.
struct KeyReport: Encodable {
  let slot: String
  let algorithm: String
  let fingerprint: String
  let created: String
}

extension ManagedDongle {
  /// Asks before a slot's key is lost.
  func confirmLoss(of slot: KeySlot) throws(Failure) {
    guard let fingerprint = application.fingerprint(of: slot) else { return }
    try confirm(
      "The \(slot.words) key of \(name), \(Hexadecimal.text(fingerprint)), will be lost for good. "
        + "Go on?")
  }
}

extension Authorization<ReaderTransport, Administration> {
  /// Writes fingerprint and creation time of a key that is new in a slot; gives the fingerprint.
  mutating func describe(
    _ slot: KeySlot, _ publicKey: PublicKey, _ time: UInt32
  ) throws(CardError) -> [UInt8] {
    let key: CertificateKey
    do throws(OpenPGPError) {
      key = try CertificateKey(publicKey, creationTime: time)
    } catch {
      throw .wrongKey(slot)
    }
    try setFingerprint(of: slot, key.fingerprint.span)
    try setCreationTime(of: slot, time)
    return key.fingerprint
  }
}

extension KeyAlgorithm {
  /// The kind of key that a person named; what is in the slot now where nothing was named.
  static func named(
    _ text: String?, for slot: KeySlot, on managed: ManagedDongle
  ) throws(Failure) -> KeyAlgorithm {
    guard let text else {
      guard let algorithm = managed.application.attributes(of: slot)?.algorithm else {
        throw Failure(CardError.unsupportedAlgorithm, dongle: managed.name)
      }
      return algorithm
    }
    guard let algorithm = KeyAlgorithm(text, for: slot) else {
      let curves = Curve.allCases.map { "\($0.name)" }.joined(separator: ", ")
      throw Failure(
        .wrongUse, "\"\(Escaped.text(text))\" is no kind of \(slot.words) key",
        next: "There are rsa2048, rsa3072, rsa4096, curve25519, \(curves).")
    }
    return algorithm
  }

  /// By the name that gpg gives it, or the family's: `curve25519`, which is Ed25519 or X25519 as the
  /// slot has it.
  private init?(_ text: String, for slot: KeySlot) {
    if text.hasPrefix("rsa") {
      guard let bits = Int(text.dropFirst(3)), (2048...4096).contains(bits),
        bits.isMultiple(of: 1024) || bits == 2048
      else { return nil }
      self = .rsa(bits: bits)
      return
    }
    let family = text.hasPrefix("curve") ? text.dropFirst(5) : nil
    let name = family.map { (slot == .decryption ? "cv" : "ed") + $0 } ?? text
    guard let curve = Curve.allCases.first(where: { "\($0.name)" == name }) else { return nil }
    switch (curve.form, slot) {
    case (.weierstrass, .decryption), (.montgomery, .decryption): self = .ecdh(curve)
    case (.weierstrass, _): self = .ecdsa(curve)
    case (.edwards, .signing), (.edwards, .authentication): self = .eddsa(curve)
    default: return nil
    }
  }
}
