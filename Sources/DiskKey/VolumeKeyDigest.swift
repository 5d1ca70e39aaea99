import CCryptsetup
import CSystem

/// LUKS1's digest of its volume key, `mk-digest`: 20 bytes at 112 (LUKS on-disk format 1.2.3,
/// figure 1).
enum LUKS1Digest {
  static func read(_ copy: borrowing LUKSHeaderCopy) throws(DiskKeyError) -> [UInt8] {
    try copy.bytes(at: 112, count: 20)
  }
}

extension CryptDevice {
  /// The header's digest of the volume key, as the header holds it: see ``Record/Volume/digest``.
  /// - Parameter path: the device that the header was read from.
  package func volumeKeyDigest(of path: [UInt8]) throws(DiskKeyError) -> [UInt8] {
    if version == 1 { return try LUKS1Digest.read(.metadata(of: path, size: 592)) }
    guard let document = JSONDocument(metadata) else { throw .header(.notLUKS) }
    let digest = JSONValue(of: document).member("digests").member("0").member("digest").text
    guard !digest.isEmpty else { throw .header(.digest) }
    return digest
  }

  /// PBKDF2's rounds in a keyslot; nil if another function derives its key.
  package func rounds(of slot: Int) -> Int? {
    var derivation = unsafe crypt_pbkdf_type()
    // Safe: the handle is live and the structure ours; its strings are libcryptsetup's own.
    guard unsafe crypt_keyslot_get_pbkdf(handle, Int32(slot), &derivation) == 0,
      let type = unsafe derivation.type, unsafe strcmp(type, CRYPT_KDF_PBKDF2) == 0
    else { return nil }
    return Int(unsafe derivation.iterations)
  }
}
