/// Where the files under /boot come from that no package ships there: what `grub-install`, fwupd and
/// `bootctl` copy.
enum CopyOrigin {
  /// The paths that a file may be a copy of, without a slash in front.
  /// - Parameter path: below /boot, beginning with a slash.
  static func paths(of path: String) -> [String] {
    let parts = path.split(separator: "/").map(String.init)
    guard let name = parts.last else { return [] }
    switch (parts.first, parts.count) {
    case ("grub", 3) where parts[1] == "fonts": return ["usr/share/grub/" + name]
    case ("grub", 3) where parts[1] == "locale" && name.hasSuffix(".mo"):
      let language = name.dropLast(3)
      return ["locale", "locale-langpack"].map {
        "usr/share/\($0)/\(language)/LC_MESSAGES/grub.mo"
      }
    // A folder a platform: `x86_64-efi`, `i386-pc`.
    case ("grub", 3): return ["usr/lib/grub/\(parts[1])/\(name)"]
    case ("grub", 2) where name.hasSuffix(".pf2"): return ["usr/share/grub/" + name]
    case ("efi", _) where parts.count > 2: return programs(name.lowercased())
    default: return []
    }
  }

  /// What a program of the EFI partition may be a copy of; its file system doesn't tell capitals apart.
  private static func programs(_ name: String) -> [String] {
    guard name.hasSuffix(".efi") else {
      return name.hasPrefix("boot") && name.hasSuffix(".csv")
        ? ["usr/lib/shim/" + name.dropLast(4).uppercased() + ".CSV"] : []
    }
    let platforms = ["x64": "x86_64-efi", "aa64": "arm64-efi", "ia32": "i386-efi"]
    var found: [String] = []
    for (short, platform) in platforms.sorted(by: { $0.key < $1.key })
    where name.hasSuffix(short + ".efi") {
      switch name.dropLast(short.count + 4) {
      case "shim", "mm", "fb": found += both("usr/lib/shim/" + name)
      case "grub", "gcd": found += both("usr/lib/grub/\(platform)-signed/\(name)")
      case "systemd-boot": found += both("usr/lib/systemd/boot/efi/" + name)
      case "fwup", "fwupd": found += both("usr/libexec/fwupd/efi/" + name)
      case "boot":
        found += both("usr/lib/shim/shim\(short).efi")
        found += both("usr/lib/systemd/boot/efi/systemd-boot\(short).efi")
      default: break
      }
    }
    return found
  }

  /// Signed, and as it was before.
  private static func both(_ path: String) -> [String] { [path + ".signed", path] }
}
