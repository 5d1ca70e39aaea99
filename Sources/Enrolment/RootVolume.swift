import CSystem
public import DiskKey

/// The LUKS volumes that a mounted file system stands on, as the kernel tells it.
public enum RootVolume {
  /// Whether the file system at a path stands on that volume, be there LVM or RAID between.
  public static func isBelow(_ path: String, _ uuid: VolumeUUID) -> Bool {
    var status = stat()
    // Safe: a C string for the call, and the structure is ours.
    guard unsafe stat(path, &status) == 0 else { return false }
    let device = status.st_dev
    // As <sys/sysmacros.h> takes a device's number apart.
    let major = (device >> 8) & 0xfff | (device >> 32) & ~0xfff
    let minor = device & 0xff | (device >> 12) & ~0xff
    return isBelow(folder: "/sys/dev/block/\(major):\(minor)", uuid, depth: 0)
  }

  /// Looks at a block device and what it is made of.
  private static func isBelow(folder: String, _ uuid: VolumeUUID, depth: Int) -> Bool {
    // `CRYPT-LUKS2-<UUID without dashes>-<name>`, as libcryptsetup names a mapping.
    let digits = uuid.text.filter { $0 != UInt8(ascii: "-") }
    let name = Attribute.read(folder + "/dm/uuid")
    for type in ["CRYPT-LUKS1-", "CRYPT-LUKS2-"]
    where name.starts(with: Array(type.utf8) + digits) { return true }
    guard depth < 8 else { return false }
    for below in FolderNames.all(in: folder + "/slaves")
    where isBelow(folder: folder + "/slaves/" + below, uuid, depth: depth + 1) { return true }
    return false
  }
}

/// What sysfs says.
private enum Attribute {
  static func read(_ path: String) -> [UInt8] {
    // Safe: a C string for the call; the descriptor is closed below.
    let file = unsafe system_open(path, O_RDONLY, 0)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 512)
    // Safe: the array is ours, with its size.
    let count = unsafe bytes.withUnsafeMutableBytes { room in
      unsafe CSystem.read(file, room.baseAddress, room.count)
    }
    return Array(bytes.prefix(max(0, count)))
  }
}
