import Storage

/// The list of volumes that a hook writes into an image: Debian's `cryptroot/crypttab`, and Latchkey's
/// `etc/latchkey/volumes`. What is opened stands in it, and what is run to open it.
package struct ImageCrypttab {
  /// Nil where a line has too few fields, or too many.
  private let volumes: [Volume]?

  private struct Volume {
    let name: Substring
    let device: Substring
    /// Nil where the list doesn't tell.
    let key: Substring?
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
    var volumes: [Volume] = []
    for fields in Self.entries(text) {
      // NAME DEVICE KEY OPTIONS, or NAME UUID DEVICE OPTIONS.
      guard fields.count == 4 || (hasKeys && fields.count == 3),
        hasKeys || !fields[2].hasPrefix("UUID=")
          || fields[2].dropFirst(5).lowercased() == fields[1].lowercased()
      else {
        self.volumes = nil
        return
      }
      volumes.append(
        Volume(
          name: fields[0], device: fields[hasKeys ? 1 : 2], key: hasKeys ? fields[2] : nil,
          options: fields.count > 3 ? fields[3] : ""))
    }
    self.volumes = volumes
  }

  /// Whether it has the form.
  package var isReadable: Bool { volumes != nil }

  /// Whether each volume has an entry in the system's own crypttab, on the same device, opened in the same way.
  func isOf(root: String) -> Bool {
    guard
      let text = try? DurableFile.read(root + "/etc/crypttab", limit: 1 << 20, isOurs: true)
    else { return volumes?.isEmpty ?? false }
    let devices = SystemDevices(root: root)
    return isOf(crypttab: text, isSameDevice: devices.isSame)
  }

  /// The same, of what is in such a file.
  /// - Parameter isSameDevice: whether an image's name of a device is that of the file.
  package func isOf(
    crypttab text: [UInt8], isSameDevice: (Substring, Substring) -> Bool = { $0 == $1 }
  ) -> Bool {
    guard let volumes else { return false }
    let known = Self.entries(text)
    return volumes.allSatisfy { volume in
      known.contains { fields in
        guard fields.count > 1, fields[0] == volume.name, isSameDevice(volume.device, fields[1]),
          (fields.count > 3 ? fields[3] : "") == volume.options
        else { return false }
        guard let inImage = volume.key else { return true }
        let key = fields.count > 2 ? fields[2] : ""
        // A key file is copied into the image under the volume's name, or stays in the root file system, for
        // whose mount point Debian's hook writes this very word (cryptsetup-initramfs, hooks/cryptroot).
        return inImage == key
          || (key.hasPrefix("/")
            && (inImage == "/cryptroot/keyfiles/\(volume.name).key"
              || inImage == "/FIXME-initramfs-rootmnt" + key))
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
