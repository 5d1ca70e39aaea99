import CCryptsetup
import CSystem
public import Secrets

/// A volume's header with its recorded keyslot, copied into memory and found as recorded. Only such a one
/// gets a key, and the volume is mapped by the very copy that was checked, whatever the device says by then.
///
/// A class, as Embedded Swift cannot free another module's non-copyable value within one of its own.
public final class CheckedHeader {
  private let copy: LUKSHeaderCopy
  private let device: CryptDevice
  private let devicePath: [UInt8]
  private let volume: Record.Volume

  /// Copies a device's header and checks the copy.
  /// - Parameters:
  ///   - device: the path of the block device, or of an image.
  ///   - trusted: which volume may get the key.
  /// - Throws: ``DiskKeyError/header(_:)`` with the first fault by its name,
  ///   ``DiskKeyError/file(_:errno:)``.
  public init(of device: [UInt8], for trusted: TrustedRecord) throws(DiskKeyError) {
    let volume = trusted.record.volume
    let copy = try LUKSHeaderCopy.metadata(of: device, size: volume.dataOffset)
    let header = try Self.read(copy)
    try HeaderPolicy.check(header, against: volume)
    if volume.luksVersion == 1 {
      guard try LUKS1Digest.read(copy) == volume.digest else { throw .header(.digest) }
    }
    guard let area = header.area(of: volume.keyslot) else { throw .header(.noKeyslot) }
    try copy.add(area.offset, area.size)
    self.copy = copy
    self.device = header
    self.volume = volume
    devicePath = device
  }

  private static func read(_ copy: borrowing LUKSHeaderCopy) throws(DiskKeyError) -> CryptDevice {
    do throws(HeaderFault) {
      return try CryptDevice(header: copy.path)
    } catch {
      throw .header(error)
    }
  }

  /// Opens the recorded keyslot, and no other, and compares the volume key in it with the recorded
  /// one. Nothing is mapped.
  /// - Parameter key: the blob's content.
  /// - Throws: ``HeaderFault/keyRefused`` or ``HeaderFault/volumeKey`` as ``DiskKeyError/header(_:)``.
  public func test(_ key: borrowing SecretBytes) throws(DiskKeyError) {
    _ = try device.checkedVolumeKey(key, of: volume)
  }

  /// Maps the volume as `/dev/mapper/<name>`.
  /// - Parameters:
  ///   - name: the mapping's name: ASCII, as dmsetup takes it.
  ///   - key: the blob's content.
  ///   - flags: libcryptsetup's CRYPT_ACTIVATE bits, as 8 for CRYPT_ACTIVATE_ALLOW_DISCARDS.
  /// - Throws: as ``test(_:)``; ``DiskKeyError/activation(errno:)``.
  public func activate(
    as name: [UInt8], with key: borrowing SecretBytes, flags: UInt32 = 0
  ) throws(DiskKeyError) {
    let volumeKey = try device.checkedVolumeKey(key, of: volume)
    let result = device.activate(
      as: name, on: devicePath, volumeKey: volumeKey, flags: flags)
    guard result >= 0 else { throw .activation(errno: -result) }
  }
}
