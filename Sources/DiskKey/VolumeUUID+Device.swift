import CSystem
import Secrets

extension VolumeUUID {
  /// The UUID that the header of a device or image bears: only its own word, good for finding a record.
  /// - Throws: ``DiskKeyError/file(_:errno:)`` if it can't be read, ``HeaderFault/notLUKS`` as
  ///   ``DiskKeyError/header(_:)`` if it holds no LUKS header.
  public init(of device: [UInt8]) throws(DiskKeyError) {
    if let written = Self.written(in: try OpenFile(reading: device, as: .device)) {
      self = written
      return
    }
    do throws(HeaderFault) {
      guard let uuid = try CryptDevice(header: device).uuid else { throw .notLUKS }
      self = uuid
    } catch {
      throw .header(error)
    }
  }

  /// What both versions have at byte 168 of a header that is whole (LUKS on-disk format 1.2.3, figure 1;
  /// LUKS2's 1.1.1, §2.1). libcryptsetup finds it in the second copy where the first one is damaged.
  private static func written(in file: borrowing OpenFile) -> VolumeUUID? {
    var block = [UInt8](repeating: 0, count: 168 + 40)
    // Safe: the array is exclusively ours, with that many bytes.
    let got = unsafe block.withUnsafeMutableBytes { room in
      unsafe pread(file.descriptor, room.baseAddress, room.count, 0)
    }
    let magic: [UInt8] = [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE, 0]
    guard got == block.count, [UInt8](block.prefix(7)) == magic, block[7] == 1 || block[7] == 2,
      block[168 + 36] == 0
    else { return nil }
    return VolumeUUID(block.span.extracting(168..<(168 + 36)))
  }
}
