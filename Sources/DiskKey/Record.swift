public import OpenPGP
public import OpenPGPCard

/// What lies beside a blob: which dongles may be asked for a volume's key, and which volume may get
/// it. Whoever can write a record decides both, so it is used only as a ``TrustedRecord``.
public struct Record: Equatable, Sendable {
  /// Who may be asked, 1 to ``maximumDongles``.
  public var dongles: [Dongle]
  /// Who may get the key.
  public var volume: Volume

  /// The most dongles of a record.
  public static let maximumDongles = 32
  /// The most bytes a record may have.
  public static let maximumSize = 65536

  /// A record of these parts.
  public init(dongles: [Dongle], volume: Volume) {
    self.dongles = dongles
    self.volume = volume
  }

  /// A dongle that may be asked, as it was when it was enrolled.
  public struct Dongle: Equatable, Sendable {
    /// A name for people, printable ASCII, at most 64 bytes; may be empty.
    public var name: [UInt8]
    /// What the card must be before a PIN goes to it: its decryption key.
    public var pinned: PinnedKey
    /// How the key's ECDH secret is derived, which is part of its fingerprint; nil for RSA.
    public var keyAgreement: ECDHParameters?
    /// Whether the volume was opened through this dongle when it was enrolled.
    public var isTested: Bool

    /// A dongle of these facts.
    public init(
      name: [UInt8], pinned: PinnedKey, keyAgreement: ECDHParameters?, isTested: Bool
    ) {
      self.name = name
      self.pinned = pinned
      self.keyAgreement = keyAgreement
      self.isTested = isTested
    }

    /// What encrypting to the dongle, and reading what it deciphers, needs to know.
    public var recipient: RecipientKey {
      RecipientKey(
        fingerprint: pinned.fingerprint, publicKey: pinned.publicKey, keyDerivation: keyAgreement)
    }
  }

  /// The volume that may get the key, as its header was when it was enrolled.
  public struct Volume: Equatable, Sendable {
    /// Its UUID.
    public var uuid: VolumeUUID
    /// 1 or 2.
    public var luksVersion: UInt8
    /// The keyslot that the blob's key opens.
    public var keyslot: Int
    /// The data segment's cipher, as in `aes`.
    public var cipher: [UInt8]
    /// The data segment's mode, as in `xts-plain64`.
    public var mode: [UInt8]
    /// Bytes of the volume key.
    public var keySize: Int
    /// Bytes of a sector.
    public var sectorSize: Int
    /// Where the data begin, in bytes.
    public var dataOffset: UInt64
    /// The header's digest of the volume key, as the header holds it: 20 bytes in LUKS1, text in
    /// base64 in LUKS2.
    public var digest: [UInt8]
    /// SHA-256 of the volume key.
    public var volumeKeyDigest: [UInt8]
    /// SHA-256 of the blob.
    public var blobDigest: [UInt8]
    /// The keyslots that a person's passphrase opened, bit 0 for slot 0.
    public var personSlots: UInt32

    /// A volume of these facts.
    public init(
      uuid: VolumeUUID, luksVersion: UInt8, keyslot: Int, cipher: [UInt8], mode: [UInt8],
      keySize: Int, sectorSize: Int, dataOffset: UInt64, digest: [UInt8], volumeKeyDigest: [UInt8],
      blobDigest: [UInt8], personSlots: UInt32
    ) {
      self.uuid = uuid
      self.luksVersion = luksVersion
      self.keyslot = keyslot
      self.cipher = cipher
      self.mode = mode
      self.keySize = keySize
      self.sectorSize = sectorSize
      self.dataOffset = dataOffset
      self.digest = digest
      self.volumeKeyDigest = volumeKeyDigest
      self.blobDigest = blobDigest
      self.personSlots = personSlots
    }
  }
}
