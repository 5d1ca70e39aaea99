/// Exchanges that were recorded from a real card (Tests/Transcripts).
public struct Transcript: Sendable {
  /// A command and its answer.
  public struct Exchange: Sendable {
    /// The command APDU.
    public let command: [UInt8]
    /// The answer with its status word.
    public let answer: [UInt8]
  }

  /// In order.
  public let exchanges: [Exchange]

  /// Reads the recording of that name, as in `TestSign-EdDSA`.
  public init(_ name: String) {
    let text = String(
      decoding: repositoryFile("Tests/Transcripts/yubikey-5.4.3/\(name).txt"), as: UTF8.self)
    exchanges = text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 6, words[3] == "Transmit" else { return nil }
      return Exchange(
        command: [UInt8](hexadecimal: String(words[4])),
        answer: [UInt8](hexadecimal: String(words[5])))
    }
  }

  /// Those whose commands don't make RSA keys, which takes seconds.
  public static let small = [
    "TestApplicationRelated", "TestCardHolder", "TestChallenge", "TestChangePassword",
    "TestGenerateKey-ECDH-X25519", "TestImportKey-ECDH-X25519", "TestPublicKeyURL",
    "TestResetRetryCounter", "TestSetupKDF", "TestSharedKeyECDH-X25519", "TestSign-EdDSA",
    "TestVerifyPassword-pw1",
  ].map { Transcript($0) }
}
