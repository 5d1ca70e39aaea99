import CSystem

extension VolumeUUID {
  /// The UUID that the header of a device or image bears: only its own word, good for finding a record.
  /// - Throws: ``DiskKeyError/file(_:errno:)`` if it can't be read, ``HeaderFault/notLUKS`` as
  ///   ``DiskKeyError/header(_:)`` if it holds no LUKS header.
  public init(of device: [UInt8]) throws(DiskKeyError) {
    _ = try OpenFile(reading: device, as: .device)
    do throws(HeaderFault) {
      guard let uuid = try CryptDevice(header: device).uuid else { throw .notLUKS }
      self = uuid
    } catch {
      throw .header(error)
    }
  }
}
