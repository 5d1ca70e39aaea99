import CCryptsetup
import CSystem
import DiskKey
import Secrets

extension CryptDevice {
  /// PBKDF2's smallest number of rounds (RFC 8018 §4.2, and libcryptsetup's least). A random key of 512
  /// bits needs no stretching.
  static var leastRounds: Int { 1000 }

  /// The first keyslot that is free.
  func freeKeyslot() -> Int? {
    for slot in 0..<keyslotCount where !isInUse(slot) { return slot }
    return nil
  }

  /// Adds a key in a free keyslot, with the smallest PBKDF2.
  func add(
    _ key: borrowing SecretBytes, in slot: Int, volumeKey: borrowing SecretBytes
  ) throws(EnrolmentError) {
    let handle = unsafe handle
    try useLeastRounds()
    let keyCount = key.count
    let volumeKeyCount = volumeKey.count
    // Safe: both keys are borrowed for the call, with their sizes.
    let added = key.withBytes { keyBytes in
      volumeKey.withBytes { volumeKeyBytes in
        unsafe keyBytes.withUnsafeBytes { keyBuffer in
          unsafe volumeKeyBytes.withUnsafeBytes { volumeKeyBuffer in
            unsafe crypt_keyslot_add_by_volume_key(
              handle, Int32(slot),
              volumeKeyBuffer.baseAddress?.assumingMemoryBound(to: CChar.self), volumeKeyCount,
              keyBuffer.baseAddress?.assumingMemoryBound(to: CChar.self), keyCount)
          }
        }
      }
    }
    try check(added)
  }

  /// Derives a LUKS2 keyslot's key anew with the smallest PBKDF2; number and key stay. libcryptsetup
  /// writes the new one beside the old one first.
  func rederive(_ slot: Int, _ key: borrowing SecretBytes) throws(EnrolmentError) {
    let handle = unsafe handle
    try useLeastRounds()
    let count = key.count
    // Safe: the key is borrowed for the call, with its size.
    let changed = key.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { buffer in
        let text = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        return unsafe crypt_keyslot_change_by_passphrase(
          handle, Int32(slot), Int32(slot), text, count, text, count)
      }
    }
    try check(changed)
  }

  /// LUKS1 goes by its header's own hash.
  private func useLeastRounds() throws(EnrolmentError) {
    // Safe: the handle is live.
    let set = unsafe cryptsetup_use_pbkdf2(handle, UInt32(Self.leastRounds))
    guard set == 0 else { throw .keyslot(errno: -set) }
  }

  /// What libcryptsetup said of a keyslot that it was to write.
  private func check(_ result: Int32) throws(EnrolmentError) {
    guard result < 0 else { return }
    switch -result {
    case ENOSPC: throw .noRoomInHeader
    case EROFS, EACCES, EPERM: throw .readOnlyDevice
    // What libcryptsetup says of a LUKS2 area without room.
    case EINVAL where version == 2: throw .noRoomInHeader
    case let code: throw .keyslot(errno: code)
    }
  }

  /// Wipes a keyslot; one that is free stays so.
  func remove(_ slot: Int) throws(EnrolmentError) {
    guard isInUse(slot) else { return }
    // Safe: the handle is live.
    let removed = unsafe crypt_keyslot_destroy(handle, Int32(slot))
    guard removed == 0 else { throw .keyslot(errno: -removed) }
  }

  /// Whether a keyslot looks as ours do. A person's passphrase is never so cheap by itself.
  func looksLikeOurs(_ slot: Int) -> Bool {
    isInUse(slot) && rounds(of: slot) == Self.leastRounds
  }
}
