public import DiskKey
public import LibCrypto
import OpenPGP
import OpenPGPCard
public import Secrets
public import SmartCard
import TestSupport
public import VirtualCard

/// A virtual card with a decryption key, in a file that pcscd's reader can be given.
public final class TestDongle {
  /// The user PIN.
  public static let pin = "123456"
  /// The card's file.
  public let file: String
  /// What a record says of it, untested.
  public let recorded: Record.Dongle

  private let folder: TemporaryFolder

  /// Makes the card and its key.
  /// - Parameters:
  ///   - kdf: whether its PINs are derived.
  public init(
    serial: UInt32 = 0x0102_0304, profile: String = "nitrokey-3",
    key: KeyAlgorithm = .ecdh(.cv25519), kdf: Bool = false
  ) throws {
    folder = try TemporaryFolder()
    file = folder.path("card")
    try VirtualCard.create(
      at: file, profile: CardProfile(contentsOf: Repository.path("cards/\(profile).json")),
      serial: serial)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(VirtualCard(at: file)))
    let admin = secret("12345678")
    let time: UInt32 = 1_700_000_000
    var derivation = KeyDerivation.plain
    let certified: CertificateKey
    do {
      var administration = try card.authorize(
        .administration, with: admin, derivedBy: derivation)
      let publicKey = try administration.generateKey(in: .decryption, key)
      certified = try CertificateKey(publicKey, creationTime: time)
      try administration.setFingerprint(of: .decryption, certified.fingerprint.span)
      try administration.setCreationTime(of: .decryption, time)
      if kdf {
        derivation = try KeyDerivation.iteratedSalted(
          .sha256, count: 100_000, initialUser: secret(Self.pin), initialAdmin: admin)
        try administration.putObject(0xF9, derivation.encoded.span)
      }
    }
    recorded = Record.Dongle(
      name: Array("test".utf8),
      pinned: PinnedKey(
        identifier: card.application.identifier, slot: .decryption,
        fingerprint: certified.fingerprint, publicKey: certified.publicKey,
        keyDerivation: derivation),
      keyAgreement: certified.keyDerivation, isTested: false)
  }

  /// Sets a KDF-DO up on the card; what is recorded stays as it was.
  public func setUpKDF() throws {
    let admin = secret("12345678")
    let derivation = try KeyDerivation.iteratedSalted(
      .sha256, count: 100_000, initialUser: secret(Self.pin), initialAdmin: admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(VirtualCard(at: file)))
    var administration = try card.authorize(
      .administration, with: admin, derivedBy: .plain)
    try administration.putObject(0xF9, derivation.encoded.span)
  }

  /// Changes the user PIN.
  public func setPIN(_ pin: String) throws {
    var card = try OpenPGPCard(selecting: VirtualCardTransport(VirtualCard(at: file)))
    try card.changePIN(.user, from: secret(Self.pin), to: secret(pin), derivedBy: .plain)
  }

  /// The card, in this process. Its file is locked until the value's life ends.
  public func card() throws -> VirtualCard { try VirtualCard(at: file) }

  /// Opens a blob with this card, in this process.
  public func open(
    _ blob: KeyBlob, pin: String = pin
  ) throws(DiskKeyError) -> SecretBytes {
    let transport: VirtualCardTransport
    do throws(CardFileError) {
      transport = VirtualCardTransport(try VirtualCard(at: file))
    } catch {
      throw .file(.device, errno: 0)
    }
    return try open(blob, pin: pin, on: transport)
  }

  /// Opens another program's message with this card, in this process.
  public func open(_ blob: AnyKeyBlob) throws(DiskKeyError) -> SecretBytes {
    let transport: VirtualCardTransport
    do throws(CardFileError) {
      transport = VirtualCardTransport(try VirtualCard(at: file))
    } catch {
      throw .file(.device, errno: 0)
    }
    var card = try select(transport)
    return try blob.open(
      on: &card, as: recorded, with: secret(Self.pin), under: PINTerms.any,
      decompressing: NoDecompression())
  }

  /// Opens a blob with what says that it is this card.
  public func open<Transport: CardTransport>(
    _ blob: KeyBlob, pin: String = pin, on transport: Transport
  ) throws(DiskKeyError) -> SecretBytes {
    var card = try select(transport)
    return try blob.open(
      on: &card, as: recorded, with: secret(pin), under: PINTerms.any,
      decompressing: NoDecompression())
  }

  private func select<Transport: CardTransport>(
    _ transport: Transport
  ) throws(DiskKeyError) -> OpenPGPCard<Transport> {
    do throws(CardError) {
      return try OpenPGPCard(selecting: transport)
    } catch {
      throw .card(error)
    }
  }
}
