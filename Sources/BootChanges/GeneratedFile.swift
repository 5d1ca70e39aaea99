package import Initramfs
import LibCrypto
import Storage

/// What initramfs-tools and its hooks write into an image themselves, so that no package ships it. Each is held
/// to its form, and to what is in the image and on this system: nobody vouches for its content.
package struct GeneratedFile {
  private let listing: ImageListing
  private let root: String

  /// - Parameters:
  ///   - listing: what is in the image.
  ///   - root: the system's root, without a slash at its end.
  package init(listing: ImageListing, root: String) {
    self.listing = listing
    self.root = root
  }

  /// The most bytes of one that is read as a whole.
  private static let largest = 16 << 20

  /// Whether a path is one of those that are longer than a few KiB.
  static func isLong(_ path: [UInt8], size: Int) -> Bool {
    let name = String(decoding: path, as: UTF8.self)
    return size <= largest && (name == libraryCache || ModuleIndex.Kind(path: name) != nil)
  }

  private static let libraryCache = "etc/ld.so.cache"
  private static let hardware = ["usr/lib/udev/hwdb.bin", "lib/udev/hwdb.bin", "etc/udev/hwdb.bin"]

  /// Whether an entry is one of those.
  /// - Parameter text: its bytes, where it isn't long.
  package func isOne(_ entry: ImageListing.Entry, _ text: [UInt8]?) -> Bool {
    // Data that others can't write, and that nobody can run.
    guard entry.mode & 0o170000 == 0o100000, entry.mode & 0o7777 & ~0o644 == 0,
      let name = String(validating: entry.path, as: UTF8.self)
    else { return false }
    if Self.hardware.contains(name) { return isAsHere(entry) }
    guard let text else { return false }
    if let kind = ModuleIndex.Kind(path: name) {
      return ModuleIndex(kind, of: name, in: listing).isOne(text)
    }
    switch name {
    case Self.libraryCache: return LibraryCache(text)?.isOf(listing) ?? false
    case "conf/arch.conf": return BootVariable("DPKG_ARCH", in: text)?.isWord ?? false
    case "conf/conf.d/zz-resume-auto":
      guard let value = BootVariable("RESUME", in: text)?.value else { return false }
      return value.isEmpty || value == "none" || SystemDevices(root: root).isSwap(value)
    case "conf/conf.d/root":
      guard let value = BootVariable("ROOT", in: text)?.value else { return false }
      return SystemDevices(root: root).isRoot(value)
    case "conf/modules": return ForcedModules(text).isOf(root: root)
    case "etc/fstab": return SystemDevices(root: root).hasLines(of: text)
    case "etc/passwd": return AccountFile.isUsers(text)
    case "etc/group": return AccountFile.isGroups(text)
    case "etc/nsswitch.conf": return AccountFile.isSwitch(text)
    case "etc/motd": return AccountFile.isMessage(text)
    default: return ScriptOrder(of: name, text)?.isOf(listing, root: root) ?? false
    }
  }

  /// systemd-hwdb makes it on this system, and images get a copy.
  private func isAsHere(_ entry: ImageListing.Entry) -> Bool {
    guard case .file(let digest) = entry.content else { return false }
    return Self.hardware.contains { path in
      let bytes = try? DurableFile.read(root + "/" + path, limit: 64 << 20, isOurs: true)
      return bytes.flatMap { try? LibCrypto.digest(.sha256, of: $0.span) } == digest
    }
  }

  /// Whether a link is one that they make, and leads to nothing but what its name says.
  func isLink(_ path: String, to target: String) -> Bool {
    if Self.links[path] == target { return true }
    // plymouth's fonts by names of its own.
    let fonts = "usr/share/fonts/"
    guard path.hasPrefix(fonts), path.hasSuffix(".ttf"),
      let end = LinkedPath.end(of: path, in: listing), end.hasPrefix(fonts)
    else { return false }
    return listing[Array(end.utf8)].map { $0.mode & 0o170111 == 0o100000 } ?? false
  }

  /// Whether it is a link to a folder that is known by both names.
  static func isMergedFolder(_ path: String, to target: String) -> Bool {
    path != "etc/mtab" && links[path] == target
  }

  private static let links = [
    "bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib32": "usr/lib32",
    "lib64": "usr/lib64", "libx32": "usr/libx32", "etc/mtab": "/proc/mounts",
    "var/run": "/run", "var/lock": "/run/lock",
  ]
}

/// Bytes that neither a shell nor modprobe makes anything of.
extension StringProtocol {
  /// Letters, digits, and a few more.
  func isPlain(and more: String = "_-.") -> Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || more.utf8.contains(byte)
      }
  }

  /// A path of such names, which stays below where it begins.
  var isPlainPath: Bool {
    let parts = split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { $0.isPlain(and: "_-.+,@:") && $0 != "." && $0 != ".." }
  }
}

/// The lines of a text that ends with a newline, or is empty; nil for one that isn't UTF-8, or has a zero or a
/// carriage return in it.
func wholeLines(_ text: [UInt8]) -> [Substring]? {
  guard let text = String(validating: text, as: UTF8.self),
    !text.utf8.contains(0), !text.utf8.contains(0x0D)
  else { return nil }
  guard !text.isEmpty else { return [] }
  guard text.utf8.last == UInt8(ascii: "\n") else { return nil }
  return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
}
