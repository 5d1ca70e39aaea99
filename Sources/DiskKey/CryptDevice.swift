import CCryptsetup
import CSystem
package import Secrets

/// libcryptsetup's view of one header: its handle, freed when the value's life ends.
///
/// Public by name alone: Embedded Swift ends its life in modules above, too.
@safe
public struct CryptDevice: ~Copyable {
  /// The handle, for calls that only one module needs.
  package let handle: OpaquePointer
  private let isOurs: Bool

  /// Reads the LUKS header of a device or file.
  /// - Throws: ``HeaderFault/notLUKS``, whatever the reason.
  package init(header path: [UInt8]) throws(HeaderFault) {
    var made: OpaquePointer?
    cryptsetup_silence(nil)
    // Safe: the path is a C string, and the handle is taken only where one was made.
    let result = unsafe crypt_init(&made, path.cString)
    unsafe handle = try Self.load(result, made)
    isOurs = true
  }

  /// The header that someone else holds, who called this process's plugin with it and frees it.
  package init(borrowing handle: OpaquePointer) {
    unsafe self.handle = unsafe handle
    isOurs = false
  }

  /// Reads the header by a fresh handle, which is freed if that fails.
  private static func load(
    _ result: Int32, _ made: OpaquePointer?
  ) throws(HeaderFault) -> OpaquePointer {
    guard result == 0, let made = unsafe made else { throw .notLUKS }
    unsafe cryptsetup_silence(made)
    // Safe: the handle is live. No type: LUKS1 and LUKS2 both.
    guard unsafe crypt_load(made, nil, nil) == 0 else {
      unsafe crypt_free(made)
      throw .notLUKS
    }
    return unsafe made
  }

  deinit {
    // Safe: made by crypt_init, freed once.
    if isOurs { unsafe crypt_free(handle) }
  }

  /// 1 or 2; nil for anything else that libcryptsetup reads.
  package var version: UInt8? {
    // Safe: a C string that lives as long as the handle.
    guard let type = unsafe crypt_get_type(handle) else { return nil }
    if unsafe strcmp(type, "LUKS1") == 0 { return 1 }
    if unsafe strcmp(type, "LUKS2") == 0 { return 2 }
    return nil
  }

  /// The header's UUID, if it is one.
  package var uuid: VolumeUUID? {
    // Safe: a C string that lives as long as the handle.
    let text = unsafe [UInt8](copying: crypt_get_uuid(handle))
    return VolumeUUID(text.span)
  }

  /// The data segment's cipher, as in `aes`.
  package var cipher: [UInt8] {
    // Safe: as above.
    unsafe [UInt8](copying: crypt_get_cipher(handle))
  }

  /// The data segment's mode, as in `xts-plain64`.
  package var mode: [UInt8] {
    // Safe: as above.
    unsafe [UInt8](copying: crypt_get_cipher_mode(handle))
  }

  /// Bytes of the volume key.
  package var volumeKeySize: Int {
    // Safe: the handle is live.
    unsafe Int(crypt_get_volume_key_size(handle))
  }

  /// Bytes of a sector.
  package var sectorSize: Int {
    // Safe: the handle is live.
    unsafe Int(crypt_get_sector_size(handle))
  }

  /// Where the data begin, in bytes from the device's start; 0 for a detached header.
  package var dataOffset: UInt64 {
    // Safe: the handle is live.
    unsafe crypt_get_data_offset(handle) &* 512
  }

  /// How many keyslots there can be.
  package var keyslotCount: Int {
    // Safe: the handle is live, and so is its type's name.
    unsafe Int(max(0, crypt_keyslot_max(crypt_get_type(handle))))
  }

  /// Whether a key is in that slot.
  package func isInUse(_ slot: Int) -> Bool {
    // Safe: the handle is live, and any number may be asked for.
    let status = unsafe crypt_keyslot_status(handle, Int32(truncatingIfNeeded: slot))
    return status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST
      || status == CRYPT_SLOT_UNBOUND
  }

  /// Where a keyslot's area lies, in bytes from the header's start; nil if there is no such keyslot.
  package func area(of slot: Int) -> (offset: UInt64, size: UInt64)? {
    var offset: UInt64 = 0
    var size: UInt64 = 0
    // Safe: the handle is live, and the numbers are written during the call only.
    guard unsafe crypt_keyslot_area(handle, Int32(slot), &offset, &size) == 0 else { return nil }
    return (offset, size)
  }

  /// Whether a key in that slot opens the volume.
  package func opensVolume(_ slot: Int) -> Bool {
    // Safe: as above.
    let status = unsafe crypt_keyslot_status(handle, Int32(truncatingIfNeeded: slot))
    return status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST
  }

  /// LUKS2's metadata as JSON text; empty for LUKS1.
  package var metadata: [UInt8] {
    var text: UnsafePointer<CChar>?
    // Safe: the text lives until the handle changes, and is copied at once.
    guard unsafe crypt_dump_json(handle, &text, 0) == 0 else { return [] }
    return unsafe [UInt8](copying: text)
  }

  /// Opens a keyslot and hands out the volume key.
  /// - Parameter slot: nil tries all.
  /// - Returns: the slot that opened, and the volume key; nil if none did.
  package func openKeyslot(
    _ slot: Int?, with key: borrowing SecretBytes, volumeKey: inout SecretBytes
  ) -> Int? {
    volumeKey.wipe()
    var size = volumeKeySize
    guard size > 0, size <= volumeKey.capacity else { return nil }
    var opened: Int32 = -1
    let keyCount = key.count
    // Safe: both buffers are borrowed for the call, with their sizes.
    key.withBytes { span in
      unsafe span.withUnsafeBufferPointer { passphrase in
        unsafe volumeKey.append { room in
          opened = unsafe passphrase.withMemoryRebound(to: CChar.self) { text in
            unsafe crypt_volume_key_get(
              handle, slot.map(Int32.init(truncatingIfNeeded:)) ?? CRYPT_ANY_SLOT,
              UnsafeMutableRawPointer(room.baseAddress)?.assumingMemoryBound(to: CChar.self),
              &size, text.baseAddress, keyCount)
          }
          return opened >= 0 ? size : 0
        }
      }
    }
    return opened >= 0 ? Int(opened) : nil
  }

  /// Maps the volume under a name, with CRYPT_ACTIVATE bits.
  /// - Parameter device: where its data are: another one than the header was read from.
  /// - Returns: 0 or more, or a negative errno value.
  package func activate(
    as name: [UInt8], on device: [UInt8], volumeKey: borrowing SecretBytes, flags: UInt32
  ) -> Int32 {
    let handle = unsafe handle
    let size = volumeKey.count
    // Safe: the handle is live, and the path a C string.
    let result = unsafe crypt_set_data_device(handle, device.cString)
    guard result == 0 else { return result }
    // Safe: the handle is live, the name a C string, the key borrowed for the call.
    return volumeKey.withBytes { bytes in
      unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe buffer.withMemoryRebound(to: CChar.self) { text in
          unsafe crypt_activate_by_volume_key(handle, name.cString, text.baseAddress, size, flags)
        }
      }
    }
  }
}
