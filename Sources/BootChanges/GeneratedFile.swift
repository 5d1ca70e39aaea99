/// What initramfs-tools and its hooks write into an image themselves. What of it the boot runs must have the
/// form that they give it, line by line; the rest is data that they make anew each time.
enum GeneratedFile {
  /// Whether a file is one of those.
  /// - Parameter text: its bytes, where it isn't long.
  static func isGenerated(_ path: [UInt8], _ text: [UInt8]?) -> Bool {
    let name = String(decoding: path, as: UTF8.self)
    let parts = name.split(separator: "/")
    if parts.first == "scripts", parts.last == "ORDER" {
      return text.map { isOrder($0, parts.dropLast().joined(separator: "/")) } ?? false
    }
    if settings.contains(name) { return text.map(isSettings) ?? false }
    if data.contains(name) { return true }
    // depmod's, of the modules that are in the image.
    return parts.count > 2 && parts[parts.count - 3] == "modules"
      && parts.last.map { $0.hasPrefix("modules.") } ?? false
  }

  /// Whether a link is one that they make.
  static func isLink(_ path: [UInt8], to target: [UInt8]) -> Bool {
    let name = String(decoding: path, as: UTF8.self)
    let text = String(decoding: target, as: UTF8.self)
    return links[name] == text
  }

  private static let settings: Set<String> = ["conf/arch.conf", "conf/conf.d/zz-resume-auto"]

  private static let data: Set<String> = [
    "conf/modules", "etc/motd", "etc/ld.so.cache", "etc/fstab", "etc/group", "etc/passwd",
    "etc/udev/hwdb.bin", "usr/lib/udev/hwdb.bin",
  ]

  private static let links = [
    "bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib32": "usr/lib32",
    "lib64": "usr/lib64", "libx32": "usr/libx32", "etc/mtab": "/proc/mounts",
    "var/run": "/run", "var/lock": "/run/lock",
  ]

  /// `scripts/local-top/ORDER`, as cache_run_scripts writes it: two lines a script.
  private static func isOrder(_ text: [UInt8], _ folder: String) -> Bool {
    lines(text).allSatisfy { line in
      if line == "[ -e /conf/param.conf ] && . /conf/param.conf" || line.isEmpty { return true }
      let start = "/\(folder)/"
      guard line.hasPrefix(start), line.hasSuffix(" \"$@\"") else { return false }
      return line.dropFirst(start.count).dropLast(5).utf8.allSatisfy(isPlain)
    }
  }

  /// A shell reads them, so that nothing may be in them but settings.
  private static func isSettings(_ text: [UInt8]) -> Bool {
    lines(text).allSatisfy { line in
      if line.isEmpty || line.hasPrefix("#") { return true }
      var words = line.split(separator: " ", omittingEmptySubsequences: false)
      if words.first == "export" { words.removeFirst() }
      let line = words.joined(separator: " ")
      guard let equals = line.firstIndex(of: "=") else { return false }
      let name = line[..<equals]
      var value = line[line.index(after: equals)...]
      if value.count > 1, let quote = value.first, quote == value.last,
        quote == "\"" || quote == "'"
      {
        value = value.dropFirst().dropLast()
        return isName(name) && value.utf8.allSatisfy { isPlain($0) || $0 == 0x20 }
      }
      return isName(name) && value.utf8.allSatisfy(isPlain)
    }
  }

  private static func isName(_ name: Substring) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        $0 == UInt8(ascii: "_") || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || (0x30...0x39).contains($0)
      }
  }

  /// Nothing that a shell makes anything of.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || Array("_-.,:/+@=%".utf8).contains(byte)
  }

  private static func lines(_ text: [UInt8]) -> [Substring] {
    String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }
}
