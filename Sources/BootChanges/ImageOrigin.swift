import FoundationEssentials
import Initramfs
import LibCrypto
import Storage

/// Where what is in an initramfs came from.
struct ImageOrigin {
  private let listing: ImageListing
  private let sums: [[UInt8]: [UInt8]]
  private let texts: [[UInt8]: [UInt8]]
  private let packages: PackageDatabase
  private let origins: [[UInt8]: [String]]
  private let shipped: [String: PackageDatabase.Shipped]
  private let root: String
  private let generated: GeneratedFile
  /// What was in the image at the signing.
  private let old: ImageListing?
  /// The SHA-256 of the busybox in the image, if it is a package's, and its names.
  private let busybox: [UInt8]?
  private let busyboxNames: BusyboxNames

  /// - Parameters:
  ///   - sums: the MD5 of files, by their SHA-256.
  ///   - texts: the bytes of those of them that are short, by the same.
  ///   - paths: what is asked about.
  ///   - old: what was in the image at the signing; nil if that isn't known.
  init(
    _ listing: ImageListing, _ sums: [[UInt8]: [UInt8]], _ texts: [[UInt8]: [UInt8]],
    _ packages: PackageDatabase, of paths: [[UInt8]], since old: ImageListing?, root: String
  ) {
    self.listing = listing
    self.old = old
    generated = GeneratedFile(listing: listing, root: root)
    self.sums = sums
    self.texts = texts
    self.packages = packages
    self.root = root
    var origins: [[UInt8]: [String]] = [:]
    var wanted: Set<String> = Set(Self.busyboxes)
    for path in paths {
      let found = Self.paths(of: path, root: root)
      origins[path] = found
      wanted.formUnion(found)
    }
    self.origins = origins
    let shipped = packages.checksums(of: wanted)
    self.shipped = shipped
    let checksums = Self.busyboxes.compactMap { shipped[$0]?.checksum }
    busybox = sums.first { checksums.contains($0.value) }?.key
    busyboxNames = BusyboxNames(
      of: busybox.flatMap { texts[$0] ?? Self.busybox(digest: $0, root: root) } ?? [])
  }

  /// Whether the bytes of a longer file are needed to tell where it is from.
  static func isLong(_ path: [UInt8], size: Int) -> Bool {
    GeneratedFile.isLong(path, size: size) || Microcode.isOne(path)
      || (path.lastName.elementsEqual("busybox".utf8) && size <= 4 << 20)
  }

  /// Where packages ship the one for images.
  private static let busyboxes = [
    "usr/lib/initramfs-tools/bin/busybox", "bin/busybox", "usr/bin/busybox",
  ]

  /// The system's own, where it is the same: an image has it under many names.
  private static func busybox(digest: [UInt8], root: String) -> [UInt8]? {
    for path in busyboxes {
      guard let bytes = try? DurableFile.read(root + "/" + path, limit: 16 << 20),
        (try? LibCrypto.digest(.sha256, of: bytes.span)) == digest
      else { continue }
      return bytes
    }
    return nil
  }

  /// The files that one in an image may be copied from, without a slash in front: itself, by both names where
  /// /usr is merged, where a link of that name leads to, and what is kept elsewhere for images.
  private static func paths(of path: [UInt8], root: String) -> [String] {
    // What isn't text, or climbs, is no path of a package's.
    guard let name = String(validating: path, as: UTF8.self),
      !name.split(separator: "/").contains("..")
    else { return [] }
    let parts = name.split(separator: "/")
    var paths = [name]
    switch parts.first {
    case "init": return ["usr/share/initramfs-tools/init"]
    case "scripts":
      return ["usr/share/initramfs-tools/" + name, "etc/initramfs-tools/" + name]
    case "conf":
      // What a shell reads at boot.
      guard name == "conf/initramfs.conf" || (parts.count == 3 && parts[1] == "conf.d") else {
        return name == "conf/modules" ? ["etc/initramfs-tools/modules"] : []
      }
      let rest = parts.dropFirst().joined(separator: "/")
      return ["etc/initramfs-tools/" + rest, "usr/share/initramfs-tools/" + rest]
    default: break
    }
    if isProgram(parts) {
      paths += ["initramfs-tools/bin/", "klibc/bin/"].map {
        "usr/lib/" + $0 + parts[parts.count - 1]
      }
      paths.append("usr/share/cryptsetup/initramfs/bin/" + parts[parts.count - 1])
    }
    // What is copied into an image from a link's path is what stands where it leads.
    if let end = LinkedPath.end(of: name, root: root), end != name { paths.append(end) }
    return paths.flatMap(MergedPath.names)
  }

  private static func isProgram(_ parts: [Substring]) -> Bool {
    let folders = parts.first == "usr" ? parts.dropFirst() : parts[...]
    return folders.count == 2 && ["bin", "sbin"].contains(folders.first)
  }

  /// Of an entry as the image's makers wrote it: root's, as all of it is.
  func cause(of entry: ImageListing.Entry, _ kind: ImageChange.Kind) -> ImageChange.Cause {
    guard entry.owner == .root, let name = String(validating: entry.path, as: UTF8.self),
      !isBehindLink(name)
    else { return .unknown }
    switch entry.content {
    case .device: return .unknown
    case .other: return isFolder(entry, name) ? .structure : .unknown
    case .link(let target):
      return isLink(name, to: String(decoding: target, as: UTF8.self)) ? .structure : .unknown
    case .file(let digest):
      let cause = causeOfFile(entry, digest, kind)
      // Another mode alone counts as the system's where there is such a file to compare with.
      if case .mode = kind, cause.explains, !hasModeOfSystem(entry) { return .unknown }
      return cause
    }
  }

  private func causeOfFile(
    _ entry: ImageListing.Entry, _ digest: [UInt8], _ kind: ImageChange.Kind
  ) -> ImageChange.Cause {
    let path = entry.path
    let paths = origins[path] ?? []
    let owners = paths.compactMap { path in shipped[path].map { (path: path, file: $0) } }
    if let sum = sums[digest], let owner = owners.first(where: { $0.file.checksum == sum }) {
      return hasMode(entry, of: owner.path) ?? !isLoose(entry)
        ? .package(packages.file(owner.file)) : .unknown
    }
    if digest == busybox { return isBusybox(entry, kind) ? .structure : .unknown }
    if Microcode.isOne(path), let bytes = texts[digest] {
      guard entry.mode & 0o7777 & ~0o644 == 0 else { return .unknown }
      return Microcode.package(of: path, bytes, packages, root: root).map { .package($0) }
        ?? .unknown
    }
    if generated.isOne(entry, texts[digest]) { return .generated }
    if let text = texts[digest], ImageCrypttab.isOne(path) {
      return entry.mode & 0o7777 & ~0o644 == 0 && ImageCrypttab(text, of: path).isOf(root: root)
        ? .generated : .unknown
    }
    if let owner = owners.first { return .notAsShipped(packages.file(owner.file)) }
    for path in paths {
      guard let bytes = try? DurableFile.read(root + "/" + path, limit: 64 << 20),
        (try? LibCrypto.digest(.sha256, of: bytes.span)) == digest
      else { continue }
      return isSettings(entry, of: path) ? .settings("/" + path) : .local("/" + path)
    }
    return .unknown
  }

  /// Whether a file is no more than read: the administrator's own scripts run at boot, as does whatever else of
  /// his can be executed, and a library that is loaded into every program.
  private func isSettings(_ entry: ImageListing.Entry, of path: String) -> Bool {
    guard path.hasPrefix("etc/"), !path.hasPrefix("etc/initramfs-tools/scripts/"),
      path != "etc/ld.so.preload", entry.mode & 0o111 == 0, hasMode(entry, of: path) ?? false
    else { return false }
    return (try? DurableFile.read(root + "/" + path, limit: 64 << 20, isOurs: true)) != nil
  }

  /// A name of busybox's that nothing else had.
  private func isBusybox(_ entry: ImageListing.Entry, _ kind: ImageChange.Kind) -> Bool {
    guard !isLoose(entry), let name = String(validating: entry.path, as: UTF8.self),
      busyboxNames.contains(path: name)
    else { return false }
    switch kind {
    case .added, .present, .overlaid, .mode, .owner: return true
    case .changed:
      let was = Self.busyboxes.compactMap { old?[Array($0.utf8)]?.content }
      return old?[entry.path].map { was.contains($0.content) } ?? false
    case .deleted, .retargeted, .replaced: return false
    }
  }

  // MARK: Modes

  /// Bits that no file of an image has by itself: set-uid, set-gid, sticky, and to be written by others.
  private func isLoose(_ entry: ImageListing.Entry) -> Bool { entry.mode & 0o7022 != 0 }

  /// Whether a file's mode is that of a file of this system, or what a stricter umask left of it; nil if there
  /// is none.
  private func hasMode(_ entry: ImageListing.Entry, of path: String) -> Bool? {
    guard let end = LinkedPath.end(of: path, root: root),
      let mode = LinkedPath.mode(of: end, root: root)
    else {
      return nil
    }
    return entry.mode & 0o7777 & ~mode == 0 && entry.mode & 0o100 == mode & 0o100
  }

  private func hasModeOfSystem(_ entry: ImageListing.Entry) -> Bool {
    (origins[entry.path] ?? []).lazy.compactMap { hasMode(entry, of: $0) }.first ?? false
  }

  /// A folder that nobody else can write, or as on this system.
  private func isFolder(_ entry: ImageListing.Entry, _ name: String) -> Bool {
    entry.mode & 0o170000 == 0o040000
      && (!isLoose(entry) || LinkedPath.mode(of: name, root: root) == entry.mode & 0o7777
        || (["tmp", "var/tmp"].contains(name) && entry.mode & 0o7777 == 0o1777))
  }

  // MARK: Links

  /// Whether something lies in the image below a link, so that it is unpacked where that leads.
  private func isBehindLink(_ name: String) -> Bool {
    var above = name[...]
    while let slash = above.lastIndex(of: "/") {
      above = above[..<slash]
      guard case .link(let target) = listing[Array(above.utf8)]?.content else { continue }
      if !GeneratedFile.isMergedFolder(
        String(above), to: String(decoding: target, as: UTF8.self))
      {
        return true
      }
    }
    return false
  }

  /// A link that is as on this system, or leads to the same place; one that initramfs-tools makes; or another
  /// name of a program that has many.
  private func isLink(_ name: String, to target: String) -> Bool {
    if generated.isLink(name, to: target) { return true }
    let names = MergedPath.names(name)
    if names.contains(where: { LinkedPath.target(of: $0, root: root) == target }) { return true }
    guard let end = LinkedPath.end(of: name, in: listing), let entry = listing[Array(end.utf8)]
    else { return false }
    let here = names.compactMap { LinkedPath.end(of: $0, root: root) }.filter { $0 != name }
    if MergedPath.names(end).contains(where: { here.contains($0) && !names.contains($0) }) {
      return true
    }
    if case .file(let digest) = entry.content, digest == busybox {
      return busyboxNames.contains(path: name)
    }
    return Self.kmodNames.contains(name) && ["bin/kmod", "usr/bin/kmod"].contains(end)
  }

  private static let kmodNames = Set(
    ["depmod", "insmod", "lsmod", "modinfo", "modprobe", "rmmod"].flatMap {
      ["bin/" + $0, "sbin/" + $0, "usr/bin/" + $0, "usr/sbin/" + $0]
    })
}

extension [UInt8] {
  /// What is behind the last slash.
  fileprivate var lastName: ArraySlice<UInt8> { split(separator: UInt8(ascii: "/")).last ?? [] }
}
