/// Why a LUKS header gets no key, by its name.
public enum HeaderFault: Error, Equatable, Sendable {
  /// A part of a header that names a cipher.
  public enum Part: Equatable, Sendable {
    /// The data segment.
    case segment
    /// A keyslot.
    case keyslot(Int)
  }

  /// There is no LUKS header, or one that libcryptsetup doesn't read.
  case notLUKS
  /// LUKS1 where LUKS2 was recorded, or the other way round.
  case version
  /// Another volume's UUID.
  case uuid
  /// Not exactly one segment, of type `crypt`, from the recorded offset to the device's end.
  case segments
  /// A null cipher: the part's data are in clear.
  case nullCipher(Part)
  /// Another cipher than aes-xts-plain64.
  case cipher(Part)
  /// Another volume key size than recorded.
  case keySize
  /// Another sector size than recorded.
  case sectorSize
  /// Another data offset than recorded.
  case dataOffset
  /// The header asks for a feature this policy doesn't know.
  case requirement
  /// A reencryption is in progress, or pretends to be (CVE-2021-4122).
  case reencryption
  /// The recorded keyslot isn't in use.
  case noKeyslot
  /// The recorded keyslot's key derivation isn't PBKDF2 with a small count, or asks for memory.
  case derivation
  /// The volume key's digest isn't the recorded one, or doesn't cover segment and keyslot.
  case digest
  /// The key doesn't open the recorded keyslot.
  case keyRefused
  /// The keyslot holds another volume key than recorded.
  case volumeKey
}
