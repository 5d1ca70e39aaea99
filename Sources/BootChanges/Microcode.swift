import FoundationEssentials
import LibCrypto
import Storage

/// The processor's microcode in front of an image: what iucode_tool and the hooks write one behind the other
/// of what packages ship, so that no package ships the file as it is.
struct Microcode {
  /// Whether a path in an image is one of its files.
  static func isOne(_ path: [UInt8]) -> Bool { folder(of: path) != nil }

  private static func folder(of path: [UInt8]) -> String? {
    switch String(decoding: path, as: UTF8.self) {
    case "kernel/x86/microcode/GenuineIntel.bin": "firmware/intel-ucode"
    case "kernel/x86/microcode/AuthenticAMD.bin": "firmware/amd-ucode"
    default: nil
    }
  }

  /// The package all of whose pieces a file is made of; nil if one of them is nowhere.
  static func package(
    of path: [UInt8], _ bytes: [UInt8], _ packages: PackageDatabase, root: String
  ) -> PackageFile? {
    guard let folder = folder(of: path), !bytes.isEmpty else { return nil }
    var pieces: [[UInt8]] = []
    var owner: PackageDatabase.Shipped?
    for base in ["usr/lib/", "lib/"] where pieces.isEmpty {
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + base + folder)) ?? []
      let paths = names.sorted().map { base + folder + "/" + $0 }
      let shipped = packages.checksums(of: Set(paths.flatMap(MergedPath.names)))
      for path in paths {
        guard let content = try? DurableFile.read(root + "/" + path, limit: 64 << 20),
          let sum = md5(of: content.span),
          let found = MergedPath.names(path).compactMap({ shipped[$0] })
            .first(where: { $0.checksum == sum })
        else { continue }
        owner = found
        pieces += folder.hasSuffix("intel-ucode") ? updates(in: content) : [content]
      }
    }
    guard let owner else { return nil }
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let piece = pieces.first(where: { !$0.isEmpty && rest.starts(with: $0) }) else {
        // What fills the last block up.
        return rest.allSatisfy { $0 == 0 } ? packages.file(owner) : nil
      }
      rest = rest.dropFirst(piece.count)
    }
    return packages.file(owner)
  }

  /// The updates in one of Intel's files: a header that says at 28 and 32 how long data and all are, where
  /// no data stands for 2000 bytes of 2048 (Intel's manual, volume 3, 9.11.1).
  private static func updates(in bytes: [UInt8]) -> [[UInt8]] {
    var updates: [[UInt8]] = []
    var place = 0
    while place + 48 <= bytes.count {
      func number(_ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[place + offset + $1]) << (8 * $1) }
      }
      let size = number(28) == 0 ? 2048 : number(32)
      guard number(0) == 1, size >= 48, size <= bytes.count - place else { return updates }
      updates.append(Array(bytes[place..<(place + size)]))
      place += size
    }
    return updates
  }
}
