import Input
import LibCrypto
import OpenPGP
public import OpenPGPCard
import SmartCard

/// The dongle that the scripts are held against, made of test keys: what is pinned of it, and what it
/// would answer.
public struct Dongle: Sendable {
  /// What is recorded of its signature key.
  public let signing: PinnedKey
  /// What is recorded of its decryption key.
  public let decryption: PinnedKey
  /// How it lists its keys.
  private let attributes: [UInt16: [UInt8]]

  /// The dongles there are: Curve25519 and RSA-2048, each with plain PINs and derived ones.
  public static let all = [
    Dongle("ed25519", derivation: plainDerivation), Dongle("ed25519", derivation: saltedDerivation),
    Dongle("rsa2048", derivation: plainDerivation), Dongle("rsa2048", derivation: saltedDerivation),
  ]

  /// No derivation, as a KDF-DO says it.
  private static let plainDerivation: [UInt8] = [0x81, 0x01, 0x00]
  /// SHA-256 over 100 bytes, one salt.
  private static let saltedDerivation =
    TLVWriter.element(0x81, [0x03]) + TLVWriter.element(0x82, [0x08])
    + TLVWriter.element(0x83, [0, 0, 0, 100]) + TLVWriter.element(0x84, Array("saltsalt".utf8))

  private init(_ name: String, derivation: [UInt8]) {
    guard
      let certificate = try? Certificate(
        parsing: repositoryFile("testkeys/\(name)/public.asc").span),
      let subkey = certificate.subkeys.first?.key,
      let derivation = try? KeyDerivation(parsing: derivation.span)
    else { preconditionFailure("no test key \(name)") }
    func pinned(_ slot: KeySlot, _ key: CertificateKey) -> PinnedKey {
      PinnedKey(
        identifier: CardIdentifier(manufacturer: 0x000F, serial: 0x1234_5678), slot: slot,
        fingerprint: key.fingerprint, publicKey: key.publicKey, keyDerivation: derivation)
    }
    signing = pinned(.signing, certificate.primary)
    decryption = pinned(.decryption, subkey)
    attributes = [
      0xC1: Dongle.attributes(signing.publicKey), 0xC2: Dongle.attributes(decryption.publicKey),
      0xC3: Dongle.attributes(signing.publicKey),
    ]
  }

  /// The answer to SELECT.
  public let selected: [UInt8] = [0x90, 0x00]

  /// The answer to GET DATA 6E.
  public var applicationData: [UInt8] {
    let identifier = signing.identifier
    let serial = (0..<4).map { UInt8(truncatingIfNeeded: identifier.serial >> (24 - 8 * $0)) }
    let aid: [UInt8] =
      [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01, 0x03, 0x04, 0x00, 0x0F] + serial + [0, 0]
    var inner = TLVWriter.element(
      0xC0, [signing.keyDerivation.isActive ? 0x7F : 0x7E, 0, 0, 0xFF, 0x10, 0, 0x10, 0, 0, 1])
    for (tag, content) in attributes.sorted(by: { $0.key < $1.key }) {
      inner += TLVWriter.element(tag, content)
    }
    inner += TLVWriter.element(0xC4, [1, 127, 127, 127, 3, 3, 3])
    inner += TLVWriter.element(
      0xC5, signing.fingerprint + decryption.fingerprint + signing.fingerprint)
    inner += TLVWriter.element(0xCD, [UInt8](repeating: 1, count: 12))
    inner += TLVWriter.element(0xD6, [0, 0x20])
    let whole =
      TLVWriter.element(0x4F, aid)
      + TLVWriter.element(0x5F52, [0, 0x31, 0xC5, 0x73, 0xC0, 1, 0x40, 5, 0x90, 0])
      + TLVWriter.element(0x7F66, [0x02, 0x02, 0x08, 0, 0x02, 0x02, 0x08, 0])
      + TLVWriter.element(0x73, inner)
    return TLVWriter.element(0x6E, whole) + [0x90, 0x00]
  }

  /// The answer to GENERATE 81.
  public func publicKey(_ pinned: PinnedKey) -> [UInt8] {
    let numbers =
      switch pinned.publicKey {
      case .rsa(let modulus, let exponent):
        TLVWriter.element(0x81, modulus) + TLVWriter.element(0x82, exponent)
      case .ecdsa(_, let point), .ecdh(_, let point), .eddsa(_, let point):
        TLVWriter.element(0x86, point)
      }
    return TLVWriter.element(0x7F49, numbers) + [0x90, 0x00]
  }

  /// What it answers from SELECT to VERIFY, all being well.
  public func answers(upToPIN pinned: PinnedKey) -> [[UInt8]] {
    var answers = [selected, applicationData, publicKey(pinned)]
    if pinned.keyDerivation.isActive { answers.append(pinned.keyDerivation.encoded + [0x90, 0]) }
    return answers + [[0x90, 0x00]]
  }

  private static func attributes(_ key: PublicKey) -> [UInt8] {
    switch key {
    case .rsa(let modulus, _):
      [0x01, UInt8(modulus.count >> 5), UInt8(modulus.count << 3 & 0xFF), 0, 32, 0]
    case .ecdh(let curve, _): [0x12] + curve.oid
    case .ecdsa(let curve, _): [0x13] + curve.oid
    case .eddsa(let curve, _): [0x16] + curve.oid
    }
  }
}
