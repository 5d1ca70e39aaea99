import ArgumentParser
import LibCrypto
import OpenPGPCard

/// `latchkey card authenticate`
struct CardAuthenticate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authenticate",
    abstract: "A raw signature over a file by the authentication key, in hexadecimal digits.",
    discussion: "RSA: PKCS #1; ECDSA: r and s; EdDSA: R and S, over the hash as its message.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The file, or - for stdin.")
  var file: String
  @Option(help: "sha256, sha384 or sha512.")
  var hash = Hash.sha256
  @Flag(
    help: """
      Use the decryption key in its place: the two are swapped for this visit (MSE). RSA only.
      """)
  var swap = false
  @Option(help: ArgumentHelp("Write the bytes here instead.", valueName: "file"))
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
    let data = try DataFile.read(file, limit: 1 << 26)
    let managed = try ManagedDongle(options)
    if swap, !managed.application.capabilities.canSwapKeys {
      throw Failure(
        .dongleRefuses, "\(managed.name) can't swap its keys", next: "Nothing was done.")
    }
    guard let hashed = try? digest(hash.algorithm, of: data.span) else {
      throw Failure(CardError.crypto(.failed), dongle: managed.name)
    }
    let slot = swap ? KeySlot.decryption : .authentication
    let key = try managed.read { (card) throws(CardError) in try card.publicKey(in: slot) }
    let signature = try managed.authorize(
      .decryption, with: pin.source, for: "to authenticate"
    ) { (card) throws(CardError) in
      if swap { try card.useKeys(swapped: true) }
      if let touch = card.application.touchPolicy(of: slot), touch != .off {
        Output.note("Touch \(managed.name) when it blinks.")
      }
      return try card.authenticate(hashed.span, hash: hash.algorithm)
    }
    guard key.verify(signature.span, of: hashed.span, hash: hash.algorithm) else {
      throw Failure(
        .doesNotHold, "the dongle's signature does not hold",
        next: "The dongle, or its reader, is broken or not what it seems.")
    }
    if options.json {
      return try Output.document(
        "card authenticate", Report(hash: hash.rawValue, signature: Hexadecimal.text(signature)))
    }
    guard output == nil else { return try DataFile.write(signature, to: output) }
    Output.result(Hexadecimal.text(signature))
  }

  private struct Report: Encodable {
    let hash: String
    let signature: String
  }
}
