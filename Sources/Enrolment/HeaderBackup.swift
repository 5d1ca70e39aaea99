import CCryptsetup
import CSystem
import DiskKey
import Storage

/// A copy of a whole header on disk, for `cryptsetup luksHeaderRestore`.
enum HeaderBackup {
  /// Writes a backup and waits until it is on the disk.
  /// - Returns: its path: `<folder>/<UUID>-<time>.luks`, time in UTC.
  static func write(
    _ device: borrowing CryptDevice, _ uuid: VolumeUUID, to folder: String
  ) throws(EnrolmentError) -> String {
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o700)
    } catch {
      throw .storage(error)
    }
    let base = folder + "/" + String(decoding: uuid.text, as: UTF8.self) + "-" + timestamp()
    var path = base + ".luks"
    var copy = 2
    // Safe: C strings for the calls, here and below.
    while unsafe access(path, F_OK) == 0 {
      path = base + "-\(copy).luks"
      copy += 1
    }
    let partial = path + ".new"
    _ = unsafe unlink(partial)
    let result = unsafe crypt_header_backup(device.handle, nil, partial)
    do throws(EnrolmentError) {
      guard result == 0 else { throw .backup(errno: result == -1 ? EIO : -result) }
      try sync(partial)
      guard unsafe rename(partial, path) == 0 else { throw .backup(errno: system_errno()) }
      try sync(folder)
    } catch {
      _ = unsafe unlink(partial)
      throw error
    }
    return path
  }

  /// The backups of a volume that are there, oldest first. Each of them opens by every key that the
  /// volume had then.
  static func all(_ uuid: VolumeUUID, in folder: String) -> [String] {
    let prefix = String(decoding: uuid.text, as: UTF8.self) + "-"
    let names = FolderNames.all(in: folder).filter {
      $0.hasPrefix(prefix) && $0.hasSuffix(".luks")
    }
    return names.sorted().map { folder + "/" + $0 }
  }

  private static func sync(_ path: String) throws(EnrolmentError) {
    let opened = unsafe system_open(path, O_RDONLY, 0)
    guard opened >= 0 else { throw .backup(errno: system_errno()) }
    defer { close(opened) }
    var status = stat()
    // Safe: the structure is ours.
    guard unsafe fstat(opened, &status) == 0 else { throw .backup(errno: system_errno()) }
    if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) {
      guard fchmod(opened, 0o600) == 0 else { throw .backup(errno: system_errno()) }
    }
    guard fsync(opened) == 0 || system_errno() == EINVAL else {
      throw .backup(errno: system_errno())
    }
  }

  private static func timestamp() -> String {
    var text = [UInt8](repeating: 0, count: 32)
    // Safe: the room is the array's.
    let length = unsafe text.withUnsafeMutableBytes { room in
      unsafe system_timestamp(room.baseAddress?.assumingMemoryBound(to: CChar.self), room.count)
    }
    return String(decoding: text[..<length], as: UTF8.self)
  }
}
