public import DiskKey
import Storage

/// What `/etc/crypttab` says of the volumes that are opened at boot.
public struct Crypttab: Equatable, Sendable {
  /// One line.
  public struct Entry: Equatable, Sendable {
    /// The mapping's name.
    public let name: String
    /// The device: a path, or `UUID=` and the like.
    public let source: String
    /// The key file, or what the keyscript is called with; `none` or `-` for none.
    public let key: String
    /// The options, in their order.
    public let options: [String]

    /// The program that is asked for the key, as it stands there: a path, or a name in
    /// `/lib/cryptsetup/scripts`.
    public var keyscript: String? {
      for option in options where option.hasPrefix("keyscript=") {
        return String(option.dropFirst("keyscript=".count))
      }
      return nil
    }

    /// The keyscript's name without its folder.
    public var keyscriptName: String? {
      keyscript?.split(separator: "/").last.map(String.init)
    }
  }

  /// The most bytes that are read.
  package static let maximumSize = 1 << 20

  /// In the order of the lines.
  public let entries: [Entry]

  /// Reads lines of up to four fields. Comments, and lines without a name and a source, are left out.
  public init(parsing bytes: [UInt8]) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    entries = lines.compactMap { line in
      let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      // By bytes: as text, a # with an accent behind it is no #.
      guard fields.count >= 2, fields[0].first != UInt8(ascii: "#") else { return nil }
      let words = fields.map { String(decoding: $0, as: UTF8.self) }
      return Entry(
        name: words[0], source: words[1], key: words.count > 2 ? words[2] : "none",
        options: words.count > 3 ? words[3].split(separator: ",").map(String.init) : [])
    }
  }

  /// The table at a path; empty where there is none or it can't be read.
  public init(at path: String) {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: Self.maximumSize)
    } catch {
      bytes = nil
    }
    self.init(parsing: bytes ?? [])
  }

  /// The line about a volume, if there is one. Devices are looked at for their UUID where the line
  /// doesn't name it.
  public func entry(for uuid: VolumeUUID) -> Entry? {
    entries.first { Self.uuid(of: $0.source) == uuid }
  }

  private static func uuid(of source: String) -> VolumeUUID? {
    var path = source
    for (tag, folder) in [
      ("UUID=", "by-uuid"), ("PARTUUID=", "by-partuuid"), ("LABEL=", "by-label"),
      ("PARTLABEL=", "by-partlabel"), ("ID=", "by-id"),
    ] where source.hasPrefix(tag) {
      let value = source.dropFirst(tag.count).filter { $0 != "\"" }
      if tag == "UUID=" { return VolumeUUID(Array(value.utf8).span) }
      path = "/dev/disk/\(folder)/\(value)"
    }
    let prefix = "/dev/disk/by-uuid/"
    if path.hasPrefix(prefix) {
      return VolumeUUID(Array(path.dropFirst(prefix.count).utf8).span)
    }
    guard path.hasPrefix("/") else { return nil }
    do throws(DiskKeyError) {
      return try VolumeUUID(of: Array(path.utf8))
    } catch {
      return nil
    }
  }
}
