/// `kexec_lukshdr_hash.txt`: what `sha256sum /tmp/lukshdr-*` says of backups of LUKS headers, by which Heads
/// notices another header than the one its TPM's key was sealed for.
public struct HeaderHashes: Equatable, Sendable {
  /// The hash of a header.
  public struct Entry: Equatable, Sendable {
    /// `/dev/sda2`, as `kexec_key_devices.txt` names it.
    public let device: [UInt8]
    /// The LUKS UUID, from there.
    public let uuid: [UInt8]
    /// The SHA-256 of the header's backup.
    public var digest: [UInt8]
  }

  /// In the order of the file.
  public var entries: [Entry]

  /// Reads the file, and `kexec_key_devices.txt`, whose lines are `/dev/sda2 <UUID>`. Nil where either is
  /// not in its form, or one names another device than the other.
  public init?(parsing hashes: [UInt8], devices: [UInt8]) {
    guard let devices = HeaderHashes.devices(devices) else { return nil }
    var entries: [Entry] = []
    for line in hashes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      guard line.count > 66, let digest = BootManifest.digest(fromHexadecimal: line.prefix(64)),
        line.dropFirst(64).starts(with: [0x20, 0x20])
      else { return nil }
      let name = line.dropFirst(66)
      let named = devices.filter { name.elementsEqual(HeaderHashes.backup(of: $0.path)) }
      guard named.count == 1, !entries.contains(where: { $0.device == named[0].path }) else {
        return nil
      }
      entries.append(Entry(device: named[0].path, uuid: named[0].uuid, digest: digest))
    }
    guard hashes.last == 0x0A, entries.count == devices.count else { return nil }
    self.entries = entries
  }

  /// The file's bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += hexadecimal(entry.digest) + [0x20, 0x20] + HeaderHashes.backup(of: entry.device)
      bytes.append(0x0A)
    }
    return bytes
  }

  private static func devices(_ bytes: [UInt8]) -> [(path: [UInt8], uuid: [UInt8])]? {
    guard bytes.last == 0x0A else { return nil }
    var devices: [(path: [UInt8], uuid: [UInt8])] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
      guard words.count == 2, words[0].first == 0x2F, !words[1].isEmpty,
        !line.contains(where: BootEntry.isForbidden),
        !devices.contains(where: { $0.path.elementsEqual(words[0]) })
      else { return nil }
      devices.append((Array(words[0]), Array(words[1])))
    }
    return devices
  }

  /// Where Heads keeps the backup of a device's header while it hashes it.
  private static func backup(of device: [UInt8]) -> [UInt8] {
    Array("/tmp/lukshdr-".utf8) + device.map { $0 == 0x2F ? 0x5F : $0 }
  }
}
