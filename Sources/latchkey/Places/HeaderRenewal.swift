import BootManifest
import CSystem
import DiskKey
import Enrolment
import Storage

/// `kexec_lukshdr_hash.txt`, held against the headers of the devices that it is about.
struct HeaderRenewal {
  /// The file's new content; nil where it stays as it is.
  private(set) var renewal: Renewal?
  /// The lines for people.
  private(set) var lines: [String] = []
  /// Whether a header changed that nothing explains.
  private(set) var isUnexplained = false

  private static let file = "kexec_lukshdr_hash.txt"

  init(_ site: BootSite, _ folders: SystemFolders) throws(Failure) {
    guard let hashes = try Self.read(site.path + "/" + Self.file) else { return }
    guard let devices = try Self.read(site.path + "/kexec_key_devices.txt"),
      let old = HeaderHashes(parsing: hashes, devices: devices)
    else {
      lines = ["\(Self.file) stays as it is: it doesn't fit kexec_key_devices.txt."]
      return
    }
    let places = EnrolmentPlaces(boot: site.path, folders)
    var new = old
    for (index, entry) in old.entries.enumerated() {
      let name = Escaped.name(entry.device)
      guard let found = try Self.find(entry, places) else {
        lines.append("\(name) is not here: its header's hash in \(Self.file) stays as it is.")
        continue
      }
      guard found.digest != entry.digest else { continue }
      new.entries[index].digest = found.digest
      let isOurs = HeaderTrail.leads(
        from: entry.digest, to: found.digest, found.uuid, places: places)
      if !isOurs { isUnexplained = true }
      let line = [
        "  header     \(name): other keyslots or settings than when Heads sealed its key",
        "               "
          + (isOurs
            ? "changed by latchkey, and by nothing else"
            : "nothing that this system knows of explains it; see: cryptsetup luksDump \(name)"),
      ]
      lines = isOurs ? lines + line : line + lines
    }
    guard new != old else { return }
    renewal = .headerHashes(new.bytes)
    lines.append(
      "The TPM's Disk Unlock Key was sealed for the old header: make the default boot anew in Heads' menu, "
        + "or go on with the passphrase.")
  }

  /// The header's hash, of the device by its own name or by its UUID; nil where neither is there with that
  /// UUID.
  private static func find(
    _ entry: HeaderHashes.Entry, _ places: EnrolmentPlaces
  ) throws(Failure) -> (uuid: VolumeUUID, digest: [UInt8])? {
    let uuid = String(decoding: entry.uuid, as: UTF8.self)
    guard let wanted = VolumeUUID(entry.uuid.span) else { return nil }
    let paths = [String(decoding: entry.device, as: UTF8.self), "/dev/disk/by-uuid/" + uuid]
    for path in paths where isDiskOrImage(path) {
      do throws(EnrolmentError) {
        let found = try HeaderTrail.digest(of: path, places: places)
        if found.uuid == wanted { return found }
      } catch {
        // No LUKS header: the name is another disk's now.
        if error == .notLUKS { continue }
        throw Failure(error, device: path, dongle: "")
      }
    }
    return nil
  }

  private static func isDiskOrImage(_ path: String) -> Bool {
    var status = stat()
    // Safe: a C string for the call, and the structure is ours.
    guard unsafe stat(path, &status) == 0 else { return false }
    let kind = status.st_mode & mode_t(S_IFMT)
    return kind == mode_t(S_IFBLK) || kind == mode_t(S_IFREG)
  }

  private static func read(_ path: String) throws(Failure) -> [UInt8]? {
    do throws(StorageError) {
      return try DurableFile.read(path, limit: 1 << 16)
    } catch {
      throw Failure(error)
    }
  }
}
