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
  /// The MD5 of busybox, which has many names.
  private let busybox: [UInt8]?

  /// - Parameters:
  ///   - sums: the MD5 of files, by their SHA-256.
  ///   - texts: the bytes of those of them that are short, by the same.
  ///   - paths: what is asked about.
  init(
    _ listing: ImageListing, _ sums: [[UInt8]: [UInt8]], _ texts: [[UInt8]: [UInt8]],
    _ packages: PackageDatabase, of paths: [[UInt8]], root: String
  ) {
    self.listing = listing
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
    busybox = Self.busyboxes.compactMap { shipped[$0]?.checksum }.first
  }

  /// Where packages ship the one for images.
  private static let busyboxes = [
    "usr/lib/initramfs-tools/bin/busybox", "bin/busybox", "usr/bin/busybox",
  ]

  /// The files that one in an image may be copied from, without a slash in front: itself, by both names where
  /// /usr is merged, where a link of that name leads to, and what is kept elsewhere for images.
  private static func paths(of path: [UInt8], root: String) -> [String] {
    let name = String(decoding: path, as: UTF8.self)
    let parts = name.split(separator: "/")
    var paths = [name]
    switch parts.first {
    case "init": paths = ["usr/share/initramfs-tools/init"]
    case "scripts":
      paths = ["usr/share/initramfs-tools/" + name, "etc/initramfs-tools/" + name]
    case "conf": paths = ["etc/initramfs-tools/" + parts.dropFirst().joined(separator: "/")]
    default: break
    }
    if isProgram(parts) {
      paths += ["initramfs-tools/bin/", "klibc/bin/"].map {
        "usr/lib/" + $0 + parts[parts.count - 1]
      }
      paths.append("usr/share/cryptsetup/initramfs/bin/" + parts[parts.count - 1])
    }
    if let target = target(of: name, root: root) { paths.append(target) }
    return paths.flatMap(MergedPath.names)
  }

  private static func isProgram(_ parts: [Substring]) -> Bool {
    parts.count >= 2 && ["bin", "sbin"].contains(parts[parts.count - 2])
  }

  /// Where a link of this system leads to; what is copied into an image is what stands there.
  private static func target(of path: String, root: String) -> String? {
    guard let text = try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/" + path)
    else { return nil }
    var parts = text.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
    }
    return parts.joined(separator: "/")
  }

  /// Of an entry as the image's makers wrote it: root's, as all of it is.
  func cause(of entry: ImageListing.Entry, _ kind: ImageChange.Kind) -> ImageChange.Cause {
    guard entry.owner == .root else { return .unknown }
    switch entry.content {
    case .device: return .unknown
    case .other: return entry.mode & 0o170000 == 0o040000 ? .structure : .unknown
    case .link(let target): return causeOfLink(entry.path, target)
    case .file(let digest):
      // Another mode alone: nothing ships it, and nobody writes it down.
      if case .mode = kind { return .unknown }
      return causeOfFile(entry.path, digest)
    }
  }

  private func causeOfFile(_ path: [UInt8], _ digest: [UInt8]) -> ImageChange.Cause {
    let paths = origins[path] ?? []
    let owners = paths.compactMap { shipped[$0] }
    if let sum = sums[digest], let owner = owners.first(where: { $0.checksum == sum }) {
      return .package(packages.file(owner))
    }
    if let sum = sums[digest], sum == busybox,
      Self.isProgram(String(decoding: path, as: UTF8.self).split(separator: "/"))
    {
      return .structure
    }
    if Microcode.isOne(path), let bytes = texts[digest] {
      return Microcode.package(of: path, bytes, packages, root: root).map { .package($0) }
        ?? .unknown
    }
    if GeneratedFile.isGenerated(path, texts[digest]) { return .generated }
    if let text = texts[digest], ImageCrypttab.isOne(path) {
      return ImageCrypttab(text, of: path).isOf(root: root) ? .generated : .unknown
    }
    if let owner = owners.first { return .notAsShipped(packages.file(owner)) }
    for path in paths {
      guard let bytes = try? DurableFile.read(root + "/" + path, limit: 64 << 20),
        (try? LibCrypto.digest(.sha256, of: bytes.span)) == digest
      else { continue }
      // Scripts of the administrator's own run at boot; settings are read.
      let isSettings = path.hasPrefix("etc/") && !path.hasPrefix("etc/initramfs-tools/scripts/")
      return isSettings ? .settings("/" + path) : .local("/" + path)
    }
    return .unknown
  }

  /// A link leads to what is in the image, and so has a cause, or is as on this system.
  private func causeOfLink(_ path: [UInt8], _ target: [UInt8]) -> ImageChange.Cause {
    let text = String(decoding: target, as: UTF8.self)
    for path in origins[path] ?? [] {
      if (try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/" + path)) == text {
        return .structure
      }
    }
    if GeneratedFile.isLink(path, to: target) { return .generated }
    let end = Self.end(of: target, from: path)
    guard listing[end] != nil || listing[Array("usr/".utf8) + end] != nil else { return .unknown }
    // As on this system, by the way that is left in the image; a library by its shorter name; a program of
    // one that has many.
    if (origins[path] ?? []).dropFirst().contains(String(decoding: end, as: UTF8.self)) {
      return .structure
    }
    let (name, last) = (path.lastName, end.lastName)
    return last.starts(with: name) || last.elementsEqual("busybox".utf8)
      || last.elementsEqual("kmod".utf8) ? .structure : .unknown
  }

  /// Where a link in an image leads to.
  private static func end(of target: [UInt8], from path: [UInt8]) -> [UInt8] {
    var parts = path.split(separator: UInt8(ascii: "/")).dropLast().map(Array.init)
    if target.first == UInt8(ascii: "/") { parts = [] }
    for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(Array(part)) }
    }
    return Array(parts.joined(separator: [UInt8(ascii: "/")]))
  }
}

extension [UInt8] {
  /// What is behind the last slash.
  fileprivate var lastName: ArraySlice<UInt8> { split(separator: UInt8(ascii: "/")).last ?? [] }
}
