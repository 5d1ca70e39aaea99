import CCryptsetup
import LibCrypto
public import Secrets

/// A LUKS2 header as a program that called our plugin holds it: in its own memory, so that what is checked
/// here is what libcryptsetup uses then. The handle stays the program's.
@safe
public struct LentHeader {
  private let handle: OpaquePointer

  /// - Parameter handle: libcryptsetup's `struct crypt_device`, loaded; it must live as long as this value.
  @unsafe
  public init(_ handle: OpaquePointer) {
    unsafe self.handle = unsafe handle
  }

  private var device: CryptDevice {
    // Safe: the program holds it, as was promised.
    unsafe CryptDevice(borrowing: handle)
  }

  /// The UUID that the header bears: only its own word, good for finding a record.
  public var uuid: VolumeUUID? { device.uuid }

  /// A token's JSON text; empty if there is no token of that number.
  public func token(_ number: Int32) -> [UInt8] { device.token(Int(number)) ?? [] }

  /// Holds the header against a record, by all of the policy with which ``CheckedHeader`` checks a copy.
  /// - Throws: ``DiskKeyError/header(_:)``, naming the first fault.
  public func check(against trusted: TrustedRecord) throws(DiskKeyError) {
    let device = device
    guard device.version == 2 else { throw .header(.version) }
    try HeaderPolicy.check(device, against: trusted.record.volume)
  }

  /// Opens the recorded keyslot, and no other, and compares the volume key in it with the recorded one.
  /// - Throws: ``HeaderFault/keyRefused`` or ``HeaderFault/volumeKey`` as ``DiskKeyError/header(_:)``.
  public func test(
    _ key: borrowing SecretBytes, by trusted: TrustedRecord
  ) throws(DiskKeyError) {
    _ = try device.checkedVolumeKey(key, of: trusted.record.volume)
  }
}

extension CryptDevice {
  /// How many bytes of JSON the header still takes; 0 for LUKS1.
  package var metadataRoom: Int {
    guard let document = JSONDocument(metadata),
      let size = JSONValue(of: document).member("config").member("json_size").number
    else { return 0 }
    // Its text ends with a zero there.
    return max(0, Int(truncatingIfNeeded: size) - document.plainSize - 1)
  }

  /// A token's JSON text; nil if there is no token of that number.
  package func token(_ number: Int) -> [UInt8]? {
    var text: UnsafePointer<CChar>?
    // Safe: the handle is live; the text lives until the handle changes, and is copied at once.
    guard unsafe crypt_token_json_get(handle, Int32(truncatingIfNeeded: number), &text) >= 0
    else { return nil }
    return unsafe [UInt8](copying: text)
  }

  /// The volume key in the recorded keyslot, compared with the recorded one.
  func checkedVolumeKey(
    _ key: borrowing SecretBytes, of volume: Record.Volume
  ) throws(DiskKeyError) -> SecretBytes {
    var volumeKey = SecretBytes(capacity: 128)
    guard openKeyslot(volume.keyslot, with: key, volumeKey: &volumeKey) == volume.keyslot
    else { throw .header(.keyRefused) }
    let digest = try volumeKey.withBytes { span throws(DiskKeyError) in try sha256(span) }
    let recorded = volume.volumeKeyDigest
    guard equalInConstantTime(digest.span, recorded.span) else {
      throw .header(.volumeKey)
    }
    return volumeKey
  }
}
