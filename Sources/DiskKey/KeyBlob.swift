import LibCrypto
public import OpenPGP
public import OpenPGPCard
public import Secrets
public import SmartCard

/// The volume's key, encrypted to its dongles: an ordinary OpenPGP message, `key.pgp`, that a trusted
/// record vouches for by its hash.
public struct ReadableBlob<Formats: MessageFormats>: Sendable {
  /// The most bytes of a blob: 32 dongles with RSA-4096 take a quarter of it.
  public static var maximumSize: Int { 65536 }
  /// The most bytes of a key. Latchkey's own have ``keySize``; what gpg encrypted may be a passphrase.
  public static var maximumKeySize: Int { 512 }
  /// Bytes of the keys that Latchkey makes.
  public static var keySize: Int { 64 }

  /// The dongles that may be asked.
  public let dongles: [Record.Dongle]
  let message: ReadableMessage<Formats>

  /// A blob, held against the record.
  /// - Parameters:
  ///   - bytes: the content of `key.pgp`.
  ///   - trusted: which blob it must be, and which dongles may be asked.
  /// - Throws: ``DiskKeyError/blobChanged`` if its hash isn't the recorded one,
  ///   ``DiskKeyError/message(_:)``.
  public init(_ bytes: Span<UInt8>, of trusted: TrustedRecord) throws(DiskKeyError) {
    guard try sha256(bytes) == trusted.record.volume.blobDigest else { throw .blobChanged }
    do throws(OpenPGPError) {
      message = try ReadableMessage(parsing: bytes)
    } catch {
      throw .message(error)
    }
    dongles = trusted.record.dongles
  }

  /// The blob in a folder's `key.pgp`.
  /// - Throws: as ``init(_:of:)``; ``DiskKeyError/file(_:errno:)``.
  public init(reading folder: [UInt8], of trusted: TrustedRecord) throws(DiskKeyError) {
    let file = try OpenFile(reading: folder + [UInt8]("/key.pgp"), as: .blob)
    let bytes = try file.bytes(limit: Self.maximumSize, as: .blob)
    try self.init(bytes.span, of: trusted)
  }

  /// The recorded dongle that a card says it is, or nil. What the card says is checked only when the
  /// blob is opened.
  public func dongle(_ identifier: CardIdentifier) -> Record.Dongle? {
    for dongle in dongles where dongle.pinned.identifier == identifier { return dongle }
    return nil
  }

  /// Opens the blob on a visit to a card. From SELECT on, the exchange is GET DATA 6E, GENERATE 81,
  /// where C0 announces it GET DATA F9, VERIFY 82 and one PSO: DECIPHER.
  /// - Parameters:
  ///   - card: the visit; a differing serial, fingerprint, key or KDF-DO ends it before VERIFY.
  ///   - dongle: the recorded dongle that this card must be.
  ///   - pin: the user PIN's text. It is sent at most once.
  ///   - terms: the tries that were shown, what was agreed to, and what remembers the text.
  ///   - decompressing: what undoes a compression, as gpg's default message has one.
  /// - Returns: the keyslot's key.
  /// - Throws: ``DiskKeyError/card(_:)``; ``DiskKeyError/unproven`` when the card took the PIN and then
  ///   could not decrypt; ``DiskKeyError/notForThisDongle``; ``DiskKeyError/message(_:)`` for what
  ///   stands behind the integrity check, such as a compression.
  public func open<Transport: CardTransport, Memory: PINMemory, Decompressor: Decompression>(
    on card: inout OpenPGPCard<Transport>, as dongle: Record.Dongle,
    with pin: borrowing SecretBytes, under terms: PINTerms<Memory>, decompressing: Decompressor
  ) throws(DiskKeyError) -> SecretBytes {
    try check(dongle)
    var decryption = try Self.authorize(&card, dongle, pin, terms)
    return try open(by: &decryption, as: dongle, decompressing: decompressing)
  }

  private static func authorize<Transport: CardTransport, Memory: PINMemory>(
    _ card: inout OpenPGPCard<Transport>, _ dongle: Record.Dongle, _ pin: borrowing SecretBytes,
    _ terms: PINTerms<Memory>
  ) throws(DiskKeyError) -> Authorization<Transport, Decryption> {
    do throws(CardError) {
      return try card.authorize(.decryption, with: pin, under: terms, pinned: dongle.pinned)
    } catch {
      throw .card(error)
    }
  }

  /// Whether the blob can be asked of that dongle: known before a PIN is.
  /// - Throws: ``DiskKeyError/notForThisDongle``, ``DiskKeyError/message(_:)``.
  public func check(_ dongle: Record.Dongle) throws(DiskKeyError) {
    _ = try cryptogram(for: dongle)
  }

  /// Opens the blob on a card that has its PIN, by one PSO: DECIPHER: for several blobs with one PIN.
  /// - Parameters:
  ///   - decryption: of the card that was held against what is recorded of `dongle`.
  ///   - dongle: the recorded dongle.
  ///   - decompressing: what undoes a compression.
  /// - Returns: the keyslot's key.
  /// - Throws: as ``open(on:as:with:under:decompressing:)``.
  public func open<Transport: CardTransport, Decompressor: Decompression>(
    by decryption: inout Authorization<Transport, Decryption>, as dongle: Record.Dongle,
    decompressing: Decompressor
  ) throws(DiskKeyError) -> SecretBytes {
    let (packet, cryptogram) = try cryptogram(for: dongle)
    // RSA's message is shorter than its modulus of at most 1024 bytes.
    var answer = SecretBytes(capacity: 1024)
    do throws(CardError) {
      try decryption.decipher(cryptogram, into: &answer)
    } catch {
      switch error {
      case .transport, .touchTimedOut: throw .card(error)
      default: throw .unproven
      }
    }
    do throws(OpenPGPError) {
      return try message.decrypt(
        with: answer, by: dongle.recipient, for: packet, decompressing: decompressing,
        limit: Self.maximumKeySize)
    } catch {
      // The blob is the recorded one, so it is the card that gave something else.
      if error == .cannotDecrypt { throw .unproven }
      throw .message(error)
    }
  }

  /// What the dongle is asked to decipher.
  private func cryptogram(
    for dongle: Record.Dongle
  ) throws(DiskKeyError) -> (ReadableMessage<Formats>.Recipient, Cryptogram) {
    let recipient = dongle.recipient
    guard let packet = message.recipients(for: recipient).first else { throw .notForThisDongle }
    do throws(OpenPGPError) {
      return (packet, try message.cryptogram(for: packet, with: recipient))
    } catch {
      throw .message(error)
    }
  }
}

/// A blob that the initramfs program reads, and that Latchkey writes.
public typealias KeyBlob = ReadableBlob<ClassicFormats>

/// A blob in any format that the command reads.
public typealias AnyKeyBlob = ReadableBlob<NewerFormats>
