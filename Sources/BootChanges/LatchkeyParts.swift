import DiskKey
import FoundationEssentials
import Initramfs

/// What of Latchkey an initramfs must have, so that dongles open the volumes that are enrolled here: an image
/// without asks for the passphrase, which whoever left it out may want to see typed.
enum LatchkeyParts {
  private static let program = Array("usr/lib/latchkey/latchkey-unlock".utf8)
  private static let volumes = Array("etc/latchkey/volumes".utf8)
  /// The image's own, by initramfs-tools and by dracut.
  private static let crypttabs = ["cryptroot/crypttab", "etc/crypttab"].map { Array($0.utf8) }

  /// The paths of parts that are missing.
  /// - Parameters:
  ///   - listing: the image's.
  ///   - earlier: what the image held at the signing, or with nothing of that the images that there were.
  ///   - root: the system's root, without a slash at its end.
  ///   - text: the bytes of a file in the image, where it isn't long.
  static func missing(
    from listing: ImageListing, since earlier: [ImageListing], root: String,
    text: ([UInt8]) -> [UInt8]?
  ) -> [[UInt8]] {
    let enrolled = enrolled(root)
    guard !enrolled.isEmpty else { return [] }
    // What each of the earlier ones had; and with nothing kept, what a volume of the image's crypttab needs.
    var wanted = Set(
      (earlier.first?.entries ?? []).map(\.path).filter { path in
        isPart(path) && earlier.allSatisfy { $0[path] != nil }
      })
    let opened = enrolled.filter { uuid in
      crypttabs.contains { text($0).map { asksDongle(uuid, $0) } ?? false }
    }
    if !opened.isEmpty, earlier.isEmpty { wanted.formUnion([program, volumes]) }
    var missing = wanted.filter { listing[$0] == nil }.sorted {
      $0.lexicographicallyPrecedes($1)
    }
    if wanted.contains(volumes), listing[volumes] != nil {
      let listed = fields(text(volumes) ?? []).compactMap { $0.count > 1 ? $0[1] : nil }
      let isShort = opened.contains { !listed.contains($0[...]) } || listed.isEmpty
      if isShort { missing.append(volumes) }
    }
    return missing
  }

  /// Hooks and the program with what it reads; what is in a volume's folder goes with the volume.
  private static func isPart(_ path: [UInt8]) -> Bool {
    let parts = path.split(separator: UInt8(ascii: "/"))
    return path == volumes || path.starts(with: "usr/lib/latchkey/".utf8)
      || parts.first.map { $0.elementsEqual("scripts".utf8) } ?? false
        && parts.last.map { $0.starts(with: "latchkey".utf8) } ?? false
  }

  /// The UUIDs of the volumes that have a record in root's own folder.
  private static func enrolled(_ root: String) -> [String] {
    let folder = root + "/etc/latchkey"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter {
      VolumeUUID(Array($0.utf8).span) != nil
        && FileManager.default.fileExists(atPath: "\(folder)/\($0)/record")
    }
  }

  /// Whether a crypttab has the volume opened by whoever asks: no key file and no program of its own.
  private static func asksDongle(_ uuid: String, _ crypttab: [UInt8]) -> Bool {
    fields(crypttab).contains { fields in
      fields.count > 1 && fields[1].lowercased().hasSuffix(uuid)
        && (fields.count < 3 || ["none", "-"].contains(fields[2]))
        && !(fields.count > 3 && fields[3].contains("keyscript="))
    }
  }

  private static func fields(_ text: [UInt8]) -> [[Substring]] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split { $0 == " " || $0 == "\t" }
      return fields.isEmpty || fields[0].hasPrefix("#") ? nil : fields
    }
  }
}
