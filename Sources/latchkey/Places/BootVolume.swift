import CSystem
import DiskKey
import Enrolment
import FoundationEssentials

/// How a volume is opened at boot, as far as this system says.
struct BootVolume {
  /// Its line in crypttab.
  let entry: Crypttab.Entry?
  /// Whether it is opened at boot: it is in crypttab, or the system's root is on it.
  let isOpenedAtBoot: Bool
  private let folders: SystemFolders

  init(_ uuid: VolumeUUID, _ folders: SystemFolders) {
    self.folders = folders
    entry = Crypttab(at: folders.crypttab).entry(for: uuid)
    isOpenedAtBoot = entry != nil || (folders.isRunning && RootVolume.isBelow("/", uuid))
  }

  /// What makes the initramfs anew; nil if the volume isn't opened at boot.
  /// - Parameter given: the program that the person named.
  /// - Throws: if there must be one and there is none: nothing was changed yet.
  func initramfs(_ given: String?, device: String) throws(Failure) -> Initramfs? {
    guard isOpenedAtBoot else { return nil }
    if let given {
      // Safe: a C string for the call.
      guard unsafe access(given, X_OK) == 0 else {
        throw Failure(
          .wrongUse, "\(Escaped.text(given)) can't be run: \(SystemError(system_errno()))",
          next: "Nothing was changed. Give the path of a program.")
      }
      return Initramfs(program: given.contains("/") ? given : "./" + given)
    }
    // Another system's program is not run here, and this one's would make this one's initramfs.
    if folders.isRunning, let found = Initramfs.find() { return found }
    throw Failure(
      .system,
      "\(Escaped.text(device)) is opened at boot, and nothing is known to make its initramfs anew",
      next: "Nothing was changed. Name the program with --initramfs PROGRAM.")
  }

  /// Stops what would take away the key that crypttab's keyscript has: without it, and with no way to the
  /// passphrase, the next boot would stop. Latchkey's own keyscript goes by the record.
  /// - Parameter leavesKey: whether there is a key for dongles afterwards.
  func checkKeyscript(_ uuid: VolumeUUID, device: String, leavesKey: Bool) throws(Failure) {
    guard let entry, let keyscript = entry.keyscript else { return }
    let ours = "/etc/latchkey/" + String(decoding: uuid.text, as: UTF8.self) + "/key.pgp"
    if leavesKey, keyscript == Self.ownKeyscript || entry.key == ours { return }
    throw Failure(
      .doesNotHold,
      "\(Escaped.text(folders.crypttab)) opens \(Escaped.text(device)) by the keyscript "
        + "\(Escaped.text(keyscript)), which would be left with a key that opens nothing, and can't ask "
        + "for the passphrase",
      next: "Nothing was changed. Make its line this first, then run this again:\n    \(plainLine)")
  }

  /// The line of crypttab by which Latchkey opens it, with the passphrase behind it.
  var plainLine: String {
    guard let entry else { return "" }
    let options = entry.options.filter { !$0.hasPrefix("keyscript=") }
    return Escaped.text(
      "\(entry.name) \(entry.source) none "
        + (options.isEmpty ? "luks" : options.joined(separator: ",")))
  }

  private static let ownKeyscript = "/usr/lib/latchkey/keyscript"

  /// The images on /boot that are older than the volume's record, and so hold an older one or none.
  func staleImages(in boot: String, _ uuid: VolumeUUID) -> [String] {
    guard isOpenedAtBoot else { return [] }
    let record =
      folders.configuration + "/" + String(decoding: uuid.text, as: UTF8.self) + "/record"
    guard let recorded = Self.modified(record) else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: boot)) ?? []
    return names.sorted().filter { name in
      guard name.hasPrefix("initrd") || name.hasPrefix("initramfs"), !name.hasSuffix(".bak"),
        !name.hasSuffix(".new"), let made = Self.modified(boot + "/" + name)
      else { return false }
      return made < recorded
    }
  }

  /// When a regular file was written, in nanoseconds.
  private static func modified(_ path: String) -> Int? {
    var status = stat()
    // Safe: a C string for the call, and the structure is ours.
    guard unsafe lstat(path, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
    else { return nil }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }
}
