import FoundationEssentials
import Storage

/// `conf/modules`: what the boot scripts hand to modprobe, a module a line, as force_load of initramfs-tools
/// writes it. A word that begins with a dash would be an option of modprobe's own.
struct ForcedModules {
  /// The words of each line; nil if it has another form.
  private let lines: [[Substring]]?

  init(_ text: [UInt8]) { lines = wholeLines(text).flatMap(Self.parse) }

  private static func parse(_ lines: [Substring]) -> [[Substring]]? {
    var parsed: [[Substring]] = []
    for line in lines {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let name = words.first, !name.hasPrefix("#") else { continue }
      guard name.isPlain(and: "_-"), !name.hasPrefix("-"),
        words.dropFirst().allSatisfy({ !$0.hasPrefix("-") && $0.isPlain(and: "_-.,:=/+@") })
      else { return nil }
      parsed.append(words)
    }
    return parsed
  }

  /// Whether modules have no parameters but those that this system's lists give them.
  func isOf(root: String) -> Bool {
    guard let lines else { return false }
    guard lines.contains(where: { $0.count > 1 }) else { return true }
    let folder = root + "/usr/share/initramfs-tools/modules.d"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = [root + "/etc/initramfs-tools/modules"] + names.map { folder + "/" + $0 }
    let known = files.flatMap { file in
      let text = (try? DurableFile.read(file, limit: 1 << 20, isOurs: true)) ?? []
      return String(decoding: text, as: UTF8.self).split(separator: "\n")
        .map { $0.split { $0 == " " || $0 == "\t" } }
    }
    return lines.allSatisfy { $0.count == 1 || known.contains($0) }
  }
}
