import CSystem
import FoundationEssentials
import LibCrypto
import Storage

/// What dpkg knows of the files under /boot: who ships each, with what checksum, since when. dpkg is not
/// run; its database is text. Where there is none, as on systems without dpkg, it knows nothing.
struct PackageDatabase {
  /// Which package ships a path, and the MD5 that it says.
  private struct Shipped {
    let package: String
    let checksum: [UInt8]?
  }

  private var shipped: [String: Shipped] = [:]
  private var status = PackageStatus([])
  private(set) var log = PackageLog([])

  /// Lists of more than a few MiB are no package's.
  private static let limit = 64 << 20

  /// - Parameter root: the system's root, without a slash at its end.
  init(root: String) {
    let folder = root + "/var/lib/dpkg"
    status = PackageStatus(Self.read(folder + "/status"))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/info")) ?? []
    for name in names.sorted() where name.hasSuffix(".list") {
      let bytes = Self.read(folder + "/info/" + name)
      guard Self.mentionsBoot(bytes) else { continue }
      let owner = String(name.dropLast(".list".count))
      let sums = Self.checksums(Self.read(folder + "/info/" + owner + ".md5sums"))
      let package = String(owner.prefix { $0 != ":" })
      for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "/boot/".utf8)
      {
        let path = String(decoding: line, as: UTF8.self)
        shipped[path] = Shipped(package: package, checksum: sums[String(path.dropFirst())])
      }
    }
    // The older half first. What was compressed since is weeks old.
    for name in ["/dpkg.log.1", "/dpkg.log"] { log.append(Self.read(root + "/var/log" + name)) }
  }

  /// The package that ships a path, as `/boot/vmlinuz-6.1.0-1-amd64`.
  func owner(of path: String) -> PackageFile? {
    guard let found = shipped[path] else { return nil }
    return PackageFile(
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

  private static func read(_ path: String) -> [UInt8] {
    (try? DurableFile.read(path, limit: limit)) ?? []
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

/// Hexadecimal digits, as checksum files have them.
enum Hexadecimal {
  /// The bytes that an even number of digits stands for; nil if others are among them.
  static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var index = digits.startIndex
    while index < digits.endIndex {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
      index += 2
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
