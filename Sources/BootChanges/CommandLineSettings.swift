import FoundationEssentials
import Storage

/// The words that `/etc/default/grub` and its folder give to kernels. The files are shell to update-grub;
/// here they are data, and nothing in them is run: the words of each `GRUB_CMDLINE_…=` line.
struct CommandLineSettings {
  /// Each word once.
  let words: Set<[UInt8]>

  init(words: Set<[UInt8]>) { self.words = words }

  /// - Parameter root: the system's root, without a slash at its end.
  init(root: String) {
    let folder = root + "/etc/default/grub.d"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    var words: Set<[UInt8]> = []
    for path in [root + "/etc/default/grub"]
      + names.filter({ $0.hasSuffix(".cfg") }).map({ folder + "/" + $0 })
    {
      words.formUnion(Self.words((try? DurableFile.read(path, limit: 1 << 20)) ?? []))
    }
    self.words = words
  }

  static func words(_ bytes: [UInt8]) -> Set<[UInt8]> {
    var words: Set<[UInt8]> = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let text = line.drop { $0 == 0x20 || $0 == 0x09 }
      guard text.starts(with: "GRUB_CMDLINE_".utf8),
        let equals = text.firstIndex(of: UInt8(ascii: "="))
      else { continue }
      let value = text[(equals + 1)...].filter {
        $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'")
      }
      words.formUnion(value.split { $0 == 0x20 || $0 == 0x09 }.map(Array.init))
    }
    return words
  }
}
