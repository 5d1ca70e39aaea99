import ArgumentParser
import BootManifest
import LibCrypto
import OpenPGPCard

/// `latchkey card authenticate`
struct CardAuthenticate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authenticate",
    abstract: "A raw signature over a file by the authentication key, in hexadecimal digits.",
    discussion: "RSA: PKCS #1; ECDSA: r and s; EdDSA: R and S, over the hash as its message.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The file, or - for stdin.", completion: .file())
  var file: String
  @Option(help: "sha256, sha384 or sha512.")
  var hash = Hash.sha256
  @Option(
    help: ArgumentHelp("Write the bytes here instead.", valueName: "file"), completion: .file())
  var output: String?
  @OptionGroup var pin: UserPINOptions

  /// Hash functions.
  enum Hash: String, ExpressibleByArgument, CaseIterable {
    case sha256
    case sha384
    case sha512

    var algorithm: HashAlgorithm {
      switch self {
      case .sha256: .sha256
      case .sha384: .sha384
      case .sha512: .sha512
      }
    }
  }

  func run() throws {
    let managed = try ManagedDongle(options)
    let signature = try RawSignature(
      of: file, hash.algorithm, by: managed, .authentication, with: pin.source)
    try signature.show("card authenticate", options, hash, to: output)
  }
}

/// A signature by INTERNAL AUTHENTICATE over a file's hash, checked.
struct RawSignature {
  private let bytes: [UInt8]

  /// - Parameter slot: the authentication key, or the decryption key in its place.
  init(
    of file: String, _ hash: HashAlgorithm, by managed: ManagedDongle, _ slot: KeySlot,
    with source: SecretSource
  ) throws(Failure) {
    let data = try DataFile.read(file, limit: 1 << 26)
    // In a certificate that gives the key another use, what is signed here could end as a /boot's signature.
    guard !SignedListForm.appears(in: data.span) else { throw Failure(bootListAt: file) }
    guard let hashed = try? digest(hash, of: data.span) else {
      throw Failure(CardError.crypto(.failed), dongle: managed.name)
    }
    let key = try managed.read { (card) throws(CardError) in try card.publicKey(in: slot) }
    bytes = try managed.authorize(.decryption, with: source, for: "to authenticate") {
      (card) throws(CardError) in
      if slot == .decryption { try card.useKeys(swapped: true) }
      if let touch = card.application.touchPolicy(of: slot), touch != .off {
        Output.note("Touch \(managed.name) when it blinks.")
      }
      return try card.authenticate(hashed.span, hash: hash)
    }
    guard key.verify(bytes.span, of: hashed.span, hash: hash) else {
      throw Failure(
        .doesNotHold, "the dongle's signature does not hold",
        next: "The dongle, or its reader, is broken or not what it seems.")
    }
  }

  func show(
    _ command: String, _ options: GlobalOptions, _ hash: CardAuthenticate.Hash, to output: String?
  ) throws(Failure) {
    if options.json {
      return try Output.document(
        command, Report(hash: hash.rawValue, signature: Hexadecimal.text(bytes)))
    }
    guard output == nil else { return try DataFile.write(bytes, to: output) }
    Output.result(Hexadecimal.text(bytes))
  }

  private struct Report: Encodable {
    let hash: String
    let signature: String
  }
}
