import CSystem
public import Storage

/// Why the boot entries can't be told.
public enum BootMenuError: Error, Equatable, Sendable {
  /// A file or folder can't be read.
  case storage(StorageError)
  /// There is no entry of that number: how many there are.
  case noSuchEntry(of: Int)
  /// The entry's line can't be told, so it can't be the default.
  case unknownLine
  /// One of the entry's files is missing: its path below /boot.
  case missingFile([UInt8])
  /// libcrypto failed.
  case crypto
}

/// The menu that Heads makes of what lies on /boot: from every `grub.cfg` there is, of however many
/// systems, and from entry files if those give none. Nothing on /boot is run or followed as a language.
public struct BootMenu: Equatable, Sendable {
  /// The entries in Heads' order: the number of one is its place, from 1.
  public let entries: [MenuEntry]
  /// What each configuration does beside them.
  public let commands: [MenuCommands]

  /// Of these entries.
  package init(entries: [MenuEntry], commands: [MenuCommands] = []) {
    self.entries = entries
    self.commands = commands
  }

  /// The most bytes of a configuration.
  static let maximumSize = 16 << 20

  /// Reads the menu.
  /// - Parameters:
  ///   - boot: the folder that is /boot to Heads.
  ///   - configuration: the name of the configurations: `grub.cfg`, unless the firmware is told another.
  /// - Throws: ``BootMenuError/storage(_:)``. A configuration that can't be read is an error; one that
  ///   makes no sense gives no entries.
  public init(
    of boot: String, configuration: String = "grub.cfg"
  ) throws(BootMenuError) {
    var paths: [String] = []
    try Self.find(in: boot, below: "", into: &paths) { name, _ in name == configuration }
    var entries: [MenuEntry] = []
    var commands: [MenuCommands] = []
    func isThere(_ below: [UInt8]) -> Bool {
      Self.isReadable(boot + String(decoding: below, as: UTF8.self))
    }
    // Heads looks at the whole path, of which /boot has neither.
    for path in paths where !path.contains("EFI") && !path.contains("efi") {
      guard let file = try Self.read(boot + path) else { continue }
      let source = Array(path.utf8)
      entries += ConfigParser(file, source: source, exists: isThere).entries
      commands.append(MenuCommands(file, source: source, isThere: isThere))
    }
    self.commands = commands
    if entries.isEmpty { entries = try Self.entryFiles(boot, paths) }
    self.entries = entries
  }

  private static func entryFiles(
    _ boot: String, _ configurations: [String]
  ) throws(BootMenuError) -> [MenuEntry] {
    guard
      let folder = ["/loader/entries", "/boot/loader/entries"].first(where: {
        isFolder(boot + $0)
      })
    else { return [] }
    var files: [String] = []
    try find(in: boot, below: folder, into: &files) { name, isFile in
      isFile && name.hasSuffix(".conf")
    }
    var entries: [MenuEntry] = []
    for path in configurations {
      guard let configuration = try read(boot + path) else { continue }
      let environment = path.dropLast(path.split(separator: "/").last?.count ?? 0) + "grubenv"
      let parser = EntryFileParser(
        configuration: configuration, source: Array(path.utf8),
        environment: try read(boot + environment))
      for file in files {
        guard let bytes = try read(boot + file) else { continue }
        if let entry = parser.entry(bytes, source: Array(file.utf8)) { entries.append(entry) }
      }
    }
    return entries
  }

  // MARK: Files

  private static func read(_ path: String) throws(BootMenuError) -> [UInt8]? {
    do throws(StorageError) {
      return try DurableFile.read(path, limit: maximumSize)
    } catch {
      throw .storage(error)
    }
  }

  private static func isReadable(_ path: String) -> Bool {
    // Safe: a C string for the call.
    unsafe access(path, R_OK) == 0
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    // Safe: a C string for the call; the structure is ours.
    return unsafe stat(path, &status) == 0 && status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
  }

  /// The paths below `boot` of all names that match, in the order in which the file system has them, as
  /// `find` gives them: the numbers of the entries depend on it. Links are not followed.
  private static func find(
    in boot: String, below folder: String, into found: inout [String],
    _ matches: (_ name: String, _ isFile: Bool) -> Bool
  ) throws(BootMenuError) {
    // Safe: a C string for the call; the listing is closed below.
    guard let listing = unsafe opendir(boot + folder) else {
      throw .storage(StorageError("open", boot + folder, code: system_errno()))
    }
    defer { unsafe closedir(listing) }
    while let entry = unsafe readdir(listing) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      let type = Int(unsafe entry.pointee.d_type)
      // As find(1) does: what the listing says already is not looked up.
      guard let kind = type == DT_UNKNOWN ? Self.kind(boot + folder + "/" + name) : type else {
        continue
      }
      if matches(name, kind == DT_REG) { found.append(folder + "/" + name) }
      if kind == DT_DIR { try find(in: boot, below: folder + "/" + name, into: &found, matches) }
    }
  }

  /// What a name is, as a listing says it; nil if it is gone.
  private static func kind(_ path: String) -> Int? {
    var status = stat()
    // Safe: a C string for the call; the structure is ours.
    guard unsafe lstat(path, &status) == 0 else { return nil }
    return switch status.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): DT_REG
    case mode_t(S_IFDIR): DT_DIR
    default: DT_UNKNOWN
    }
  }
}
