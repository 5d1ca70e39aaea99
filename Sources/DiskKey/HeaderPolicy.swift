import CCryptsetup
import CSystem
import Secrets

/// What must be true of a header before a key goes to it: as recorded where the record says, and
/// nothing else than what is known here. Debian 12's cryptsetup opens an attacker's header with a
/// null cipher by any passphrase (CVE-2025-59054), so the policy is ours.
enum HeaderPolicy {
  /// The one cipher there may be, in both parts of a header.
  private static let cipher: StaticString = "aes-xts-plain64"
  /// More PBKDF2 rounds than this on a random key are someone's wish to make the boot hang.
  private static let maximumIterations: UInt64 = 10_000_000

  /// Holds a header against the record: all but LUKS1's digest, which libcryptsetup doesn't give.
  /// - Throws: ``DiskKeyError/header(_:)``, naming the first fault.
  static func check(
    _ device: borrowing CryptDevice, against volume: Record.Volume
  ) throws(DiskKeyError) {
    do throws(HeaderFault) {
      guard device.version == volume.luksVersion else { throw .version }
      guard device.uuid == volume.uuid else { throw .uuid }
      if volume.luksVersion == 2 { try checkMetadata(device.metadata, volume) }
      guard !isNull(device.cipher) else { throw .nullCipher(.segment) }
      guard device.cipher + [UInt8(ascii: "-")] + device.mode == [UInt8](cipher),
        device.cipher == volume.cipher, device.mode == volume.mode
      else { throw .cipher(.segment) }
      guard device.volumeKeySize == volume.keySize else { throw .keySize }
      guard device.sectorSize == volume.sectorSize else { throw .sectorSize }
      guard device.dataOffset == volume.dataOffset else { throw .dataOffset }
      guard device.opensVolume(volume.keyslot) else { throw .noKeyslot }
      try checkDerivation(device, volume)
    } catch {
      throw .header(error)
    }
  }

  /// PBKDF2 and nothing else, in numbers that end soon.
  private static func checkDerivation(
    _ device: borrowing CryptDevice, _ volume: Record.Volume
  ) throws(HeaderFault) {
    var derivation = unsafe crypt_pbkdf_type()
    // Safe: the handle is live and the structure ours; its strings are libcryptsetup's own.
    guard
      unsafe crypt_keyslot_get_pbkdf(device.handle, Int32(volume.keyslot), &derivation) == 0,
      let type = unsafe derivation.type, unsafe strcmp(type, CRYPT_KDF_PBKDF2) == 0,
      unsafe derivation.max_memory_kb == 0,
      UInt64(unsafe derivation.iterations) <= maximumIterations
    else { throw .derivation }
  }

  // MARK: LUKS2

  private static func checkMetadata(
    _ text: [UInt8], _ volume: Record.Volume
  ) throws(HeaderFault) {
    guard let document = JSONDocument(text) else { throw .notLUKS }
    let root = JSONValue(of: document)
    try checkRequirements(root.member("config").member("requirements"))
    try checkSegments(root.member("segments"), volume)
    try checkKeyslots(root.member("keyslots"), volume)
    try checkDigests(root.member("digests"), volume)
  }

  private static func checkRequirements(
    _ requirements: borrowing JSONValue
  ) throws(HeaderFault) {
    guard requirements.exists else { return }
    let mandatory = requirements.member("mandatory")
    guard let count = mandatory.arrayCount else { throw .requirement }
    for index in 0..<count {
      // online-reencrypt, online-reencrypt-v2, …
      if holds(mandatory.value(at: index).text, "online-reencrypt") { throw .reencryption }
    }
    guard count == 0 else { throw .requirement }
  }

  private static func checkSegments(
    _ segments: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    try segments.forEachMember { (_, segment) throws(HeaderFault) in
      if isNull(segment.member("encryption").text) { throw .nullCipher(.segment) }
      // backup-previous, backup-final, backup-moved-segment, in-reencryption
      let flags = segment.member("flags")
      if flags.exists, flags.arrayCount != 0 { throw .reencryption }
    }
    let segment = segments.member("0")
    guard segments.memberCount == 1, segment.member("type").isText("crypt"),
      segment.member("size").isText("dynamic"), segment.member("iv_tweak").number == 0,
      !segment.member("integrity").exists
    else { throw .segments }
    guard segment.member("encryption").isText(cipher) else { throw .cipher(.segment) }
    guard segment.member("offset").number == volume.dataOffset else { throw .dataOffset }
    guard segment.member("sector_size").number == UInt64(volume.sectorSize) else {
      throw .sectorSize
    }
  }

  private static func checkKeyslots(
    _ keyslots: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    try keyslots.forEachMember { (number, keyslot) throws(HeaderFault) in
      // reencrypt, or what a later version may bring.
      guard keyslot.member("type").isText("luks2") else { throw .reencryption }
      if isNull(keyslot.member("area").member("encryption").text) {
        throw .nullCipher(.keyslot(number))
      }
    }
    let keyslot = keyslots.member(volume.keyslot)
    guard keyslot.exists else { throw .noKeyslot }
    guard keyslot.member("key_size").number == UInt64(volume.keySize) else { throw .keySize }
    let area = keyslot.member("area")
    let areaKey = area.member("key_size").number
    guard area.member("type").isText("raw"), area.member("encryption").isText(cipher),
      areaKey == 32 || areaKey == 64
    else { throw .cipher(.keyslot(volume.keyslot)) }
    let kdf = keyslot.member("kdf")
    guard isShortPBKDF2(kdf), !kdf.member("memory").exists else { throw .derivation }
  }

  /// Exactly one digest, the recorded one, over the segment and the keyslot.
  private static func checkDigests(
    _ digests: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    let digest = digests.member("0")
    // A digest more, over a keyslot that opens nothing, is a habit of reencryption.
    guard isShortPBKDF2(digest), digest.member("digest").text == volume.digest,
      contains(digest.member("keyslots"), volume.keyslot),
      contains(digest.member("segments"), 0), digests.memberCount == 1
    else { throw .digest }
  }

  private static func isShortPBKDF2(_ derivation: borrowing JSONValue) -> Bool {
    guard let iterations = derivation.member("iterations").number else { return false }
    return derivation.member("type").isText("pbkdf2") && iterations <= maximumIterations
  }

  private static func contains(_ array: borrowing JSONValue, _ number: Int) -> Bool {
    let text = [UInt8](decimal: number)
    for index in 0..<(array.arrayCount ?? 0) where array.value(at: index).text == text {
      return true
    }
    return false
  }

  // MARK: Text

  /// cipher_null, capi:…cipher_null…: nothing with "null" in it encrypts.
  private static func isNull(_ cipher: [UInt8]) -> Bool { holds(cipher, "null") }

  private static func holds(_ text: [UInt8], _ part: StaticString) -> Bool {
    // Safe: C strings.
    unsafe strstr(text.cString, part.cString) != nil
  }
}
