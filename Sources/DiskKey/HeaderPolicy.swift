import CCryptsetup
import CSystem

/// What must be true of a header before a key goes to it: as recorded where the record says, and
/// nothing else than what is known here. Debian 12's cryptsetup opens an attacker's header with a
/// null cipher by any passphrase (CVE-2025-59054), so the policy is ours.
enum HeaderPolicy {
  /// The one cipher there may be, in both parts of a header.
  private static let cipher: StaticString = "aes-xts-plain64"
  /// More PBKDF2 rounds than this on a random key are someone's wish to make the boot hang.
  private static let maximumIterations: UInt64 = 10_000_000

  /// Holds a header, read from `copy`, against the record.
  /// - Throws: ``DiskKeyError/header(_:)``, naming the first fault.
  static func check(
    _ device: borrowing CryptDevice, copy: borrowing LUKSHeaderCopy, against volume: Record.Volume
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
    if volume.luksVersion == 1 {
      guard try LUKS1Digest.read(copy) == volume.digest else { throw .header(.digest) }
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
    if let requirements = root.member("config")?.member("requirements") {
      try checkRequirements(requirements)
    }
    try checkSegments(root, volume)
    try checkKeyslots(root, volume)
    try checkDigests(root, volume)
  }

  private static func checkRequirements(
    _ requirements: borrowing JSONValue
  ) throws(HeaderFault) {
    guard let mandatory = requirements.member("mandatory") else { throw .requirement }
    guard let count = mandatory.arrayCount else { throw .requirement }
    for index in 0..<count {
      guard let name = mandatory.value(at: index)?.text else { throw .requirement }
      // online-reencrypt, online-reencrypt-v2, …
      if name.starts(with: [UInt8]("online-reencrypt")) { throw .reencryption }
    }
    guard count == 0 else { throw .requirement }
  }

  private static func checkSegments(
    _ root: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    guard let segments = root.member("segments"), let count = segments.memberCount else {
      throw .segments
    }
    try segments.forEachMember { (_, segment) throws(HeaderFault) in
      if let encryption = segment.member("encryption")?.text, isNull(encryption) {
        throw .nullCipher(.segment)
      }
      if let flags = segment.member("flags"), flags.arrayCount != 0 {
        // backup-previous, backup-final, backup-moved-segment, in-reencryption
        throw .reencryption
      }
    }
    guard count == 1, let segment = segments.member("0") else { throw .segments }
    guard segment.member("type")?.text.equals("crypt") == true,
      segment.member("size")?.text.equals("dynamic") == true,
      segment.member("iv_tweak")?.number == 0, segment.member("integrity") == nil
    else { throw .segments }
    guard segment.member("encryption")?.text.equals(cipher) == true else {
      throw .cipher(.segment)
    }
    guard segment.member("offset")?.number == volume.dataOffset else { throw .dataOffset }
    guard segment.member("sector_size")?.number == UInt64(volume.sectorSize) else {
      throw .sectorSize
    }
  }

  private static func checkKeyslots(
    _ root: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    guard let keyslots = root.member("keyslots") else { throw .noKeyslot }
    let own = decimal(volume.keyslot)
    var isThere = false
    try keyslots.forEachMember { (name, keyslot) throws(HeaderFault) in
      let number = decimalValue(name)
      // reencrypt, or what a later version may bring.
      guard keyslot.member("type")?.text.equals("luks2") == true else { throw .reencryption }
      if let encryption = keyslot.member("area")?.member("encryption")?.text, isNull(encryption) {
        throw .nullCipher(.keyslot(number))
      }
      if name == own {
        isThere = true
        try checkOwnKeyslot(keyslot, number, volume)
      }
    }
    guard isThere else { throw .noKeyslot }
  }

  private static func checkOwnKeyslot(
    _ keyslot: borrowing JSONValue, _ number: Int, _ volume: Record.Volume
  ) throws(HeaderFault) {
    guard keyslot.member("key_size")?.number == UInt64(volume.keySize) else { throw .keySize }
    guard let area = keyslot.member("area"), area.member("type")?.text.equals("raw") == true,
      area.member("encryption")?.text.equals(cipher) == true,
      let areaKey = area.member("key_size")?.number, areaKey == 32 || areaKey == 64
    else { throw .cipher(.keyslot(number)) }
    guard let kdf = keyslot.member("kdf"), kdf.member("type")?.text.equals("pbkdf2") == true,
      let iterations = kdf.member("iterations")?.number, iterations <= maximumIterations,
      kdf.member("memory") == nil
    else { throw .derivation }
  }

  /// Exactly one digest, the recorded one, over the segment and the keyslot.
  private static func checkDigests(
    _ root: borrowing JSONValue, _ volume: Record.Volume
  ) throws(HeaderFault) {
    guard let digests = root.member("digests"), let digest = digests.member("0"),
      digest.member("type")?.text.equals("pbkdf2") == true,
      let iterations = digest.member("iterations")?.number, iterations <= maximumIterations,
      digest.member("digest")?.text == volume.digest,
      let keyslots = digest.member("keyslots"), contains(keyslots, decimal(volume.keyslot)),
      let segments = digest.member("segments"), contains(segments, [UInt8(ascii: "0")])
    else { throw .digest }
    // A digest more, over a keyslot that opens nothing, is a habit of reencryption.
    guard digests.memberCount == 1 else { throw .digest }
  }

  private static func contains(_ array: borrowing JSONValue, _ text: [UInt8]) -> Bool {
    for index in 0..<(array.arrayCount ?? 0) {
      if let value = array.value(at: index), value.text == text { return true }
    }
    return false
  }

  // MARK: Text

  /// cipher_null, capi:…cipher_null…: nothing with "null" in it encrypts.
  private static func isNull(_ cipher: [UInt8]) -> Bool {
    let null = [UInt8]("null")
    guard cipher.count >= null.count else { return false }
    for start in 0...(cipher.count - null.count)
    where cipher[start..<(start + null.count)].elementsEqual(null) { return true }
    return false
  }

  private static func decimal(_ number: Int) -> [UInt8] {
    let digits = number < 10 ? [number] : [number / 10, number % 10]
    return digits.map { UInt8(ascii: "0") + UInt8(truncatingIfNeeded: $0) }
  }

  private static func decimalValue(_ text: [UInt8]) -> Int {
    var value = 0
    for digit in text.prefix(4) where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9") {
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
