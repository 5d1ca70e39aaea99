import FoundationEssentials
import Storage

/// Which devices this system boots from and sleeps to, by its own `/etc/fstab` and settings.
struct SystemDevices {
  private let root: String
  /// The fields of each line of `/etc/fstab`.
  private let table: [[Substring]]

  /// - Parameter root: the system's root, without a slash at its end.
  init(root: String) {
    self.root = root
    table = Self.entries(Self.read(root + "/etc/fstab"))
  }

  /// Whether this is the device of the root file system.
  func isRoot(_ device: Substring) -> Bool {
    table.contains { $0.count > 1 && $0[1] == "/" && isSame(device, $0[0]) }
  }

  /// Whether this system swaps to a device, or is set to resume from it. From another one somebody else's
  /// memory would be taken over, programs and all.
  func isSwap(_ device: Substring) -> Bool {
    let swaps = table.filter { $0.count > 2 && $0[2] == "swap" }.map { $0[0] }
    return (swaps + inUse + set).contains { isSame(device, $0) }
  }

  /// Whether each line of an image's table is one of this system's.
  func hasLines(of text: [UInt8]) -> Bool {
    guard wholeLines(text) != nil else { return false }
    return Self.entries(text).allSatisfy(table.contains)
  }

  /// Whether an image names the device that a system's file names: in the same words, or in those that hooks
  /// use, where the running system's links lead to one device.
  func isSame(_ inImage: Substring, _ here: Substring) -> Bool {
    if inImage == here { return true }
    // By a label or a place anybody's device could be meant.
    guard root.isEmpty, inImage.hasPrefix("UUID=") || inImage.hasPrefix("/dev/mapper/"),
      let end = node(inImage)
    else { return false }
    return end == node(here)
  }

  /// Where a device's name leads.
  private func node(_ device: Substring) -> String? {
    var path = String(device)
    for (tag, folder) in [
      ("UUID=", "uuid"), ("LABEL=", "label"), ("PARTUUID=", "partuuid"),
      ("PARTLABEL=", "partlabel"),
    ] where path.hasPrefix(tag) {
      path = "/dev/disk/by-\(folder)/" + path.dropFirst(tag.count)
    }
    guard path.hasPrefix("/dev/"), path.dropFirst().isPlainPath,
      let end = LinkedPath.end(of: String(path.dropFirst()), root: root),
      FileManager.default.fileExists(atPath: root + "/" + end)
    else { return nil }
    return end
  }

  /// Of the running system alone.
  private var inUse: [Substring] {
    guard root.isEmpty else { return [] }
    return Self.entries(Self.read("/proc/swaps", isOurs: false)).map { $0[0] }
      .filter { $0.hasPrefix("/dev/") }
  }

  /// What initramfs-tools is set to.
  private var set: [Substring] {
    let folder = root + "/etc/initramfs-tools/"
    var files = [folder + "initramfs.conf"]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "conf.d")) ?? []
    files += names.map { folder + "conf.d/" + $0 }
    return files.flatMap { Self.entries(Self.read($0)) }.compactMap { fields in
      guard fields.count == 1, fields[0].hasPrefix("RESUME=") else { return nil }
      let value = fields[0].dropFirst(7)
      return value.isEmpty || value == "auto" || value == "none" ? nil : value
    }
  }

  private static func read(_ path: String, isOurs: Bool = true) -> [UInt8] {
    (try? DurableFile.read(path, limit: 1 << 20, isOurs: isOurs)) ?? []
  }

  /// The fields of each line that is no comment.
  private static func entries(_ text: [UInt8]) -> [[Substring]] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split { $0 == " " || $0 == "\t" }
      return fields.isEmpty || fields[0].hasPrefix("#") ? nil : fields
    }
  }
}
