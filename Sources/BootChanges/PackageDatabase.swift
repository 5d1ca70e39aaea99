import CSystem
import FoundationEssentials
import Inflate
import LibCrypto
import Storage

/// What dpkg knows of files: who ships each, with what checksum, since when. dpkg is not run; its database is
/// text. Where there is none, as on systems without dpkg, it knows nothing.
struct PackageDatabase {
  /// Which package ships a path, and the MD5 that it says.
  struct Shipped {
    /// Without the architecture.
    let package: String
    let checksum: [UInt8]?
  }

  /// Below /boot.
  private var shipped: [String: Shipped] = [:]
  private var status = PackageStatus([])
  private(set) var log = PackageLog([])
  /// Where dpkg keeps its lists.
  private let lists: String
  /// The names of all packages' lists, without what is behind the last dot.
  private var names: [String] = []

  /// Lists of more than a few MiB are no package's.
  private static let limit = 64 << 20
  /// logrotate keeps a year's logs; older ones tell nothing of what was signed last.
  private static let rotatedLogs = 12

  /// - Parameter root: the system's root, without a slash at its end.
  init(root: String) {
    let folder = root + "/var/lib/dpkg"
    lists = folder + "/info/"
    status = PackageStatus(Self.read(folder + "/status"))
    names = ((try? FileManager.default.contentsOfDirectory(atPath: lists)) ?? []).sorted()
      .filter { $0.hasSuffix(".list") }.map { String($0.dropLast(".list".count)) }
    for name in names {
      let bytes = Self.read(lists + name + ".list")
      guard Self.mentionsBoot(bytes) else { continue }
      let sums = Self.checksums(Self.read(lists + name + ".md5sums"))
      for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "/boot/".utf8)
      {
        let path = String(decoding: line, as: UTF8.self)
        shipped[path] = Shipped(
          package: Self.package(name), checksum: sums[String(path.dropFirst())])
      }
    }
    // The oldest first.
    for number in (0...Self.rotatedLogs).reversed() {
      log.append(Self.log(root + "/var/log/dpkg.log", number))
    }
  }

  /// The package that ships a path, as `/boot/vmlinuz-6.1.0-1-amd64`.
  func owner(of path: String) -> PackageFile? { shipped[path].map(file) }

  /// A package in words.
  func file(_ found: Shipped) -> PackageFile {
    PackageFile(
      package: found.package, version: status.version(of: found.package),
      event: log.arrival(of: found.package))
  }

  /// Whether a file's content is what its package ships; nil if there is no checksum to compare with.
  func isAsShipped(_ path: String, content: [UInt8]) -> Bool? {
    guard let checksum = shipped[path]?.checksum, let actual = md5(of: content.span) else {
      return nil
    }
    return actual == checksum
  }

  /// Who ships these paths, which begin without a slash, by all packages' checksums: settings have none
  /// there.
  func checksums(of wanted: Set<String>) -> [String: Shipped] {
    guard !wanted.isEmpty else { return [:] }
    let paths = Set(wanted.map { Array($0.utf8) })
    var found: [String: Shipped] = [:]
    for name in names {
      let bytes = Self.read(lists + name + ".md5sums")
      for line in bytes.split(separator: UInt8(ascii: "\n"))
      where line.count > 34 && paths.contains(Array(line.dropFirst(34))) {
        guard let sum = Hexadecimal.bytes(line.prefix(32)) else { continue }
        found[String(decoding: line.dropFirst(34), as: UTF8.self)] = Shipped(
          package: Self.package(name), checksum: sum)
      }
    }
    return found
  }

  private static func package(_ name: String) -> String { String(name.prefix { $0 != ":" }) }

  private static func read(_ path: String) -> [UInt8] {
    (try? DurableFile.read(path, limit: limit)) ?? []
  }

  /// A log, or what logrotate made of it: `.1`, then `.2.gz`. A damaged one tells nothing.
  private static func log(_ path: String, _ number: Int) -> [UInt8] {
    let plain = read(number == 0 ? path : "\(path).\(number)")
    guard plain.isEmpty, number > 0 else { return plain }
    let packed = read("\(path).\(number).gz")
    return packed.isEmpty ? [] : (try? GzipFile.decompress(packed.span, limit: limit)) ?? []
  }

  /// Most packages have nothing there, and their lists are long.
  private static func mentionsBoot(_ bytes: [UInt8]) -> Bool {
    let text: StaticString = "/boot/"
    // Safe: both buffers are borrowed for the call.
    return unsafe bytes.withUnsafeBytes { buffer in
      unsafe system_contains(
        buffer.baseAddress, buffer.count, text.utf8Start, text.utf8CodeUnitCount)
    }
  }

  /// Lines of 32 digits, two blanks, and a path without its first slash.
  private static func checksums(_ bytes: [UInt8]) -> [String: [UInt8]] {
    var sums: [String: [UInt8]] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.count > 34 {
      guard let sum = Hexadecimal.bytes(line.prefix(32)), line.dropFirst(32).prefix(2) == [32, 32]
      else { continue }
      sums[String(decoding: line.dropFirst(34), as: UTF8.self)] = sum
    }
    return sums
  }
}
