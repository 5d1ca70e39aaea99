import CSystem
public import DiskKey
import Storage

/// Whether a built initramfs will open the enrolled volumes, and with which dongles.
public struct ImageCheck: Sendable {
  /// What made the image.
  public enum Maker: String, Sendable {
    case initramfsTools = "initramfs-tools"
    case dracut
    case mkinitcpio
    case unknown
  }

  /// A volume that the image opens, or should.
  public struct Volume: Equatable, Sendable {
    /// The name of its mapping.
    public let name: String
    /// Its UUID.
    public let uuid: String
    /// Where it is, as in crypttab.
    public let source: String
    /// Who may be asked.
    public let dongles: [Record.Dongle]
    /// What is wrong with it.
    public let faults: [ImageFault]
  }

  /// What made it.
  public let maker: Maker
  /// The versions of the kernels whose modules are in it.
  public let kernels: [String]
  /// The volumes in it.
  public let volumes: [Volume]
  /// What is wrong with all of it.
  public let faults: [ImageFault]

  /// Whether each volume in it will open by a dongle, as far as can be told.
  public var opens: Bool {
    !volumes.isEmpty && !(faults + volumes.flatMap(\.faults)).contains { !$0.isNote }
  }

  static let folder = "etc/latchkey"

  /// Looks into an image's files.
  /// - Parameters:
  ///   - tree: the files.
  ///   - installed: what the image was made from: `/etc/latchkey`.
  public init(of tree: ImageTree, installed: String) {
    let maker = Self.maker(of: tree)
    self.maker = maker
    let modules = KernelModules(of: tree)
    kernels = modules.versions
    var volumes: [Volume] = []
    var isLUKS2 = false
    for line in Self.listed(in: tree) {
      let check = Self.check(line, tree, installed)
      isLUKS2 = isLUKS2 || check.luksVersion == 2
      var faults = check.faults
      if maker == .initramfsTools, !Self.isInCrypttab(line.name, tree) {
        faults.append(.notInCrypttab)
      }
      volumes.append(
        Volume(
          name: line.name, uuid: line.uuid, source: line.source, dongles: check.dongles,
          faults: faults))
    }
    self.volumes = volumes
    var faults = volumes.isEmpty ? [ImageFault.noVolume] : []
    if !volumes.isEmpty {
      faults += RuntimeParts.faults(of: tree)
      faults += BootOrder.faults(of: tree, madeBy: maker)
      faults += modules.faults(isLUKS2: isLUKS2)
    }
    for uuid in Self.enrolled(in: installed) where !volumes.contains(where: { $0.uuid == uuid }) {
      faults.append(.leftOut(uuid: uuid))
    }
    self.faults = faults
  }

  private static func maker(of tree: ImageTree) -> Maker {
    if tree.node("usr/lib/dracut") != nil || tree.node("lib/dracut") != nil { return .dracut }
    if tree.node("scripts/local-top") != nil || tree.node("scripts/functions") != nil {
      return .initramfsTools
    }
    if tree.node("init_functions") != nil || tree.node("buildconfig") != nil { return .mkinitcpio }
    return .unknown
  }

  /// A line of the list of volumes, which the hook wrote, or an entry of crypttab with our keyscript.
  private typealias Line = (name: String, uuid: String, source: String)

  private static func listed(in tree: ImageTree) -> [Line] {
    var lines: [Line] = []
    for line in (tree.text(folder + "/volumes") ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard words.count >= 3, !words[0].hasPrefix("#") else { continue }
      lines.append((words[0], words[1], words[2]))
    }
    for line in crypttab(of: tree) where line.count >= 4 {
      guard line[3].contains("keyscript=/usr/lib/latchkey/keyscript") else { continue }
      for word in [line[2], line[1]] {
        let uuid = String(word.split(whereSeparator: { $0 == "=" || $0 == "/" }).last ?? "")
        guard VolumeUUID(Array(uuid.utf8).span) != nil else { continue }
        lines.append((line[0], uuid.lowercased(), line[1]))
        break
      }
    }
    return lines
  }

  private static func crypttab(of tree: ImageTree) -> [[String]] {
    (tree.text("cryptroot/crypttab") ?? "").split(separator: "\n").map { line in
      line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    }
  }

  private static func isInCrypttab(_ name: String, _ tree: ImageTree) -> Bool {
    crypttab(of: tree).contains { $0.first == name }
  }

  private static func check(
    _ line: Line, _ tree: ImageTree, _ installed: String
  ) -> (dongles: [Record.Dongle], faults: [ImageFault], luksVersion: UInt8?) {
    func bytes(_ file: ImageFault.File) -> [UInt8]? {
      tree.node("\(folder)/\(line.uuid)/\(file.rawValue)")?.content
    }
    let check = VolumeCheck(of: line.uuid, record: bytes(.record), blob: bytes(.blob))
    var faults = check.faults
    for file in [ImageFault.File.record, .blob] {
      guard let node = tree.node("\(folder)/\(line.uuid)/\(file.rawValue)") else { continue }
      let parents = ["\(folder)/\(line.uuid)", folder].compactMap { tree.node($0) }
      if ([node] + parents).contains(where: \.isWritableByOthers) {
        faults.append(.writableByOthers(file))
      }
    }
    guard enrolled(in: installed).contains(line.uuid) else {
      return (check.dongles, faults + [.notEnrolled], check.luksVersion)
    }
    for file in [ImageFault.File.record, .blob] {
      guard let inside = bytes(file),
        let outside = read("\(installed)/\(line.uuid)/\(file.rawValue)"), inside != outside
      else { continue }
      faults.append(.stale(file))
    }
    return (check.dongles, faults, check.luksVersion)
  }

  /// The volumes that are enrolled on this system.
  private static func enrolled(in installed: String) -> [String] {
    // Safe: a C string for the call.
    guard let folder = unsafe opendir(installed) else { return [] }
    defer { unsafe _ = closedir(folder) }
    var names: [String] = []
    // Safe: the entry is looked at before the next one is read.
    while let entry = unsafe readdir(folder) {
      var name: [UInt8] = []
      for index in 0..<36 {
        let byte = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe $0[index] }
        if byte == 0 { break }
        name.append(byte)
      }
      guard VolumeUUID(name.span) != nil else { continue }
      let uuid = String(decoding: name, as: UTF8.self)
      if read("\(installed)/\(uuid)/record") != nil { names.append(uuid) }
    }
    return names.sorted()
  }

  /// Nil where it isn't there or can't be read.
  private static func read(_ path: String) -> [UInt8]? {
    do throws(StorageError) {
      return try DurableFile.read(path, limit: Record.maximumSize)
    } catch {
      return nil
    }
  }
}
