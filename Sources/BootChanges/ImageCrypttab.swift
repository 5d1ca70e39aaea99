import Storage

/// The list of volumes that a hook writes into an image: Debian's `cryptroot/crypttab`, and Latchkey's
/// `etc/latchkey/volumes`. What is run to open a volume stands in it.
package struct ImageCrypttab {
  private let volumes: [Volume]

  /// What an entry says beside the volume's device, which hooks write in forms of their own.
  private struct Volume: Hashable {
    let name: Substring
    /// Empty where the list doesn't tell.
    let key: Substring
    let options: Substring
  }

  private static let crypttab = "cryptroot/crypttab"
  private static let latchkey = "etc/latchkey/volumes"

  /// Whether a file in an image is one of those.
  static func isOne(_ path: [UInt8]) -> Bool {
    path.elementsEqual(crypttab.utf8) || path.elementsEqual(latchkey.utf8)
  }

  /// - Parameter path: its path in the image.
  package init(_ text: [UInt8], of path: [UInt8]) {
    let hasKeys = path.elementsEqual(Self.crypttab.utf8)
    volumes = Self.entries(text).map { fields in
      Volume(
        name: fields[0], key: hasKeys && fields.count > 2 ? fields[2] : "",
        options: fields.count > 3 ? fields[3] : "")
    }
  }

  /// Whether each volume has an entry in the system's own crypttab, opened in the same way.
  func isOf(root: String) -> Bool {
    guard
      let text = try? DurableFile.read(root + "/etc/crypttab", limit: 1 << 20, isOurs: true)
    else { return volumes.isEmpty }
    return isOf(crypttab: text)
  }

  /// The same, of what is in such a file.
  package func isOf(crypttab text: [UInt8]) -> Bool {
    let known = Self.entries(text)
    return volumes.allSatisfy { volume in
      known.contains { fields in
        guard fields[0] == volume.name, (fields.count > 3 ? fields[3] : "") == volume.options
        else { return false }
        let key = fields.count > 2 ? fields[2] : ""
        // A key file is copied into the image under the volume's name.
        return volume.key.isEmpty || volume.key == key
          || (key.hasPrefix("/") && volume.key == "/cryptroot/keyfiles/\(volume.name).key")
      }
    }
  }

  /// The fields of each line that is no comment.
  private static func entries(_ text: [UInt8]) -> [[Substring]] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split { $0 == " " || $0 == "\t" }
      return fields.isEmpty || fields[0].hasPrefix("#") ? nil : fields
    }
  }
}
