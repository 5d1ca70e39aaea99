import ArgumentParser
import FoundationEssentials
import LibCrypto
import OpenPGP
import OpenPGPCard

/// `latchkey card export`
struct CardExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "The public side of a dongle: its OpenPGP certificate, or its SSH public key.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "certificate: as it is trusted on this system; ssh: the authentication key.")
  var kind: Kind
  @Option(
    help: ArgumentHelp(
      "Look for the certificate in this file, not in /etc/latchkey/trusted.d.", valueName: "file"),
    completion: .file())
  var trusted: [String] = []
  @OptionGroup var output: OutputOption

  /// What is exported.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case certificate
    case ssh
  }

  func run() throws {
    let text: [UInt8]
    switch kind {
    case .certificate: text = try certificate()
    case .ssh: text = try sshKey()
    }
    if options.json {
      return try Output.document(
        "card export", Report(kind: kind.rawValue, text: String(decoding: text, as: UTF8.self)))
    }
    try DataFile.write(text, to: output.path)
  }

  private struct Report: Encodable {
    let kind: String
    let text: String
  }

  /// The certificate that has one of the dongle's keys, alone: as its file has it, if that holds nothing else.
  private func certificate() throws(Failure) -> [UInt8] {
    let dongle = try Dongles.look(options).one("that fits")
    let fingerprints = KeySlot.allCases.compactMap { dongle.application.fingerprint(of: $0) }
    let trust = try TrustStore(files: trusted, folders: options.folders)
    for certificate in trust.certificates
    where fingerprints.contains(where: { certificate.key($0) != nil }) {
      let bytes = try trust.bytes(of: certificate)
      return Armor.encode(bytes.span, as: .publicKey)
    }
    throw Failure(
      .noDongle, "no certificate of \(dongle.name) is known here",
      next: "Give the file with --trusted; latchkey provision makes one.")
  }

  private func sshKey() throws(Failure) -> [UInt8] {
    let managed = try ManagedDongle(options)
    let key = try managed.read { (card) throws(CardError) in
      try card.publicKey(in: .authentication)
    }
    guard let blob = SSHKey(key) else {
      throw Failure(
        .dongleRefuses, "SSH has no keys of the kind \(key.algorithm.words)",
        next: "latchkey card generate authentication makes another.")
    }
    return Array("\(blob.line) cardno:\(managed.dongle.serial)\n".utf8)
  }
}

/// A public key as OpenSSH has it (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
struct SSHKey {
  private let type: String
  private let blob: [UInt8]

  /// Nil for a key of another kind.
  init?(_ key: PublicKey) {
    func text(_ bytes: [UInt8]) -> [UInt8] {
      let count = UInt32(bytes.count)
      return [24, 16, 8, 0].map { UInt8(count >> $0 & 0xFF) } + bytes
    }
    // A number whose highest bit is set would count as negative.
    func number(_ bytes: [UInt8]) -> [UInt8] {
      text((bytes.first ?? 0) & 0x80 != 0 ? [0] + bytes : bytes)
    }
    let fields: [UInt8]
    switch key {
    case .rsa(let modulus, let exponent):
      type = "ssh-rsa"
      fields = number(exponent) + number(modulus)
    case .ecdsa(let curve, let point):
      let name = "\(curve.name)"
      guard name.hasPrefix("nistp") else { return nil }
      type = "ecdsa-sha2-" + name
      fields = text(Array(name.utf8)) + text(point)
    case .eddsa(let curve, let point):
      guard curve == .ed25519 else { return nil }
      type = "ssh-ed25519"
      fields = text(point)
    case .ecdh: return nil
    }
    blob = text(Array(type.utf8)) + fields
  }

  /// Type and base64, as in authorized_keys.
  var line: String { "\(type) \(Data(blob).base64EncodedString())" }
}
