import CCryptsetup
import CSystem
public import DiskKey
import LibCrypto
import Storage

/// What Latchkey made of the header of a volume, from which bytes to which: so that a change of it can be
/// told from one that nobody here made.
///
/// A line for each change, `<SHA-256 before> <SHA-256 after>`, both of what `cryptsetup luksHeaderBackup`
/// writes, which is what Heads hashes. Kept beside the header's backups, the newest last.
public enum HeaderTrail {
  /// More changes between two signatures than anybody makes.
  private static let limit = 32

  /// The UUID of the volume on a device or in an image, and the SHA-256 of its header's backup.
  public static func digest(
    of device: String, places: EnrolmentPlaces
  ) throws(EnrolmentError) -> (uuid: VolumeUUID, digest: [UInt8]) {
    let header: CryptDevice
    do throws(HeaderFault) {
      header = try CryptDevice(header: Array(device.utf8))
    } catch {
      throw .notLUKS
    }
    guard let uuid = header.uuid else { throw .notLUKS }
    return (uuid, try HeaderBackup.digest(header, in: places.backups))
  }

  /// Whether changes that Latchkey made, and nothing else, lead from one header to the other.
  public static func leads(
    from old: [UInt8], to new: [UInt8], _ uuid: VolumeUUID, places: EnrolmentPlaces
  ) -> Bool {
    var present = old
    for change in read(path(uuid, places)) where change.before == present { present = change.after }
    return present == new
  }

  /// Writes down that the header came from what its newest backup has to what it is now, where Heads has
  /// hashes of headers. What fails leaves the change unexplained.
  static func extend(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID, places: EnrolmentPlaces
  ) {
    // Safe: a C string for the call.
    guard unsafe access(places.boot + "/kexec_lukshdr_hash.txt", F_OK) == 0,
      let backup = HeaderBackup.all(uuid, in: places.backups).last
    else { return }
    do throws(EnrolmentError) {
      let before = try HeaderBackup.digest(ofFile: backup)
      let after = try HeaderBackup.digest(header, in: places.backups)
      guard before != after else { return }
      let path = path(uuid, places)
      // What is finished later began with the same backup.
      let others = read(path).filter { $0.before != before }
      let changes = (others + [(before, after)]).suffix(limit)
      let lines = changes.map { hexadecimal($0.before) + [0x20] + hexadecimal($0.after) + [0x0A] }
      do throws(StorageError) {
        try DurableFile.write(Array(lines.joined()), to: path, mode: 0o600)
      } catch {
        throw .storage(error)
      }
    } catch {
      return
    }
  }

  private static func path(_ uuid: VolumeUUID, _ places: EnrolmentPlaces) -> String {
    places.backups + "/" + String(decoding: uuid.text, as: UTF8.self) + ".changes"
  }

  private static func read(_ path: String) -> [(before: [UInt8], after: [UInt8])] {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: limit * 130, isOurs: true)
    } catch {
      return []
    }
    return changes(in: bytes ?? [])
  }

  /// None where any line is not just as it was written.
  package static func changes(in bytes: [UInt8]) -> [(before: [UInt8], after: [UInt8])] {
    var changes: [(before: [UInt8], after: [UInt8])] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let line = rest.prefix(130)
      guard line.count == 130, line.last == 0x0A, line[line.startIndex + 64] == 0x20,
        let before = binary(line.prefix(64)), let after = binary(line.dropFirst(65).prefix(64))
      else { return [] }
      changes.append((before, after))
      rest = rest.dropFirst(130)
    }
    return changes
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  private static func binary(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let digits = Array("0123456789abcdef".utf8)
    let values = text.compactMap { digits.firstIndex(of: $0) }
    guard values.count == 64 else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}

extension HeaderBackup {
  /// The SHA-256 of a header's backup, of which nothing stays.
  static func digest(
    _ device: borrowing CryptDevice, in folder: String
  ) throws(EnrolmentError) -> [UInt8] {
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o700)
    } catch {
      throw .storage(error)
    }
    let scratch = folder + "/.digest-\(getpid())"
    // Safe: C strings for the calls, here and below.
    _ = unsafe unlink(scratch)
    let result = unsafe crypt_header_backup(device.handle, nil, scratch)
    defer { _ = unsafe unlink(scratch) }
    guard result == 0 else { throw .backup(errno: result == -1 ? EIO : -result) }
    return try digest(ofFile: scratch)
  }

  /// The SHA-256 of a file's content.
  static func digest(ofFile path: String) throws(EnrolmentError) -> [UInt8] {
    // Safe: a C string for the call.
    let file = unsafe system_open(path, O_RDONLY, 0)
    guard file >= 0 else { throw .backup(errno: system_errno()) }
    defer { close(file) }
    do throws(CryptoError) {
      var digest = try MessageDigest(.sha256)
      var buffer = [UInt8](repeating: 0, count: 1 << 18)
      while true {
        // Safe: the array is exclusively ours, with that many bytes.
        let got = unsafe buffer.withUnsafeMutableBytes { room in
          unsafe read(file, room.baseAddress, room.count)
        }
        if got < 0, system_errno() == EINTR { continue }
        if got < 0 { break }
        if got == 0 { return digest.finish() }
        digest.update(buffer.span.extracting(first: got))
      }
    } catch {
      throw .backup(errno: ENOMEM)
    }
    throw .backup(errno: system_errno())
  }
}
